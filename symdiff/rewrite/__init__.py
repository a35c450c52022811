"""What turns a graph into one that computes the same, better: rules as data, and the passes that apply them."""
