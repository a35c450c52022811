"""Control flow of unmodified functions: loops and branches on values that are not known yet."""
