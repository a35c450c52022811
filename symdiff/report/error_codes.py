"""The codes of errors: what each stands for, as a page for a terminal and for the documentation."""

from __future__ import annotations

import difflib
import re
import textwrap

from symdiff import errors
from symdiff.errors import ArgumentError, SymdiffError
from symdiff.report import errors_of_input, errors_of_programs
from symdiff.report.error_page import ErrorPage

PAGES = {page.code: page for page in (*errors_of_input.PAGES, *errors_of_programs.PAGES)}


def is_code(text: str) -> bool:
    """Whether a text is meant as the code of an error; a number alone has no derivative to be explained.

    >>> is_code("SD201"), is_code("sd2"), is_code("201"), is_code("x + y")
    (True, True, True, False)
    """
    return re.fullmatch(r"(sd-?)?\d+", text.strip(), re.IGNORECASE) is not None


def find_page(code: str) -> ErrorPage:
    """The page on an error.

    Raises:
        ArgumentError: there is no such code; the message says which was probably meant.

    >>> find_page("SD201").title
    'The inner lengths of a product differ'
    """
    wanted = f"SD{code.strip().upper().removeprefix('SD').removeprefix('-')}"
    if wanted in PAGES:
        return PAGES[wanted]
    close = difflib.get_close_matches(wanted, PAGES, n=3, cutoff=0.7)
    help = f"did you mean {' or '.join(close)}?" if close else f"codes go from {min(PAGES)} to {max(PAGES)}"
    raise ArgumentError(f"no error has the code {code.strip()}", help=help)


def class_of(code: str) -> type[SymdiffError]:
    """The class whose errors have this code: the numbers of a class begin with its own.

    >>> class_of("SD201").__name__
    'ShapeError'
    """
    return max((kind for kind in _classes() if kind.code <= code), key=lambda kind: kind.code)


def _classes() -> list[type[SymdiffError]]:
    return [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SymdiffError)]


def _kinds(code: str) -> str:
    """The class, and what else it is: of Python's classes those that no other one here comes from."""
    kind = class_of(code)
    known = [b for b in kind.__mro__ if b.__module__ == "builtins"]
    last = [b.__name__ for b in known if not any(other is not b and issubclass(other, b) for other in known)]
    said = " and ".join(f"{'an' if name[0] in 'AEIOU' else 'a'} {name}" for name in last)
    return f"{kind.__name__}, which is {said} too"


def as_text(page: ErrorPage, width: int = 80) -> str:
    """The page for a terminal.

    >>> print(as_text(find_page("SD107")))
    SD107: The text is empty
    ParseError, which is a ValueError too
    <BLANKLINE>
    There is nothing to differentiate.
    <BLANKLINE>
    What to do: Write an expression. In a shell, quote it, so that the shell leaves
    it alone.
    <BLANKLINE>
    For instance:
    <BLANKLINE>
        sd.grad("")
    """
    prose = [page.cause, f"What to do: {page.cure}", "For instance:"]
    filled = [textwrap.fill(part, width, break_long_words=False, break_on_hyphens=False) for part in prose]
    head = f"{page.code}: {page.title}\n{_kinds(page.code)}"
    return "\n\n".join([head, *filled, textwrap.indent(page.example, "    ")])


def as_markdown(page: ErrorPage) -> str:
    """The page for the documentation; its example runs there, and shows the message.

    >>> as_markdown(find_page("SD107")).splitlines()[0]
    '# SD107: The text is empty'
    """
    return "\n\n".join(
        [
            f"# {page.code}: {page.title}",
            f"`{class_of(page.code).__name__}`. {page.cause}",
            f"**What to do.** {page.cure}",
            f"```python\n{page.example}\n```",
        ]
    )
