"""The server answers who knows its address, from this machine, and nobody else."""

import http.client
import json
import threading

import pytest

from symdiff.play.answers import answer
from symdiff.play.files import FILES
from symdiff.play.server import LOOPBACK, Server

QUICK = {"text": "x**2", "views": ["source"], "page": "p", "number": 1}


class Directly:
    """Answers without a process."""

    def ask(self, request, page, number):
        return answer(request)


@pytest.fixture(scope="module")
def server():
    made = Server(Directly())
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def call(server, method, path, body=None, **headers):
    connection = http.client.HTTPConnection(LOOPBACK, server.server_port, timeout=20)
    connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
    found = connection.getresponse()
    content = found.read()
    connection.close()
    return found, content


def post(server, data, path=None, **headers):
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return call(server, "POST", path or f"/{server.token}/ask", body, **{"Content_Type": "application/json", **headers})


def test_it_listens_on_the_loopback_address(server):
    assert server.server_address[0] == "127.0.0.1" and server.address.startswith("http://127.0.0.1:")
    with Server(Directly()) as other:
        assert len(server.token) >= 20 and other.token != server.token


@pytest.mark.parametrize("name", ["", *FILES])
def test_files_come_with_what_protects_them(server, name):
    found, content = call(server, "GET", f"/{server.token}/{name}")
    assert found.status == 200 and content
    policy = found.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'") and "http" not in policy and "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    assert found.headers["Cache-Control"] == "no-store" and found.headers["Referrer-Policy"] == "no-referrer"
    assert "Access-Control-Allow-Origin" not in found.headers


def test_requests_are_answered(server):
    found, content = post(server, QUICK)
    assert found.status == 200 and json.loads(content) == answer(QUICK)


@pytest.mark.parametrize("path", ["/", "/index.html", "/x/", "/x/ask", "//", "/{t}", "/{t}x/", "/{t}/../server.py", "/{t}/server.py", "/{t}/page/main.js", "/{t}/%2e%2e/files.py"])  # fmt: skip
def test_without_the_address_there_is_nothing(server, path):
    found, content = call(server, "GET", path.format(t=server.token))
    assert found.status == 404 and content == b"Not Found"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "[::1]"])
def test_foreign_names_that_point_here_are_not_answered(server, host):
    assert call(server, "GET", f"/{server.token}/", Host=host)[0].status == 404
    assert post(server, QUICK, Host=host)[0].status == 404


def test_other_pages_cannot_ask(server):
    assert post(server, QUICK, Origin="http://evil.example")[0].status == 404
    assert post(server, QUICK, Origin=f"http://{server.hosts[0]}")[0].status == 200
    assert post(server, QUICK, Content_Type="text/plain")[0].status == 404, "a form can send this without being asked"


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"3", b"{}", b'{"page": 1, "number": "x"}', b"[" * 100_000, b"\xff"]
)
def test_what_is_no_request_is_refused(server, data):
    assert post(server, data)[0].status == 400


def test_large_requests_are_not_read(server):
    assert post(server, b"x", Content_Length="99999999")[0].status == 413
    assert post(server, b"x", Content_Length="-1")[0].status == 413
