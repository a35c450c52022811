"""The static site: what a browser with Pyodide needs, and nothing that loads from elsewhere."""

import io
import json
import re
import subprocess
import sys
import zipfile

import pytest

from symdiff.cli import main
from symdiff.errors import ArgumentError, OutputError
from symdiff.play.answers import answer
from symdiff.play.static import package, write_site

REQUEST = {
    "text": "x**2 * y",
    "views": ["source", "formulas", "picture", "steps", "values", "plot", "check", "cost", "file"],
}


def test_the_site_is_whole(tmp_path, capsys):
    assert main(["play", "--static", str(tmp_path / "site")]) == 0
    site = tmp_path / "site"
    page = (site / "index.html").read_text()
    for name in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert (site / name).is_file()
    for script in site.glob("*.js"):
        for name in re.findall(r'from "\./([^"]+)"|fetch\("([^"]+)"\)|Worker\("([^"]+)"\)', script.read_text()):
            assert (site / next(filter(None, name))).is_file(), name
    assert not re.search(
        r"https?://(?!www\.w3\.org)", "".join(p.read_text() for p in site.iterdir() if p.suffix != ".zip")
    )


def test_the_archive_answers_by_itself(tmp_path):
    """Unpacked, with NumPy alone and no processes, it says what the function here says."""
    zipfile.ZipFile(io.BytesIO(package())).extractall(tmp_path)
    code = """
import json, sys
class Refuses:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("multiprocessing", "subprocess", "scipy", "http", "resource", "_multiprocessing"):
            raise ImportError(name)
sys.meta_path.insert(0, Refuses())
from symdiff.play.answers import answer
print(json.dumps(answer(json.loads(sys.stdin.read()))))
"""
    done = subprocess.run([sys.executable, "-c", code], input=json.dumps(REQUEST), capture_output=True, text=True, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})  # fmt: skip
    assert done.returncode == 0, done.stderr
    found, here = json.loads(done.stdout), answer(REQUEST)
    assert [v for v in found["views"].values() if "error" in v] == []
    assert found["views"]["source"] == here["views"]["source"] and found["views"]["file"] == here["views"]["file"]


def test_the_archive_is_the_same_each_time():
    assert package() == package()


def test_pyodide_may_be_elsewhere(tmp_path):
    write_site(tmp_path, "https://cdn.example/pyodide/v1/full")
    page, worker = ((tmp_path / name).read_text() for name in ("index.html", "pyodide-worker.js"))
    assert '"https://cdn.example/pyodide/v1/full/"' in worker
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert policy.count("https://cdn.example") == 2 and "pyodide/v1" not in policy


@pytest.mark.parametrize(
    "place", ["http://x.example/", "javascript:alert(1)", "//x", 'a"b', "a'b", "a b", "a;b", "${x}"]
)
def test_places_that_could_do_harm_are_refused(tmp_path, place):
    with pytest.raises(ArgumentError, match="no place to load from"):
        write_site(tmp_path, place)


def test_a_page_of_somebody_elses_is_kept(tmp_path):
    (tmp_path / "index.html").write_text("<p>mine")
    with pytest.raises(OutputError, match="did not write it"):
        write_site(tmp_path)
    assert (tmp_path / "index.html").read_text() == "<p>mine" and len(list(tmp_path.iterdir())) == 1
    write_site(tmp_path, force=True)
    write_site(tmp_path)
