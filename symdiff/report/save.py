"""Functions into files that need NumPy alone, written whole or not at all."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from symdiff._version import __version__
from symdiff.codegen.module import (
    LONGEST_LINE,
    MARK,
    Header,
    SelfCheck,
    argument_doc,
    check_call,
    describe,
    file_text,
    header_text,
)
from symdiff.codegen.nested import Parameters
from symdiff.codegen.printed import INDENT, LARGEST_LITERAL
from symdiff.codegen.source import Definition, arrays_of, functions_of
from symdiff.errors import ArgumentError, LimitError, OutputError, UnsupportedError
from symdiff.frontends.names import plain
from symdiff.graph.assumptions import ASSUMPTIONS
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.node import ITEM, Node
from symdiff.graph.walk import toposort
from symdiff.ops.sparse import csr
from symdiff.program.gradient import Gradient
from symdiff.program.jacobian import Hessian, Jacobian
from symdiff.program.recipe import Recipe, innermost, parameters, peeled
from symdiff.program.sparse import SparseDerivative, SparseHessian
from symdiff.program.specialise import define
from symdiff.program.stages import Stages
from symdiff.render.text import listing
from symdiff.schedule.cost import cost_of, show


@dataclass(frozen=True)
class Module:
    """What `save` writes: the text, and the constants that are too large to stand in it."""

    text: str
    arrays: Mapping[str, np.ndarray]


def module_of(
    stages: Stages, types: str, largest: int = LARGEST_LITERAL, asserts: bool = False, again: str = ""
) -> Module:
    """The file of a program for inputs of these types: its function; for a gradient the value and both together, too.

    Constants of more than `largest` elements do not stand in the text. With `asserts`, the functions test what they
    rely on of their inputs; where that is a target, there is no self-check, which would move it. The header ends with
    `again`, which says what makes the file again.

    Raises:
        UnsupportedError: if the function makes calls only to see whether they fail.
    """
    _check_tried(stages)
    recipe = stages.recipe
    named, check = contents(recipe)
    declared = [(x.name or "", word) for x, words in stages.derived.notes.assume.items() for word in words]
    if check is not None:
        moved = asserts and any(name in check.targets for name, _ in declared)
        check = None if moved else replace(check, declared=tuple(declared))
    inputs = list(zip(recipe.inputs, stages.avals, strict=True))
    arguments = Parameters(parameters(recipe))
    programs = {name: stages.beside(each) for name, each in named.items()}
    definitions = [_definition(name, each, inputs, arguments, largest, asserts) for name, each in programs.items()]
    if called := functions_of(p for d in definitions for p in d.parts):
        raise UnsupportedError(
            f"the program calls {', '.join(called)}, which a file cannot hold",
            help="pickle the Function, where the function that it calls can be; or write it with NumPy",
        )
    header = replace(_header(list(programs.values())[-1], types, definitions), again=again)
    return Module(
        file_text(header, definitions, inputs, arguments, check), arrays_of(p for d in definitions for p in d.parts)
    )


def _check_tried(stages: Stages) -> None:
    graph = stages.built.graph(innermost(stages.recipe, here=True))
    if not set(graph.notes.tried).issubset(graph.order):
        raise UnsupportedError(
            "the function tries a call whose result it does not need, to see whether it fails; a file would not",
            help="test the values where the file is used; or do without: np.all(np.linalg.eigvalsh(K) > 0)",
        )


def contents(recipe: Recipe) -> tuple[dict[str, Recipe], SelfCheck | None]:
    """The functions that go into the file, and which of them it can check."""
    own = peeled(recipe)
    if isinstance(own, Gradient):
        named = {"value": own.base, "grad": own.alone, "value_and_grad": own.with_its_value}
        named["value_and_grad" if own.with_value else "grad"] = recipe
        return named, SelfCheck("grad", "value", own.targets)
    if isinstance(own, Jacobian):
        return {"value": own.base, "jacobian": recipe}, SelfCheck("jacobian", "value", own.targets)
    if isinstance(own, Hessian):
        named = {"value": own.base, "grad": own.gradient, "hessian": recipe}
        return named, SelfCheck("hessian", "grad", own.targets)
    if isinstance(own, SparseDerivative):
        second = isinstance(own, SparseHessian)
        named = {"value": own.base, **({"grad": own.of} if second else {}), own.name: recipe}
        compared = SelfCheck(own.name, "grad" if second else "value", own.targets, sparse=True)
        return named, compared if own.format == "csr" else None
    return {recipe.name: recipe}, None


def _definition(
    name: str,
    stages: Stages,
    inputs: Sequence[tuple[str, Aval]],
    arguments: Parameters,
    largest: int,
    asserts: bool,
) -> Definition:
    notes = stages.derived.notes
    definition = define(stages.program.with_(name=name, asserts=asserts or notes.asserts), largest, arguments.names)
    outputs = [_described(node) for node in stages.lowered.outputs]
    places = arguments.places
    documented = [(place, aval) for place, (_, aval) in zip(places, inputs, strict=True)]
    definition.doc = [f"{stages.recipe.title}.", "", *argument_doc(documented), *_result_doc(outputs)]
    definition.first = [*(check_call(inputs, places) if inputs else []), *definition.first]
    definition.arguments = arguments.names
    return definition


def _described(node: Node) -> str:
    """What a result is; a matrix by its own shape, not by its entries."""
    if node.op is csr:
        return f"scipy.sparse.csr_array of {node.dtype.name}, shape {node.kwargs['shape']}, {node.shape[0]} entries"
    return describe(node.aval)


def _result_doc(outputs: Sequence[str]) -> list[str]:
    """What the function returns, on one line if that is long enough."""
    line = f"Returns {'; '.join(outputs)}."
    return [line] if len(line) <= LONGEST_LINE else ["Returns", *(f"{INDENT}{each}" for each in outputs)]


def _header(stages: Stages, types: str, definitions: Sequence[Definition]) -> Header:
    from hashlib import sha256  # noqa: PLC0415 (imports OpenSSL, a twentieth of the time of `import symdiff`)

    graph, written = stages.simplified, innermost(stages.recipe)
    forward = set(toposort(graph.forward or _values(stages)))
    operations = [node for node in graph.order if node.inputs and node.op is not ITEM]
    return Header(
        title=stages.recipe.title,
        origin=getattr(written, "text", written.title),
        digest=sha256(listing(graph).encode()).hexdigest()[:12],
        version=__version__,
        types=types,
        flops=_flops(stages.lowered),
        operations=len(operations),
        derivative=sum(node not in forward for node in operations),
        symmetric=any(node.op.symmetric for node in stages.derived.order),
        needs=", ".join(_needs(definitions)),
        notes=_notes(stages.lowered),
    )


def _flops(graph: Graph) -> str:
    """As in ``4 n d + 3 n``; nothing if that is beyond all bounds."""
    try:
        cost = cost_of(graph)
    except LimitError:
        return ""
    return show(cost.flops, cost.names, " ", "^")


def _notes(graph: Graph) -> tuple[str, ...]:
    """What the file relies on: that calls go well that the function tries; and of its inputs, and the rules that do."""
    tried = ("Where a call fails that the function handles, this raises LinAlgError.",) if graph.notes.tried else ()
    if not graph.notes.relied_on:
        return tried
    rules = dict.fromkeys(step.rule.name for step in graph.notes.journal if step.rule.claim == "ASSUME")
    said = "; ".join(f"{name} is declared to {ASSUMPTIONS[word].says}" for name, word in graph.notes.relied_on)
    return (*tried, f"Relies on: {said} (rules: {', '.join(rules)}).")


def _values(stages: Stages) -> tuple[Node, ...]:
    """What a derivative that does not return values is the derivative of."""
    own = peeled(stages.recipe)
    return stages.beside(own.base).simplified.outputs if isinstance(own, (Jacobian, Hessian, SparseDerivative)) else ()


def _needs(definitions: Sequence[Definition]) -> list[str]:
    """The packages that the functions import, NumPy first."""
    modules = {module.partition(".")[0] for d in definitions for part in d.parts for module in part.imports}
    return ["numpy", *sorted(modules - {"", "numpy", "math", "builtins"})]


def header_of(stages: Stages, types: str, definitions: Sequence[Definition], again: str) -> str:
    """The docstring of a file."""
    return header_text(replace(_header(stages, types, definitions), again=again))


def write_module(path: Path, module: Module, *, force: bool = False) -> None:
    """Writes the text to `path`, and its arrays to a file of the same name that ends in ``.npz``.

    Raises:
        OutputError: as `write_whole`; also if there is such an ``.npz`` that does not belong to a file of ours.
    """
    if not module.arrays:
        return write_whole(path, module.text, force=force)
    beside = path.with_suffix(".npz") if path.name else path
    if beside.exists() and not force and not (path.exists() and _is_ours(path)):
        raise OutputError(
            f"{beside} exists, and symdiff did not write it", help="choose another name, or force=True", code="SD901"
        )
    write_whole(path, module.text, force=force)
    buffer = io.BytesIO()
    np.savez(buffer, **module.arrays)  # type: ignore[arg-type]
    return _replace(beside, buffer.getvalue())


def path_of(path: Any) -> Path:
    """What a user gives as a path; raises ArgumentError for what is none."""
    path = plain(path)
    if not isinstance(path, (str, os.PathLike)):
        raise ArgumentError(f"{path!r:.60} is no path", help='for instance "gradient.py"')
    found = Path(path)
    try:
        is_named = b"\0" not in os.fsencode(found)
    except UnicodeEncodeError:  # half of a character
        is_named = False
    if not is_named:
        raise ArgumentError(f"{str(found)!r:.60} names no file: it holds a character that no path can hold")
    return found


def write_whole(path: Path, content: str | bytes, *, force: bool = False) -> None:
    """Writes `content` to `path`, whole or not at all.

    Raises:
        OutputError: if the folder does not exist, the file is not ours (without `force`), or the disk says no.
    """
    path = path.resolve() if path.is_symlink() else path
    if path.is_dir():
        raise OutputError(f"{path} is a folder", help="name a file in it")
    if path.exists() and not force and not _is_ours(path):
        raise OutputError(
            f"{path} exists, and symdiff did not write it",
            help="choose another name, or force=True (--force)",
            code="SD901",
        )
    if path.suffix != ".py" and not path.suffix:
        raise ArgumentError(f"{path} has no ending", help=f"write {path}.py")
    _replace(path, content.encode(errors="backslashreplace") if isinstance(content, str) else content)


def _replace(path: Path, content: bytes) -> None:
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent or ".", prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.chmod(temporary, 0o666 & ~_umask())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(4000)
    except OSError:
        return False
    if start.startswith(b"\x89PNG"):
        return f"Software\0{MARK} ".encode() in start
    head = start.decode("utf-8", errors="replace").splitlines()
    if not head:
        return False
    if head[0].startswith(("# ", "// ", "% ", "%% ", "<!-- ")):
        return head[0].partition(" ")[2].startswith(f"{MARK} ")
    return head[0].startswith('"""') and any(line.startswith(f"{MARK} ") for line in head)
