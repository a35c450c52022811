"""How a function in C is called by one that does not know its parameters: two functions, compiled beside it.

``symdiff_run`` is given where everything lies, ``symdiff_measure`` says how long the results are for given lengths.
"""

from __future__ import annotations

from collections.abc import Iterator

from symdiff.codegen.c.expression import TYPES
from symdiff.codegen.signature import MOST_STEPS, Signature
from symdiff.graph.dims import linear

RUN, MEASURE = "symdiff_run", "symdiff_measure"
Place = tuple[int, int, int, int]
NOWHERE: Place = (-1, 0, 1, 0)


def entry_text(signature: Signature) -> str:
    """The two functions, as text behind that of the function itself."""
    pointers = [TYPES[aval.dtype.name] + " *" if not aval.shape else "" for aval in signature.inputs.values()]
    pointers += ["ptrdiff_t *"] * len(signature.lengths)
    given = [f"*(const {kind})at[{k}]" if kind else f"at[{k}]" for k, kind in enumerate(pointers)]
    rest = len(signature.outputs) + (signature.room != "0")
    given += [f"at[{k}]" for k in range(len(pointers), len(pointers) + rest)]
    call = f"{signature.name}({', '.join(given)});"
    lines = [
        f"int {RUN}(void *const *at)",
        "{",
        *([f"    return {call}"] if signature.checks else [f"    {call}", "    return 0;"]),
        "}",
        "",
        f"void {MEASURE}(const ptrdiff_t *symdiff_given, ptrdiff_t *symdiff_made)",
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
