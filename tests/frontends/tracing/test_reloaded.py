"""Modules that are changed and imported again: their functions are followed by the source that they have now."""

import importlib
import os
import sys

import pytest

import symdiff as sd

SOURCE = "def f(x):\n    return x**{power} if x > 0 else -x\n"


@pytest.fixture
def module(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path = tmp_path / "edited_module.py"

    def load(power):
        path.write_text(SOURCE.format(power=power))
        os.utime(path, (power, power))  # clocks of file systems are coarse
        importlib.invalidate_caches()
        known = sys.modules.get("edited_module")
        return importlib.reload(known) if known else importlib.import_module("edited_module")

    yield load
    sys.modules.pop("edited_module", None)


def test_the_derivative_is_that_of_the_function_as_it_is_now(module):
    for power in (2, 3, 5):
        f = module(power).f
        assert f(2.0) == 2.0**power
        assert sd.value_and_grad(f)(2.0) == (2.0**power, power * 2.0 ** (power - 1))
