"""Expressions of SymPy."""
