"""C in files: a source, and the header that declares its functions."""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.codegen.printed import Printed
from symdiff.codegen.signature import MOST_STEPS

MEANINGS = (
    ("*restrict", "Arrays lie in C order and do not overlap; lengths follow the inputs, then come the results."),
    ("*restrict work", "`work` has room for as many numbers as the first line of a function says."),
    (MOST_STEPS, f"2 is returned if a loop takes more steps than `{MOST_STEPS}`, for which `work` has room."),
    ("int ", "1 is returned if a position is out of bounds, 0 if all went well."),
)


def source_file(head: Sequence[str], header: str, text: str) -> str:
    """The text of a ``.c`` file.

    Args:
        head: what it is, line by line.
        header: the name of the file that declares its functions.
        text: the source.
    """
    return "\n".join([*(f"// {line}".rstrip() for line in head), f'#include "{header}"', "", text])


def header_file(head: Sequence[str], name: str, functions: Sequence[Printed]) -> str:
    """The text of a ``.h`` file, which C++ takes, too.

    Args:
        head: what it is, line by line.
        name: of the file.
        functions: what it declares.
    """
    guard = "".join(c if c.isalnum() else "_" for c in name).upper()
    declared = [_declaration(printed) for printed in functions]
    said = [f"// {text}" for word, text in MEANINGS if any(word in one for one in declared)]
    return "\n".join([
        *(f"// {line}".rstrip() for line in head), *said, f"#ifndef {guard}", f"#define {guard}", "",
        "#include <stdbool.h>", "#include <stddef.h>", "#include <stdint.h>", "",
        "#ifdef __cplusplus", "#define restrict", 'extern "C" {', "#endif", "",
        "\n\n".join(declared), "",
        "#ifdef __cplusplus", "}", "#undef restrict", "#endif", "", "#endif", "",
    ])  # fmt: skip


def _declaration(printed: Printed) -> str:
    """The first lines of a function, up to its body."""
    end = printed.lines.index("{")
    return "\n".join(printed.lines[:end]) + ";"
