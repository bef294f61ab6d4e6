"""The header from assetit-tokend, with nothing but the standard library. As a program: assetit.py URL"""

import http.client
import os
import socket
import sys
import urllib.error
import urllib.request


class Unavailable(RuntimeError):
    """The daemon has no such header now."""


class Daemon(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(os.environ.get("ASSETIT_TOKEND_SOCKET", "/run/assetit-tokend/api.sock"))


def ask(method, path, body=None, profile="default"):
    daemon = Daemon("localhost", timeout=30)
    try:
        daemon.request(method, f"/v1/profiles/{profile}/{path}", body)
        answer = daemon.getresponse()
        text = answer.read().decode()
        if answer.status >= 300:
            raise Unavailable(f"assetit-tokend: {text}")
        return answer.headers["Authorization"] or text
    finally:
        daemon.close()


def header(profile="default"):
    """`JWT TOKEN`. Ask for it for every request: the daemon has it at hand."""
    return ask("GET", "header", profile=profile)


def rejected(refused, profile="default"):
    """AssetIT answered 401 to this header. The header to repeat the request with; `None`: there is no other one."""
    try:
        return ask("POST", "rejected", refused, profile)
    except Unavailable:
        return None


def get(url):
    try:
        return send(url, first := header())
    except urllib.error.HTTPError as error:
        if error.code != 401 or not (second := rejected(first)):
            raise
    return send(url, second)


def send(url, header):
    request = urllib.request.Request(url)
    # Unlike other headers, this one doesn't follow a redirect to another host.
    request.add_unredirected_header("Authorization", header)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


if __name__ == "__main__":
    print(get(sys.argv[1]))
