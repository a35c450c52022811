"""The immutable value that everyone shares: nodes, their types, graphs of them; it knows no operation by name."""
