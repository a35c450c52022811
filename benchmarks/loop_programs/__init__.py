"""Programs with loops, as people write them, each beside its value and gradient by hand in NumPy."""
