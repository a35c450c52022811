"""The options of `function` and of all that differentiates, apart from what is declared of inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

import numpy as np

from symdiff.codegen.target import find_target
from symdiff.control.holding import Memory, check_memory
from symdiff.errors import ArgumentError
from symdiff.frontends.kept_loops import WORDS, Loops
from symdiff.frontends.names import check_name, plain
from symdiff.frontends.text.limits import Limits

Style = Literal["readable", "fast"]
STYLES = get_args(Style)


@dataclass(frozen=True)
class Options:
    """What a caller wishes, and None, or False, where nothing is said.

    Attributes:
        name: what the function is called in generated code.
        inputs: the order of the arguments, for text, SymPy's expressions and symbolic values.
        static: arguments of a Python function whose values belong to the program.
        exact: make only rewrites that change no bit.
        asserts: let the generated code test what it relies on.
        limits: bounds on a text.
        target: what source is printed for.
        has_aux: the function returns a pair, of which only the first is differentiated.
        loops: which loops of a Python function are kept.
        output: which of the values that the function returns is differentiated: a key, a field's name, or a position.
        style: whether source is to be read, or to run as fast as NumPy can.
        memory: what the loops of a Python function hold for the way back.
        most_steps: for how many steps of a loop that asks there is room, where the target needs to know.
    """

    name: str | None = None
    inputs: Any = None
    static: str | Sequence[str] = ()
    exact: bool = False
    asserts: bool = False
    limits: Limits | None = None
    target: str | None = None
    has_aux: bool = False
    loops: Loops = "auto"
    output: str | int | None = None
    style: Style = "readable"
    memory: Memory = "keep"
    most_steps: int | None = None

    def __post_init__(self) -> None:
        for option in ("name", "inputs", "static", "target", "loops", "output", "style", "memory"):
            value = getattr(self, option)
            several = tuple(map(plain, value)) if type(value) in (list, tuple) else plain(value)
            object.__setattr__(self, option, several)

    def check(self) -> None:
        """Raises ArgumentError, or ParseError for a name, for a value that an option cannot have."""
        if self.name is not None:
            check_name(self.name)
        if self.target is not None:
            find_target(self.target)
        if self.style not in STYLES or (self.style == "fast" and self.target not in (None, "numpy", "fast")):
            shown = f"style is {self.style!r:.40}" + f", and the target {self.target!r}" * (self.style in STYLES)
            raise ArgumentError(shown, help='"readable" or "fast"; fast source is for the target "numpy"')
        if not (self.loops in WORDS or (isinstance(self.loops, int) and self.loops >= 0)) or self.loops is True:
            words = ", ".join(f'"{word}"' for word in WORDS)
            raise ArgumentError(
                f"loops is {self.loops!r:.40}", help=f"{words}, or how many steps a loop has at least that is kept"
            )
        check_memory(self.memory)
        for option, kinds, meant in (
            ("exact", (bool, np.bool_), "True or False"),
            ("asserts", (bool, np.bool_), "True or False"),
            ("has_aux", (bool, np.bool_), "True or False"),
            ("output", (str, int, np.integer, type(None)), "a key or position in what the function returns"),
            ("limits", (Limits, type(None)), "sd.Limits(…)"),
            ("static", (str, list, tuple, set, frozenset), "a name, or several"),
            ("inputs", (str, list, tuple, type(None)), "a name, or several"),
            ("most_steps", (int, np.integer, type(None)), "a number of steps"),
        ):
            value = getattr(self, option)
            if not isinstance(value, kinds) or (option == "output" and isinstance(value, bool)):
                raise ArgumentError(
                    f"{option} is {value!r:.40}", help=f'{meant}; an input of that name: specs={{"{option}": …}}'
                )

        if self.most_steps is not None and self.most_steps < 1:
            raise ArgumentError(f"most_steps is {self.most_steps}", help="there is room for one step, at least")
        if self.has_aux and self.output is not None:
            raise ArgumentError(
                "with has_aux=True the first of two values is differentiated, and output= chooses another",
                help="leave one of them out",
            )

    @property
    def printed_for(self) -> str | None:
        """The target that the options come to."""
        return "fast" if self.style == "fast" else self.target

    def refuse(self, what: str, *names: str) -> None:
        """Raises ArgumentError if one of these options is given, which does nothing for `what`."""
        for name in names:
            value = getattr(self, name)
            if value is not None and value != () and value != _UNSAID.get(name):
                raise ArgumentError(f"{name}= does nothing for {what}", help=f"leave it out; {_MEANT_FOR[name]}")


_MEANT_FOR = {
    "inputs": "it gives the order of the variables of a text, of SymPy's expressions, or of symbolic values",
    "static": "it is for arguments of Python functions",
    "limits": "it bounds the text of an expression",
    "loops": "it is for the loops of Python functions",
    "memory": "it is for the loops of Python functions",
}
_UNSAID = {"loops": "auto", "memory": "keep"}
OF_SOME = {  # options that only these have
    **dict.fromkeys(("sparse", "format"), "sd.jacobian and sd.hessian"),
    **dict.fromkeys(("in_axes", "out_axes"), "sd.vmap"),
    "form": "sd.hessian",
    "stack": "sd.jacobian",
    "most_steps": 'f.to("jax", most_steps=…)',
}
ELSEWHERE = {  # what such options are called here
    **{name: f"it is an option of {where}" for name, where in OF_SOME.items()},
    "dtype": 'the dtype of an input: x=sd.spec("n", dtype="float32")',
    "shape": 'the shape of an input stands under its name: x="n d"',
    **dict.fromkeys(("argnums", "argnum"), "the targets are wrt=…, names or positions"),
    **dict.fromkeys(("variables", "arguments"), "the order of the arguments is inputs=…"),
}
NAMES = ("wrt", "disconnected", *(option.name for option in fields(Options) if option.name not in OF_SOME), "specs")
ALL = (*NAMES, *OF_SOME)


def declared(specs: Mapping[str, Any] | None, more: Mapping[str, Any]) -> dict[str, Any]:
    """What is declared of inputs: by keyword, and in a mapping, where the name is that of an option."""
    both = [name for name in more if name in (specs or {})]
    if both:
        raise ArgumentError(f"{both[0]!r} is declared twice", help="in specs= or by keyword")
    if specs is not None and not isinstance(specs, Mapping):
        raise ArgumentError(f"specs is {specs!r:.40}", help='a mapping: specs={"name": "n"}; or name="n", as a keyword')
    return {**(specs or {}), **more}
