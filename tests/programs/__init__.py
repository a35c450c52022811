"""Programs with their derivatives written by hand, for comparison with the generated ones (see README.md)."""

from .classification import PROGRAMS as CLASSIFICATION
from .modelling import PROGRAMS as MODELLING
from .program import Program
from .regression import PROGRAMS as REGRESSION

PROGRAMS: dict[str, Program] = {p.name: p for p in (*CLASSIFICATION, *REGRESSION, *MODELLING)}
