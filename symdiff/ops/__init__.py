"""The vocabulary: importing this package fills the registry."""

from symdiff.ops import api, neural

__all__ = ["api", "neural"]
