"""Options of the test run: ``--update-data`` for golden files, ``--programs`` and ``--seed`` for the fuzzers.

``--functions`` is for `tests/third_party`, ``--thorough`` for the tests that are else sampled.
"""

import collections
import gc
import os
import re
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

import symdiff

symdiff.grad  # noqa: B018  the first name that is asked for registers all operations
GOLDEN = Path(__file__).parent / "golden"
BYTECODE = pytest.StashKey[str]()


def pytest_addoption(parser):
    parser.addoption(
        "--update-data",
        action="store_true",
        help="rewrite the golden files; read the difference in git before committing it",
    )
    parser.addoption("--thorough", action="store_true", help="try all parameters, also of the tests that are sampled")
    parser.addoption("--programs", type=int, default=25, help="how many programs each fuzzer tries")
    parser.addoption("--functions", type=int, default=30, help="how many functions of each public library; 0: all")
    parser.addoption("--seed", type=int, default=0, help="the seed that the programs of the fuzzers come from")


def pytest_configure(config):
    """`--programs` is how many examples hypothesis tries too, where a test does not say.

    Where Python is told to keep no bytecode, it is kept for the run: the processes of tests begin three times as fast.
    """
    settings.register_profile("run", max_examples=config.getoption("--programs"))
    settings.load_profile("run")
    if not hasattr(config, "workerinput") and os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        os.environ["PYTHONPYCACHEPREFIX"] = config.stash[BYTECODE] = tempfile.mkdtemp()


def pytest_unconfigure(config):
    if BYTECODE in config.stash:
        shutil.rmtree(config.stash[BYTECODE], ignore_errors=True)


def pytest_collection_modifyitems(config, items):
    """Of a test that is marked ``sampled(n)`` each n-th parameter is tried; the first one always is."""
    counts, kept, left = collections.Counter(), [], []
    for item in items:
        mark = None if config.getoption("--thorough") else item.get_closest_marker("sampled")
        test = (item.path, item.originalname)
        (left if mark and counts[test] % mark.args[0] else kept).append(item)
        counts[test] += 1
    config.hook.pytest_deselected(items=left)
    items[:] = kept


def pytest_sessionstart():
    """Graphs are many small objects, and few of them are garbage: it is looked for less often, but as it always is."""
    gc.set_threshold(20_000, 20, 100)


def pytest_collection_finish():
    """The tests themselves are no garbage: what looks through the heap need not look at them."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    """Nor are those that were run, and what caches keep of them."""
    if nextitem is not None and nextitem.path != item.path:
        pytest_collection_finish()


@pytest.fixture(scope="module")
def own_cache(tmp_path_factory):
    """What the tests of a module compile is not kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def golden(request):
    """Compares a text with the golden file of that name, exactly."""
    update = request.config.getoption("--update-data") or os.environ.get("SYMDIFF_UPDATE_DATA") == "1"

    def compare(name, text):
        path = GOLDEN / name
        text = text.rstrip("\n") + "\n"
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        assert path.exists(), f"{path.name} is missing: run pytest --update-data, and read what it writes"
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def budget(request):
    """``(seed, programs)`` of a fuzzer: program i of seed s is the same on every machine.

    A run of all tests takes 25 of each kind; ``pytest tests/fuzz --programs 20000 --seed 7`` takes its time.
    """
    return request.config.getoption("--seed"), request.config.getoption("--programs")


@pytest.fixture
def shown():
    """What the code on the page of targets makes that is about a library which need not be there."""

    def made(word):
        page = (Path(__file__).parents[1] / "docs" / "targets.md").read_text(encoding="utf-8")
        [code] = [text for text in re.findall(r"^```py\n(.*?)^```$", page, re.M | re.S) if word in text]
        found = {"sd": symdiff, "np": np}
        exec(compile(code, "targets.md", "exec"), found)
        return found

    return made
