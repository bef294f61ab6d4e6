"""For requests: session.auth = AssetITAuth(). As a program: assetit_requests.py URL"""

import sys

import assetit
import requests


class AssetITAuth(requests.auth.AuthBase):
    def __call__(self, request):
        request.headers["Authorization"] = assetit.header()
        request.register_hook("response", self.again)
        return request

    def again(self, response, **options):
        refused = response.request.headers.get("Authorization")
        # A redirect to another host has lost the header, and mustn't get it back.
        if response.status_code != 401 or not refused:
            return response
        header = assetit.rejected(refused)
        if header is None:
            return response
        retry = response.request.copy()
        if isinstance(retry._body_position, int):
            requests.utils.rewind_body(retry)
        elif retry._body_position is not None:
            return response
        response.content  # read to its end, so that the connection is free
        response.close()
        retry.headers["Authorization"] = header
        answer = response.connection.send(retry, **options)
        answer.history.append(response)
        answer.request = retry
        return answer


if __name__ == "__main__":
    session = requests.Session()
    session.auth = AssetITAuth()
    answer = session.get(sys.argv[1], timeout=30)
    answer.raise_for_status()
    print(answer.text)
