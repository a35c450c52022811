"""Expressions and small programs, parsed against an allow-list and never evaluated."""
