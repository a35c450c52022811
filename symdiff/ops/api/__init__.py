"""Functions with NumPy's signatures: arguments are normalised here, then rows are applied."""
