"""Python that Numba compiles for several threads, which share the loops whose steps do not depend on one another."""

from __future__ import annotations

from symdiff.codegen.target import register
from symdiff.codegen.targets.numba import Numba

NUMBA_PARALLEL = register(Numba(parallel=True))
