"""Pictures of patterns show every entry where it is, and nothing else."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError
from symdiff.render.spy import MOST, SIDE, Spied, spy_svg

NUMBER = r"(-?[\d.]+)"
RECTANGLE = re.compile(rf"M{NUMBER} {NUMBER}H{NUMBER}V{NUMBER}H")


def shown(svg, shape):
    """The matrix that a picture shows: how dark each element is."""
    scale, found = SIDE / max(shape), np.zeros(shape)
    for part in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}path"):
        if part.get("class") != "tip":
            continue
        for left, top, right, bottom in RECTANGLE.findall(part.get("d")):
            at = [round(float(x) / scale) for x in (top, bottom, left, right)]
            found[at[0] : at[1], at[2] : at[3]] = float(part.get("fill-opacity"))
    return found


@pytest.mark.parametrize("shape", [(1, 1), (5, 5), (3, 40), (40, 3), (MOST, MOST)])
def test_cells_are_entries(shape):
    there = np.random.default_rng(0).random(shape) < 0.3
    svg = spy_svg(Spied(shape, *np.nonzero(there)), "some")

    np.testing.assert_array_equal(shown(svg, shape), there)
    assert f"{there.sum():,} entries in {shape[0]} rows" in svg


def test_large_matrices_are_shades():
    n = 10 * MOST
    band = Spied((n, n), np.arange(n), np.arange(n))
    svg = spy_svg(band, "diagonal")

    assert svg.count("M") < 4 * MOST
    assert 'fill-opacity="0.5"' in svg  # a tenth of a cell, by its root


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_empty_matrices(shape):
    assert "0 entries" in spy_svg(Spied(shape, np.zeros(0, int), np.zeros(0, int)), "nothing")


def test_blocks_are_one_picture_with_lines_between(tmp_path):
    f = sd.jacobian("x[:, None] * y", ("x", "y"), x="3", y="2", sparse=True)
    svg = f.to_svg(sparsity=True)
    dense = np.hstack([np.reshape(block, (6, -1)) for block in sd.jacobian("x[:, None] * y", ("x", "y"), x="3", y="2")(
        np.ones(3), np.ones(2)
    )])  # fmt: skip

    np.testing.assert_array_equal(shown(svg, (6, 5)), dense)
    assert "M240 0V" in svg  # between the targets: three of five columns, six rows are 480 high
    for ending in ("svg", "html"):
        path = f.draw(tmp_path / f"pattern.{ending}", sparsity=True)
        assert svg in path.read_text(encoding="utf-8")
        f.draw(path, sparsity=True)  # over its own


def test_titles_are_escaped():
    svg = spy_svg(Spied((1, 1), np.zeros(1, int), np.zeros(1, int)), "<script> & “quotes”")

    assert "<script>" not in svg
    ET.fromstring(svg)


def test_errors(tmp_path):
    f = sd.hessian("sum(x**4)", x="3", sparse=True)

    with pytest.raises(ArgumentError, match="no option 'shapes'"):
        f.draw(tmp_path / "a.svg", sparsity=True, shapes=True)
    with pytest.raises(ArgumentError, match="no theme 'blue'"):
        f.to_svg(sparsity=True, theme="blue")
    with pytest.raises(ArgumentError, match="no pictures of patterns of the format 'dot'"):
        f.draw(tmp_path / "a.dot", sparsity=True)
    with pytest.raises(ArgumentError, match="no sparse derivative"):
        sd.hessian("sum(x**4)", x="3").to_svg(sparsity=True)
