"""One normal form for everything multilinear, and its way back to the plainest NumPy."""
