"""The version, read by the package and written into generated files."""

__version__ = "0.1.0"
