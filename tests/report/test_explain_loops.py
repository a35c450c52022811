"""Loops explained step by step: golden texts, and what is said, carried out word for word, is the gradient."""

import re

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import UnsupportedError

R = np.random.default_rng(4)


def garch(theta, r):
    omega, alpha, beta = theta
    h = np.empty(len(r))
    h[0] = np.var(r)
    for t in range(1, len(r)):
        h[t] = omega + alpha * r[t - 1] ** 2 + beta * h[t - 1]
    return 0.5 * np.sum(np.log(h) + r**2 / h)


def newton(a):
    x = a
    while abs(x * x - a) > 1e-12:
        x = x - (x * x - a) / (2 * x)
    return x


def clipped(x, w):
    s = 0.0
    for t in range(len(x)):
        e = x[t] - s
        if e > 1.0:
            s = s + w
        elif e < -1.0:
            s = s - w
        else:
            s = s + w * e
    return s


def pendulum(p):
    q, v, total = p[0], p[1], 0.0
    for _ in range(50):
        v = v - 0.1 * (np.sin(q) + 0.1 * v)
        q = q + 0.1 * v
        total = total + q * q
    return total


def mixed(A, w):
    s = w
    for row in A:
        t = s
        for a in row:
            t = np.sin(t + a * w)
        s = s * w + t
    return s


def last_first(x, w):
    s = 1.0
    for k in reversed(range(len(x))):
        s = np.tanh(s * w + x[k])
    return s


PROGRAMS = {
    garch: (np.array([0.1, 0.1, 0.8]), R.normal(size=30)),
    newton: (2.0,),
    clipped: (2 * R.normal(size=20), 0.3),
    pendulum: (np.array([0.3, 0.1]),),
    mixed: (R.normal(size=(10, 12)), 0.7),
    last_first: (R.normal(size=15), 0.7),
}


def gradient(program):
    """The Function of all its derivatives, called once."""
    count = len(PROGRAMS[program])
    f = sd.grad(program, tuple(range(count)) if program is not garch else (0,))
    f(*PROGRAMS[program])
    return f


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("format, ending", [("text", "txt"), ("md", "md")])
def test_golden(golden, program, format, ending):
    golden(f"explain/loop_{program.__name__}.{ending}", gradient(program).explain(format))


@pytest.mark.parametrize("program", PROGRAMS)
def test_golden_latex(golden, program):
    text = gradient(program).latex()
    golden(f"explain/loop_{program.__name__}.tex", text)
    assert text.count("{") == text.count("}")
    assert r"\operatorname{loop}" not in text


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("format", ["text", "md", "latex", "html"])
def test_the_same_each_time(program, format):
    assert gradient(program).explain(format) == gradient(program).explain(format)


# ------------------------------------------------------------------------------------------------ carried out


WORDS = {name: getattr(np, name) for name in dir(np) if callable(getattr(np, name))}
NAMES = r"[\w, ]+?"


class Told:
    """What an explanation says, as a program."""

    def __init__(self, text):
        headed = re.split(r"^\d+\. (.*)$", text, flags=re.M)[1:]
        self.parts = dict(zip(headed[::2], headed[1::2], strict=True))

    def lines(self, title):
        told = self.parts[title].rpartition("Line by line:")[2]
        return [line.strip() for line in told.splitlines() if line.startswith("    ")]

    def prose(self, title):
        return " ".join(line for line in self.parts[title].splitlines() if line and not line.startswith("    "))

    def derivative(self, *arguments):
        """The variables of the program and their derivatives."""
        title = "Before differentiating" if "Before differentiating" in self.parts else "The program"
        program = self.lines(title)
        start = max(k for k, line in enumerate(program) if line.startswith(arguments[0][0] + " "))
        env = dict(arguments)
        runs = self.forward(program[start:], env, "")
        self.back(self.lines(DERIVATIVE), env, runs, "")
        return env

    # ------------------------------------------------------------------------------------------------ forwards

    def forward(self, lines, env, within):
        """Runs lines; gives the runs of the loops among them, by what is said of where they are."""
        runs = {}
        for line in lines:
            found = re.match(r"(\w+) = (.*?)(?:  |$)", line)
            if not found:
                continue
            name, formula = found.groups()
            loop = re.fullmatch(r"loop(?:_back)?\((.*)\)\.(\w+)", formula)
            if loop is None:
                env[name] = value(formula, env)
                continue
            title = self.title_of(loop[1], within)
            if title not in runs:
                runs[title] = Run(self, title, env)
            env[name] = runs[title].parts[loop[2]]
        return runs

    def title_of(self, starts, within):
        """The heading of a loop that begins so."""
        given = re.findall(r"(\w+)=", starts)
        depth = within.count(" in ")
        titles = [t for t in self.parts if t.endswith(f"{within}, step by step") and t.count(" in ") == depth]
        named = {t: re.match(r"The loop of ([\w, ]+?)(?: in the|, step)", t)[1].split(", ") for t in titles}
        [title] = [t for t, names in named.items() if names == given[: len(names)]]
        return title.removesuffix(", step by step")

    # ------------------------------------------------------------------------------------------------ backwards

    def back(self, lines, env, runs, within):
        """Adds up what lines send back."""
        name = ""
        for line in lines:
            found = re.match(r"(?:(\w+) +)?([=+-]) (.*?)(?:   +(.*))?$", line)
            if not found:
                continue
            wanted, sign, formula, why = found.groups()
            term = self.term(formula, why or "", env, runs, within)
            if wanted:
                name = wanted
                env[name] = term
            else:
                env[name] = env[name] + term if sign == "+" else env[name] - term

    def term(self, formula, why, env, runs, within):
        of = re.match(r"(the sum of )?(d_\w+?)( of each step| of the first step| over all steps)$", formula)
        if of is None:
            return value(formula, env)
        starts = re.search(r"loop(?:_back)?\((.*)\)", why)[1]
        return runs[self.title_of(starts, within)].sent(of[2], of[3], env)


DERIVATIVE = "The derivative, from the last line to the first"


class Run:
    """A loop that has run, as it is told."""

    def __init__(self, told, title, around):
        self.told, self.title, self.within = told, title, f" in {title[0].lower()}{title[1:]}"
        prose, lines = told.prose(f"{title}, step by step"), told.lines(f"{title}, step by step")
        starts = re.search(r"In the first step (.*?)(?: of the step around it)?\. ", prose)[1]
        along = re.search(
            r"In each step (.*?)(?: of the step around it)?(?:, in order|; the last elements come first)\. ", prose
        )
        others = re.search(r"the same in all steps: (.*?)\. ", prose)
        self.arrays = dict(re.findall(r"(\w+) is an element of ([^ ,]+)", along[1])) if along else {}
        state = {x: value(y, around) for x, y in re.findall(r"(\w+) is ([^ ,]+)", starts)}
        fixed = {x: value(y, around) for x, y in re.findall(r"(\w+) is ([^ ,]+)", others[1])} if others else {}
        following = dict(re.findall(r"in the next step (\w+) is (\S+)", "\n".join(lines)))
        kept = {y: x for x, y in re.findall(r"(\S+) is kept, for all steps in (\w+)", "\n".join(lines))}
        asks = re.search(r"the step is taken if (\S+)", "\n".join(lines))
        arrays = {x: value(y, around) for x, y in self.arrays.items()}
        self.count = None if asks else int(re.match(r"\s*(\d+) steps", prose)[1])
        self.states, self.envs, self.runs, self.orders = list(state), [], [], []
        places = range(self.count) if self.count is not None else iter(int, 1)
        if "the last elements come first" in prose:
            places = reversed(places)
        for t in places:
            env = {**around, **fixed, **state, **{x: array[t] for x, array in arrays.items()}}
            runs = told.forward(lines, env, self.within)
            if asks and not env[asks[1]]:
                break
            self.envs.append(env)
            self.runs.append(runs)
            self.orders.append(t)
            state = {x: value(y, env) for x, y in following.items()}
        self.parts = state | {x: self.stacked([value(y, env) for env in self.envs]) for x, y in kept.items()}
        self.found = None

    def sent(self, name, which, around):
        if self.found is None:
            self.found = self.backwards(around)
        values = [env[name] for env in self.found]
        if which == " of the first step":
            return values[0]
        if which == " over all steps":
            return sum(values)
        return self.stacked(values)

    def stacked(self, values):
        """One for each step, in the order of the elements."""
        return np.array([v for _, v in sorted(zip(self.orders, values, strict=True), key=lambda pair: pair[0])])

    def backwards(self, around):
        title = f"{self.title}, step by step backwards"
        prose, lines = self.told.prose(title), self.told.lines(title)
        end = r"(d_\w+) is what the step after has sent back for \w+; in the last step it is (.*?)\. "
        ends = re.findall(end, prose)
        nexts = {d: value(end.rpartition(", ")[2], around) for d, end in ends}
        sent = dict(re.findall(r"(d_(\w+)) goes to the step before", "\n".join(lines)))
        found = []
        for t, env, runs in reversed(list(zip(self.orders, self.envs, self.runs, strict=True))):
            here = {**around, **env, **nexts}
            self.told.back([line.replace("[t]", f"[{t}]") for line in lines], here, runs, self.within)
            nexts = {f"{d}_next": here[d] for d in sent} | {
                d: 0.0 for d in nexts if d.removesuffix("_next") not in sent
            }
            found.append(here)
        return found[::-1]


def value(formula, env):
    for sign, plain in (("·", "*"), ("²", "**2"), ("³", "**3")):
        formula = formula.replace(sign, plain)
    return eval(formula, {**WORDS, "assign": assign}, env)


def assign(a, b):
    """As garch has it, whose explanation leaves out where: the first element, or all others."""
    a = np.array(a)
    a[slice(1, None) if np.ndim(b) else 0] = b
    return a


SCATTERED = {
    "scatter(d_v1)": "array([d_v1, 0])", "scatter(d_v2)": "array([0, d_v2])",
    "scatter(d_omega)": "array([d_omega, 0, 0])", "scatter(d_alpha)": "array([0, d_alpha, 0])",
    "scatter(d_beta)": "array([0, 0, d_beta])",
}  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_is_said_carried_out_is_the_gradient(program):
    f, arguments = gradient(program), PROGRAMS[program]
    text = f.explain(limit=1000)
    for scattered, array in SCATTERED.items():
        text = text.replace(scattered, array)
    told = Told(text)
    env = told.derivative(*zip(f.inputs, arguments, strict=True))
    expected = f(*arguments)
    assert isinstance(expected, tuple)
    for name, wanted in zip(f.inputs, expected, strict=False):
        np.testing.assert_allclose(env[f"d_{name}"], wanted, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("program", PROGRAMS)
def test_sympy_refuses_loops_in_so_many_words(program):
    with pytest.raises(UnsupportedError, match="SymPy has no expression for a loop"):
        gradient(program).to_sympy()
