"""A server for the page, for this machine alone.

It listens on the loopback address. Its own address holds a token, without which nothing is answered, so that neither
another user of the machine nor a page of somebody else's in the same browser can ask; the name of the host is checked,
too, so that no foreign name that points here is answered. The page may load nothing but what comes from here.
"""

from __future__ import annotations

import hmac
import json
import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from symdiff.play.desk import Desk
from symdiff.play.files import FILES, policy, read

LOOPBACK = "127.0.0.1"
LARGEST = 2**20  # bytes of a request
TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "svg": "image/svg+xml",
}


class Server(ThreadingHTTPServer):
    """The server; `address` is where the page is.

    Args:
        desk: what answers.
        port: 0 for any that is free.
    """

    daemon_threads = True

    def __init__(self, desk: Desk, port: int = 0) -> None:
        self.desk = desk
        self.token = secrets.token_urlsafe(16)
        super().__init__((LOOPBACK, port), _Handler)

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.server_port}/{self.token}/"

    @property
    def hosts(self) -> tuple[str, ...]:
        return f"{LOOPBACK}:{self.server_port}", f"localhost:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_version, sys_version = "symdiff", ""
    timeout = 120
    server: Server

    def do_GET(self) -> None:
        name = self._name()
        if name is None:
            return self._refuse()
        name = name or "index.html"
        if name not in FILES:
            return self._refuse()
        return self._send(HTTPStatus.OK, read(name), TYPES[name.rpartition(".")[2]])

    def do_POST(self) -> None:
        kind = self.headers.get("Content-Type", "").partition(";")[0]
        origin = self.headers.get("Origin")
        is_ours = origin is None or origin.removeprefix("http://") in self.server.hosts
        length = self.headers.get("Content-Length", "")
        if self._name() != "ask" or kind != "application/json" or not is_ours:
            return self._refuse()
        if not (length.isdecimal() and len(length) < 10 and int(length) <= LARGEST):
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            data = json.loads(self.rfile.read(int(length)))
            page, number = str(data["page"])[:64], int(data["number"])
        except (ValueError, TypeError, KeyError, RecursionError):
            return self._refuse(HTTPStatus.BAD_REQUEST)
        found = json.dumps(self.server.desk.ask(data, page, number)).encode()
        return self._send(HTTPStatus.OK, found, TYPES["json"])

    def _name(self) -> str | None:
        """The file that is asked for; None for who does not know the token, or means another host."""
        token, slash, name = self.path.partition("?")[0].removeprefix("/").partition("/")
        is_known = hmac.compare_digest(token.encode(), self.server.token.encode())
        return name if slash and is_known and self.headers.get("Host") in self.server.hosts else None

    def _refuse(self, status: HTTPStatus = HTTPStatus.NOT_FOUND) -> None:
        self.close_connection = True  # what was sent is not read
        self._send(status, status.phrase.encode(), "text/plain")

    def _send(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", policy()),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
        ):
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal is the user's."""
