"""Graphs for readers: listings, pictures, formulas."""
