"""``symdiff play``: what it opens with, and that it serves until it is interrupted."""

import json
import signal
import subprocess
import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest
from helpers import interruptible

from symdiff.cli import main
from symdiff.cli.entry import parse
from symdiff.cli.play import _link


def link(*words):
    return parse_qs(_link(parse(["play", *words])).removeprefix("#"))


def test_the_page_opens_with_what_is_given(tmp_path):
    found = link("a&b#c+X@w", "--wrt", "w", "--shape", "X=n,d", "w=d", "--dtype", "w=float32")
    assert found == {"f": ["a&b#c+X@w"], "wrt": ["w"], "shape.X": ["n d"], "shape.w": ["d"], "dtype.w": ["float32"]}
    (tmp_path / "lines.txt").write_text("a = x\na**2")
    (tmp_path / "model.py").write_text("def f(x): return x")
    assert link(str(tmp_path / "lines.txt"))["f"] == ["a = x\na**2"]
    assert link(str(tmp_path / "model.py"), "--trust")["f"] == ["def f(x): return x"]
    assert link() == {}


@pytest.mark.parametrize(
    "words, said",
    [
        (["{}/model.py"], "--trust"),
        (["{}/model.py:f", "--trust"], "one function of a file"),
        (["--port", "99999999"], "cannot be had"),
        (["--static", "{}/model.py"], "cannot write"),
    ],
)
def test_what_is_refused(tmp_path, capsys, words, said):
    (tmp_path / "model.py").write_text("def f(x): return x")
    assert main(["play", "--no-browser", *(word.format(tmp_path) for word in words)]) == 1
    assert said in capsys.readouterr().err


def test_it_serves_until_it_is_interrupted():
    command = interruptible("play", "x**2", "--no-browser")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            _serves(process)
        finally:
            process.kill()


def _serves(process):
    address = process.stdout.readline().strip()
    body = json.dumps({"text": "x**2", "views": ["source"], "page": "p", "number": 1}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(address.partition("#")[0] + "ask", body, headers)
    with urllib.request.urlopen(request, timeout=60) as found:
        assert "2 * x" in json.load(found)["views"]["source"]["blocks"][0]["text"]
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert process.stderr.read() == "" and urlsplit(address).fragment == "f=x%2A%2A2"
