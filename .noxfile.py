"""What is often done, each in its own environment: ``nox -f .noxfile.py -l`` lists it, ``-s tests-3.12`` does one."""

import nox

nox.options.sessions = ["lint", "tests", "site"]
nox.options.reuse_existing_virtualenvs = True


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """The tests; what stands behind ``--`` goes to pytest."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def oldest(session: nox.Session) -> None:
    """The tests with the oldest NumPy and SymPy that are promised."""
    session.install("-e", ".[test]", "numpy==2.0.*", "sympy==1.12.*")
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style and types."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")


@nox.session
def site(session: nox.Session) -> None:
    """The documentation, warnings being errors; ``-- serve`` shows it while one writes."""
    session.install("-e", ".[docs]")
    session.run("mkdocs", *(session.posargs or ["build", "--strict"]), "-f", ".mkdocs.yml")


@nox.session
def golden(session: nox.Session) -> None:
    """Writes the golden files and what pages print anew: read the difference."""
    session.install("-e", ".[test,docs]")
    session.run("pytest", "--update-data", *(session.posargs or ["tests/test_docs.py"]))
