"""How functions in C are called by one that does not know their parameters: two more for each, compiled beside it.

``symdiff_run_f`` is given where everything lies, ``symdiff_measure_f`` says how long the results of f are.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from symdiff.codegen.c.expression import TYPES
from symdiff.codegen.signature import MOST_STEPS, Signature, names_in, read_signature
from symdiff.graph.dims import linear

RUN, MEASURE = "symdiff_run_", "symdiff_measure_"
Place = tuple[int, int, int, int]
NOWHERE: Place = (-1, 0, 1, 0)


@lru_cache(maxsize=4)  # what is loaded function by function is read once
def with_entries(text: str) -> str:
    """A text with the two functions behind it for each that is in it: so it is compiled once for all of them."""
    return text + "".join(_entry(read_signature(text, name)) for name in names_in(text))


def _entry(signature: Signature) -> str:
    pointers = [TYPES[aval.dtype.name] + " *" if not aval.shape else "" for aval in signature.inputs.values()]
    pointers += ["ptrdiff_t *"] * len(signature.lengths)
    given = [f"*(const {kind})at[{k}]" if kind else f"at[{k}]" for k, kind in enumerate(pointers)]
    rest = len(signature.outputs) + (signature.room != "0")
    given += [f"at[{k}]" for k in range(len(pointers), len(pointers) + rest)]
    call = f"{signature.name}({', '.join(given)});"
    lines = [
        f"int {RUN}{signature.name}(void *const *at)",
        "{",
        *([f"    return {call}"] if signature.checks else [f"    {call}", "    return 0;"]),
        "}",
        "",
        f"void {MEASURE}{signature.name}(const ptrdiff_t *symdiff_given, ptrdiff_t *symdiff_made)",
        "{",
        *(f"    const ptrdiff_t {name} = symdiff_given[{k}];" for k, name in enumerate(signature.lengths)),
        *(f"    (void){name};" for name in signature.lengths),
        *(f"    symdiff_made[{k}] = {text};" for k, text in enumerate(_lengths_made(signature))),
        "    (void)symdiff_given, (void)symdiff_made;",
        "}",
    ]
    return "\n" + "\n".join(lines) + "\n"


def _lengths_made(signature: Signature) -> Iterator[str]:
    for aval in signature.outputs.values():
        yield from map(str, aval.shape)
    if signature.room != "0":
        yield signature.room


def places(signature: Signature) -> list[Place]:
    """For each length the input and the axis of it in which it is found, as ``factor * n + more``."""
    found: dict[str, Place] = {MOST_STEPS: NOWHERE}
    for k, aval in enumerate(signature.inputs.values()):
        for axis, n in enumerate(aval.shape):
            line = linear(n)
            if line is not None and found.get(line[0], (0, 0, 0, 0))[2] != 1:
                found[line[0]] = (k, axis, line[1], line[2])
    return [found[name] for name in signature.lengths]
