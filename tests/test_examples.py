"""Every example runs, and its assertions hold."""

import importlib.util
import json
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))
NOTEBOOKS = sorted(EXAMPLES[0].parent.glob("*.ipynb"))
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


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path, capsys):
    """Its cells run in order, and their assertions hold; outputs are not kept, so that differences can be read."""
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    names = {"__name__": "__main__"}
    for cell in cells:
        assert cell["outputs"] == [] and cell["execution_count"] is None
        exec(compile("".join(cell["source"]), f"{path.stem}:{cell['id']}", "exec"), names)
    assert any("assert" in line for cell in cells for line in cell["source"])
    assert capsys.readouterr().out
