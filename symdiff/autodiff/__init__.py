"""What makes derivative nodes of forward nodes: reverse mode beside the book, forward mode, and both together."""
