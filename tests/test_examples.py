"""Every example runs, and its assertions hold."""

import importlib.util
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))
NEEDS = {
    "audit": ["statsmodels"],
    "cluster": ["dask.array", "distributed", "scipy"],
    "digits": ["sklearn"],
    "logistic": ["scipy", "sklearn"],
}


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path, capsys):
    for package in NEEDS.get(path.stem, []):
        pytest.importorskip(package)
    spec = importlib.util.spec_from_file_location(f"example_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main()
    assert module.__doc__
    assert capsys.readouterr().out
