"""Equal graphs that are better."""
