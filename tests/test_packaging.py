"""The conda recipe says what pyproject.toml says."""

import re
import tomllib
from pathlib import Path

import symdiff as sd

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RECIPE = (ROOT / ".conda" / "recipe.yaml").read_text(encoding="utf-8")


def listed(section):
    """The entries of a list, without blanks."""
    (entries,) = re.findall(rf"^ *{section}:\n((?: +- .*\n)+)", RECIPE, re.M)
    return [entry.replace(" ", "") for entry in re.findall(r"- (.*)", entries)]


def test_versions_agree():
    assert f'version: "{sd.__version__}"' in RECIPE
    assert f'python_min: "{PROJECT["project"]["requires-python"].removeprefix(">=")}"' in RECIPE


def test_requirements_agree():
    assert listed("run")[1:] == PROJECT["project"]["dependencies"]
    assert set(PROJECT["build-system"]["requires"]) <= set(listed("host"))


def test_what_it_says_of_the_package_agrees():
    project = PROJECT["project"]
    assert f"name: {project['name']}\n" in RECIPE
    assert f'summary: "{project["description"]}"' in RECIPE
    assert listed("entry_points") == [f"{name}={target}" for name, target in project["scripts"].items()]
