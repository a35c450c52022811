"""Python that Numba compiles: expressions, functions, and how they are loaded."""
