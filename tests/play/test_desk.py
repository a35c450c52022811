"""Requests are answered in another process, which is ended when nobody waits for it or when it takes too long."""

import subprocess
import sys
import threading
import time

import pytest

from symdiff.play.answers import answer
from symdiff.play.desk import Desk

QUICK = {"text": "x**2", "views": ["source"]}
SLOW = {"text": "s = x\nfor k in range(8000000):\n    s = sin(s)\ns", "views": ["values"]}
LARGE = {
    "text": "sum(tanh(outer(x, x)))",
    "inputs": {"x": {"shape": "n"}},
    "sizes": {"n": "100000"},
    "views": ["values"],
}


@pytest.fixture(scope="module")
def desk():
    with Desk(longest=30) as made:
        yield made


def test_it_answers_as_the_function_does(desk):
    assert desk.ask(QUICK, "a", 1) == answer(QUICK)


def test_what_is_out_of_date_is_not_answered(desk):
    assert desk.ask(QUICK, "b", 5)["views"]
    assert desk.ask(QUICK, "b", 4) == {"superseded": True}
    assert desk.ask(QUICK, "c", 4)["views"], "another page has numbers of its own"


def test_a_newer_request_ends_an_older_one(desk):
    found = {}
    older = threading.Thread(target=lambda: found.update(desk.ask(SLOW, "d", 1)))
    older.start()
    time.sleep(0.3)
    started = time.monotonic()
    assert desk.ask(QUICK, "d", 2) == answer(QUICK)
    assert time.monotonic() - started < 20  # the time that a process takes to start on a busy machine
    older.join()
    assert found == {"superseded": True}


def test_memory_is_bounded_and_the_next_request_is_answered(desk):
    found = desk.ask(LARGE, "e", 1)
    error = found.get("error") or found["views"]["values"]["error"]
    assert "memory" in error["message"]
    assert desk.ask(QUICK, "e", 2) == answer(QUICK)


def test_time_is_bounded(desk, monkeypatch):
    monkeypatch.setattr(desk, "longest", 0.5)
    assert "longer than 0.5 seconds" in desk.ask(SLOW, "g", 1)["error"]["message"]
    assert desk.ask(QUICK, "g", 2) == answer(QUICK)


def test_a_process_that_ends_is_replaced(desk):
    desk._worker.process.kill()
    assert "has ended" in desk.ask(QUICK, "f", 1)["error"]["message"]
    assert desk.ask(QUICK, "f", 2) == answer(QUICK)


@pytest.mark.parametrize("guard", ["", 'if __name__ == "__main__":\n    '])
def test_a_script_without_a_guard_is_told_of_it(guard, tmp_path):
    """The process that answers runs the script that has started it."""
    script = tmp_path / "script.py"
    call = "with Desk() as desk: print(desk.ask({'text': 'x**2', 'views': ['source']}, '1', 1))"
    script.write_text(f"from symdiff.play.desk import Desk\n{guard}{call}\n")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=100)

    assert ("has not started" in done.stdout) == (not guard), done.stdout
    assert ('below: if __name__ == "__main__":' in done.stdout) == (not guard)
    assert ("that one runs this script as well" in done.stderr) == (not guard)
