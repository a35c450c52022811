"""Text that nobody vouches for: nothing but a Function or an error of ours comes out, soon, and in little memory.

Random and damaged texts are read, compiled and called in a process of their own, which has 2 GB and, for each text, a
number of seconds that grows with its length. These are for reading and compiling; how long a call takes is the text's to say.
"""

import json
import os
import random
import subprocess
import sys

import pytest
import sympy

import symdiff as sd
from symdiff.errors import SymdiffError

WORDS = [
    "x", "y", "n", "A", "1", "0", "2.5", "1e300", "10**12", "9**9**9", "'a'", "pi", "e", "None", "True", "...", "nan",
    "sum", "exp", "max", "zeros", "ones", "eye", "arange", "linspace", "full", "tile", "repeat", "broadcast_to",
    "reshape", "norm", "where", "piecewise", "concatenate", "stack", "outer", "kron", "einsum", "cumsum", "sort", "diag",
    "np", "linalg", "inv", "det", "fft", "print", "object", "float", "int", "len", "lambda", "__class__", "T", "shape",
    "axis", "dtype", "keepdims", "if", "else", "and", "not", "for", "in", "is", "return", "import",
]  # fmt: skip
SIGNS = [
    *"+-*/@%&|^~<>=!.,:;()[]{}#'\"\\\n\t ",
    "**",
    "//",
    "==",
    "<=",
    "<<",
    ">>",
    ":=",
    "->",
    "é",
    "\0",
    "²",
    "\ud800",
]
WHOLE = [
    "sum(x**2)", "x @ A @ x", "log(sum(exp(x)))", "where(x > 0, sqrt(x), 0)", "zeros(10**12) + x", "tile(x, 10**9)",
    "eye(10**6) @ x", "repeat(x, 10**12)", "arange(10**12) * x", "linspace(0, 1, 10**11) + x", "full(10**12, x)",
    "broadcast_to(x, (10**6, 10**6))", "ones((10**5, 10**5)) @ ones((10**5, 10**5)) + x", "10**10**10 * x",
    "r = x * 2\nr + 1", "a, b = slogdet(A)\nb", "sum(x, dtype=object)", "piecewise(x, [x > 0], [print])",
    "x.astype(object)", "max(0, x)", "norm(x, axis=-1)", "x[10**9]", "x[::10**9]", "cumsum(ones(10**8)) * x",
]  # fmt: skip

WORKER = """
import json, os, resource, signal, sys, time, warnings
import symdiff as sd
from symdiff.errors import SymdiffError
warnings.simplefilter("ignore")
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))

class TooSlow(BaseException):
    pass

def stop(*_):
    raise TooSlow

signal.signal(signal.SIGALRM, stop)
bad = []
for text in json.load(sys.stdin):
    signal.setitimer(signal.ITIMER_REAL, 6.0 + 1e-4 * len(text))
    calling = False
    try:
        f = sd.function(text)
        for g in (f, sd.grad(f, 0) if f.inputs else f):
            calling = False
            g.source
            calling = True  # what takes long now is the work that the text asks for, on arrays
            g(*[1.5] * len(f.inputs))
    except SymdiffError as error:
        if not error.message or len(str(error).encode()) > 2000:
            bad.append((text[:300], "a message of no use: " + str(error)[:100]))
    except BaseException as error:
        kind = type(error)
        asked_for = calling and kind is TooSlow
        if not asked_for and kind.__module__ != "numpy.linalg":  # NumPy's, for a matrix without an inverse
            bad.append((text[:300], f"{kind.__name__}: {error}"))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
print(json.dumps(bad))
"""


def made_up(rng):
    """Words and signs in any order."""
    return "".join(rng.choice(rng.choice((WORDS, SIGNS))) + rng.choice(("", " ")) for _ in range(rng.randrange(1, 20)))


def damaged(rng):
    """An expression with characters removed, doubled, exchanged and inserted."""
    text = list(rng.choice(WHOLE))
    for _ in range(rng.randrange(0, 4)):
        k = rng.randrange(len(text) + 1)
        text[k : k + rng.randrange(3)] = rng.choice([[], [rng.choice(SIGNS)], [rng.choice(WORDS)], text[k : k + 2] * 2])
    return "".join(text)


def piled_up(rng):
    """Much of one thing: brackets, signs, operators, lines, blanks, digits, names."""
    count = rng.choice((3, 190, 1000, 20_000))
    piece = rng.choice(
        ("(", "-", "x+", "x*", "x**", "[", "x if x else ", "not ", "x\n", " ", "9", "x.T", "f(", "x,", "a<")
    )
    return piece * count + "x" + rng.choice(("", ")" * count, "]" * count))


def texts_of(seed, count):
    rng = random.Random(seed)
    return [rng.choice((made_up, damaged, damaged, damaged, piled_up))(rng) for _ in range(count)]


def test_nothing_but_ours_comes_out(budget):
    if not hasattr(os, "fork"):
        pytest.skip("needs limits of the operating system")
    seed, programs = budget
    for first in range(0, programs, 500):
        texts = texts_of(f"{seed} {first}", min(500, programs - first))
        done = subprocess.run(
            [sys.executable, "-c", WORKER], input=json.dumps(texts), capture_output=True, text=True, timeout=1800
        )
        assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
        assert json.loads(done.stdout.splitlines()[-1]) == []


@pytest.mark.parametrize("blank", [" ", "\n", "\t", " \n"])
def test_blanks_cost_nothing(blank):
    """Ten million of them are read within the seconds that one text has."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            WORKER.replace(
                "json.load(sys.stdin)",
                f"[{blank!r} * 10_000_000, {blank!r} * 10_000_000 + 'x' + {blank!r} * 10_000_000]",
            ),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == []


HALF = "\ud800"  # of a character: Python has such texts, files and terminals do not take them
DOORS = {
    "text": lambda: sd.grad(f"x + '{HALF}'"),
    "target": lambda: sd.grad("x**2", HALF),
    "input": lambda: sd.grad("x**2", **{HALF: "n"}),
    "argument": lambda: sd.grad("x**2")(HALF),
    "dtype": lambda: sd.spec("n", dtype=HALF),
    "length": lambda: sd.grad("x**2", x=HALF),
    "symbol": lambda: sd.grad(sympy.Symbol(HALF) ** 2),
    "file": lambda: sd.grad("x**2").save(f"{HALF}.py"),
    "picture": lambda: sd.grad("x**2").draw(f"{HALF}.svg"),
}


@pytest.mark.parametrize("door", DOORS)
def test_half_a_character_is_refused_in_words_that_can_be_printed(door):
    with pytest.raises(SymdiffError) as caught:
        DOORS[door]()
    assert str(caught.value).encode()


def test_half_a_character_in_a_docstring_is_written_as_python_writes_it(tmp_path):
    def f(x):
        return x * x

    f.__name__ = f.__doc__ = HALF
    sd.grad(f, x=()).save(tmp_path / "f.py")
    assert r"\ud800" in (tmp_path / "f.py").read_text()
