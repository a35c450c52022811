"""What the printer makes: the body of one function, and what must stand above it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symdiff.graph.node import Node
from symdiff.schedule.memory import APART, Variables
from symdiff.schedule.plan import Plan, Scheduler

INDENT = "    "
LARGEST_LITERAL = 100  # elements; larger constants are kept beside the source


@dataclass
class Printed:
    """The body of a function, and what must stand above it.

    Attributes:
        name, arguments: of the function.
        lines: the body, not indented.
        imports: module -> (name, name here) pairs; the module itself stands under its own name, ``("numpy", "np")``.
        constants: name -> expression of arrays that are made once.
        arrays: constants that are too large to be read, and kept beside the source.
        helpers: functions whose source is needed, and what they are called here.
        code: for each node that has a line, or is returned, that line.
        raises: whether the body may raise where NumPy gives inf or nan.
        plan: what is computed when, if the lines are those of a plan.
        scheduler: what made that plan.
        variables: those of the plan.
    """

    name: str
    arguments: list[str]
    lines: list[str] = field(default_factory=list)
    imports: dict[str, dict[str, str]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    helpers: dict[Callable[..., Any], str] = field(default_factory=dict)
    code: dict[Node, str] = field(default_factory=dict)
    raises: bool = False
    plan: Plan | None = None
    scheduler: Scheduler | None = None
    variables: Variables = APART
