"""Where a compilation stands: the line on a terminal, and the time of each stage."""

import io
import re
import threading
from contextlib import redirect_stderr

import numpy as np
import pytest

import symdiff as sd
from symdiff import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """A terminal that shows the line at once."""
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    return Terminal()


def loss(x):
    return np.sum(np.sin(x) ** 2)


def shown(text):
    """The stages that a line has told of, as a terminal shows it: each replaces the one before."""
    return [re.sub(r"\x1b\[K|symdiff|[█░ ]", "", part) for part in text.split("\r") if part.strip("\x1b[K ")]


def slowly(monkeypatch):
    """Stages that wait until the line is there."""
    tell = progress._Line.tell

    def told(line, name):
        line.timer.join(5)
        tell(line, name)

    monkeypatch.setattr(progress._Line, "tell", told)


def test_the_line_tells_the_stages_in_order_and_goes_in_the_end(terminal, monkeypatch):
    slowly(monkeypatch)

    with redirect_stderr(terminal):
        sd.grad(loss)(np.ones(3))

    names = shown(terminal.getvalue())
    places = [progress.STAGES.index(name) for name in names if name]
    assert {"trace", "simplify", "regroup", "print"} <= set(names)
    assert places and terminal.getvalue().endswith("\r\x1b[K")


def test_a_line_that_is_not_needed_is_never_written(terminal, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 60.0)

    with redirect_stderr(terminal):
        sd.grad(loss)(np.ones(3))

    assert terminal.getvalue() == ""
    assert not [t for t in threading.enumerate() if isinstance(t, threading.Timer) and not t.finished.is_set()]


def test_the_line_can_be_turned_off(terminal, monkeypatch):
    slowly(monkeypatch)
    monkeypatch.setenv("SYMDIFF_PROGRESS", "0")

    with redirect_stderr(terminal):
        sd.grad(loss)(np.ones(3))

    assert terminal.getvalue() == ""


def test_nothing_is_told_where_no_terminal_is(monkeypatch):
    slowly(monkeypatch)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)

    with redirect_stderr(io.StringIO()) as text:
        sd.grad(loss)(np.ones(3))

    assert text.getvalue() == ""


def test_an_interruption_clears_the_line_and_leaves_a_function_that_works(terminal, monkeypatch):
    slowly(monkeypatch)
    gradient = sd.grad(loss)

    def interrupted(graph, journal):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, redirect_stderr(terminal):
        patch.setattr("symdiff.program.pipeline.regroup", interrupted)
        with pytest.raises(KeyboardInterrupt):
            gradient(np.ones(3))

    assert terminal.getvalue().endswith("\r\x1b[K")
    np.testing.assert_allclose(gradient(np.ones(3)), np.sin(2 * np.ones(3)))


def test_times_are_those_of_the_stages_alone():
    with progress.timed() as times:
        sd.grad(loss)(np.ones(3))

    assert set(times) <= set(progress.STAGES) and {"trace", "differentiate", "print", "load"} <= set(times)
    assert all(seconds >= 0 for seconds in times.values())


def test_each_thread_has_its_own_times():
    found = {}

    def compile_one():
        with progress.timed() as times:
            sd.grad(lambda x: np.sum(x * x))(np.ones(2))
        found["other"] = times

    with progress.timed() as times:
        thread = threading.Thread(target=compile_one)
        thread.start()
        thread.join()

    assert times == {} and "print" in found["other"]
