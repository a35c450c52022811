"""Control flow by name: `scan`, `fori_loop`, `while_loop`, `branch`; on numbers they are plain Python."""
