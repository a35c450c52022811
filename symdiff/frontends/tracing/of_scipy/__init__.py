"""What functions of SciPy compute, in terms of NumPy: one file for each part of SciPy, read when it is first called."""
