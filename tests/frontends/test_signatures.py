"""What is kept of a function's signature is never that of what it was before."""

import gc

from symdiff.frontends import layout
from symdiff.frontends.layout import optional, required, signature_of


def test_a_signature_is_found_once():
    def f(x, y=2.0):
        return x

    assert signature_of(f) is signature_of(f)
    assert (required(f), optional(f)) == (("x",), ("y",))


def test_a_function_that_was_changed_is_read_anew():
    def f(x, y=2.0):
        return x

    def g(a, b, c):
        return a

    assert required(f) == ("x",)
    f.__defaults__ = None
    assert required(f) == ("x", "y")
    f.__code__ = g.__code__
    assert required(f) == ("a", "b", "c")
    f.__signature__ = signature_of(lambda z: z)
    assert required(f) == ("z",)


def test_keywords_that_change_in_place_are_seen():
    def f(x, *, k=1):
        return x

    assert optional(f) == ("k",)
    f.__kwdefaults__.clear()
    assert required(f) == ("x", "k")


def test_no_function_is_held():
    before = len(layout._signatures)
    required(lambda x: x)
    gc.collect()
    assert len(layout._signatures) <= before
