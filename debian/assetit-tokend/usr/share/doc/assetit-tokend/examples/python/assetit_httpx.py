"""For httpx: httpx.Client(auth=AssetITAuth()). As a program: assetit_httpx.py URL"""

import sys

import assetit
import httpx


class AssetITAuth(httpx.Auth):
    def auth_flow(self, request):
        header = request.headers["Authorization"] = assetit.header()
        answer = yield request
        if answer.status_code == 401 and (another := assetit.rejected(header)):
            request.headers["Authorization"] = another
            yield request


if __name__ == "__main__":
    with httpx.Client(auth=AssetITAuth(), timeout=30) as client:
        answer = client.get(sys.argv[1])
        answer.raise_for_status()
        print(answer.text)
