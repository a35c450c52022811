"""What the user wrote, as a graph: text, symbols and traced functions, SymPy's expressions."""
