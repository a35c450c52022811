"""Benchmarks: ``python -m benchmarks [WORKLOAD ...]``. They measure and print; they assert nothing about speed."""
