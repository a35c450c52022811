"""C11 that stands alone: expressions, functions, and how they are compiled and called."""
