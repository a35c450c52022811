"""The guarded head: floats go to the body, everything else to `dispatch`, as it was given."""

import pytest

from symdiff.codegen.guard import Guard
from symdiff.codegen.load import load
from symdiff.codegen.printed import Printed
from symdiff.codegen.source import Definition, module_text

NAMES = [("x", "y"), ("_missing", "_rest"), ("_named", "_dispatch"), ("_float", "_float_")]


def guarded(arguments):
    a, b = arguments
    guard = Guard.of(arguments)
    text = module_text([Definition(Printed("f", list(arguments), [f"return {a} - {b}"]), guard=guard)])
    return load(text, "f", guard.namespace(lambda *given, **named: (given, named)))["f"]


@pytest.mark.parametrize("arguments", NAMES)
def test_floats_go_to_the_body(arguments):
    assert guarded(arguments)(3.0, 1.0) == 2.0


@pytest.mark.parametrize("arguments", NAMES)
@pytest.mark.parametrize(
    "given, named",
    [((3, 1.0), {}), ((3.0,), {}), ((), {}), ((True, 1.0), {}), ((1.0, 2.0, 3.0), {}), ((1.0, 2.0), {"z": 1.0}), ((1.0,), {"y": 2.0})],
)  # fmt: skip
def test_other_calls_are_handed_over_as_they_are(arguments, given, named):
    assert guarded(arguments)(*given, **named) == (given, named)
