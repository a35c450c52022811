"""``symdiff play``: the page to play with, served to this machine, or written as a static site."""

from __future__ import annotations

import argparse
import re
import webbrowser
from pathlib import Path
from urllib.parse import quote, urlencode

from symdiff.cli.commands import Result
from symdiff.cli.inputs import IN_FILE, refuse_missing, specs_of
from symdiff.errors import ArgumentError, OutputError


def run(options: argparse.Namespace) -> Result:
    """Serves until it is interrupted; with ``--static``, writes the site."""
    if options.static is not None:
        from symdiff.play.static import write_site  # noqa: PLC0415 (needs no server)

        written = write_site(Path(options.static), options.pyodide, force=options.force)
        return Result(f"wrote {len(written)} files into {options.static}\n")
    from symdiff.play.desk import Desk  # noqa: PLC0415 (starts processes)
    from symdiff.play.server import Server  # noqa: PLC0415

    link = _link(options)
    with Desk(trust=options.trust) as desk:
        try:
            server = Server(desk, options.port)
        except (OSError, OverflowError) as error:
            raise OutputError(f"port {options.port} cannot be had: {error}", help="leave --port out") from None
        address = f"{server.address}{link}"
        print(f"{address}\nCtrl-C ends it.", flush=True)  # noqa: T201 (before it serves)
        if not options.no_browser:
            webbrowser.open(address)
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            pass
        finally:
            server.server_close()
    return Result("")


def _link(options: argparse.Namespace) -> str:
    """What stands behind ``#``: the input that the page opens with, as the page itself writes it."""
    if options.expression is None:
        return ""
    text = options.expression
    if re.fullmatch(IN_FILE, text):
        raise ArgumentError(f"{text} is one function of a file", help="symdiff play FILE.py --trust shows the last one")
    refuse_missing(text)
    if text.endswith((".txt", ".py")) and Path(text).is_file():
        text = Path(text).read_text(encoding="utf-8-sig")
        if options.expression.endswith(".py") and not options.trust:
            raise ArgumentError("Python functions are run with --trust alone", help="symdiff play FILE.py --trust")
    said = [("f", text)]
    said += [("wrt", options.wrt)] if options.wrt else []
    for name, declared in specs_of(options).items():
        said.append((f"shape.{name}", " ".join(map(str, declared.shape))))
        said += [(f"dtype.{name}", declared.dtype.name)] if declared.dtype is not None else []
    return f"#{urlencode(said, quote_via=quote)}"
