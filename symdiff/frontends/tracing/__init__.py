"""Python functions that use NumPy, run once on symbolic arrays."""
