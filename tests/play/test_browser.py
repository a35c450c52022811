"""The page in a real browser: Chromium, where it and Selenium are there (the extra ``browser``)."""

import json
import os
import shutil
import threading
import time
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from xml.etree import ElementTree

import numpy as np
import pytest

import symdiff as sd
from symdiff.play.desk import Desk
from symdiff.play.server import Server
from symdiff.play.static import write_site

webdriver = pytest.importorskip("selenium.webdriver")
Keys = webdriver.Keys if hasattr(webdriver, "Keys") else pytest.importorskip("selenium.webdriver.common.keys").Keys
ActionChains = webdriver.ActionChains
CHROMIUM, DRIVER = (next(filter(None, map(shutil.which, names)), None) for names in (("chromium", "chromium-browser", "google-chrome"), ("chromedriver",)))  # fmt: skip
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="there is no Chromium")
QUICKLY = 150  # milliseconds from a key to the new derivative
VIEWS = ("source", "formulas", "picture", "steps", "values", "plot", "check", "rewrites", "cost")


class Page:
    """The page, as one uses it."""

    def __init__(self, driver, address):
        self.driver, self.address = driver, address

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def until(self, script, seconds=30):
        end = time.monotonic() + seconds
        while not (found := self.run(f"return {script}")):
            assert time.monotonic() < end, (script, self.run("return document.body.innerText"))
            time.sleep(0.01)
        return found

    def open(self, behind="", width=1280, height=900):
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.driver.get("about:blank")
        self.driver.get_log("browser"), self.driver.get_log("performance")
        self.driver.get(self.address + behind)
        self.settled()
        return self

    def settled(self):
        """Waits until what is shown is what was asked for last."""
        self.until("document.documentElement.dataset.shown || document.querySelector('#problem').textContent")
        self.until("!document.querySelector('#panel').matches('.waiting')")
        return self

    def press(self, keys):
        """Keys, as they come from a keyboard; the newest answer is shown when it returns."""
        before = self.run("return document.documentElement.dataset.shown")
        ActionChains(self.driver).send_keys(keys).perform()
        return before

    def typed(self, keys):
        before = self.press(keys)
        self.until(f"document.documentElement.dataset.shown !== {json.dumps(before)}")

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).innerText", selector)


@pytest.fixture(scope="module")
def page():
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    with Desk() as desk, Server(desk) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield Page(driver, server.address)
        driver.quit()
        server.shutdown()
        thread.join()


def test_every_view_without_a_message_or_a_request_to_elsewhere(page):
    page.open("#f=tanh(X%20%40%20w)%20%40%20c&wrt=w&shape.X=n d&shape.w=d&shape.c=n")
    for view in VIEWS:
        page.run(f"document.getElementById('tab-{view}').click()")
        page.until(f"document.querySelector('#panel').dataset.view === '{view}'")
        page.settled()
        content = page.run(
            "const p = document.querySelector('#panel'); return p.innerText || p.querySelector('iframe').srcdoc"
        )
        assert len(content) > 10, view
    assert page.driver.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in page.driver.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert len(asked) > 15
    assert [url for url in asked if not url.startswith((page.address, "about:srcdoc", "data:image/png"))] == []


def test_a_page_without_text_invites_and_does_not_complain(page):
    page.open("#f=x**2")
    page.press(Keys.END + 4 * Keys.BACKSPACE)
    page.until("document.querySelector('#panel').innerText.startsWith('Type an expression')")
    assert page.text("#problem") == ""
    assert page.run("return document.querySelector('#inputs').offsetHeight") == 0
    assert page.run("return document.querySelectorAll('#panel .starts button').length") > 15
    page.press("x *")
    page.until("document.querySelector('#problem').innerText")
    assert "as soon as" in page.text("#panel")
    page.typed(" x")
    assert "2 * x" in page.text("#panel") and page.text("#problem") == ""
    assert page.driver.get_log("browser") == []


@pytest.mark.parametrize("view", ["steps", "values", "rewrites", "cost"])
def test_a_table_has_no_scroll_bar_of_its_own_downwards(page, view):
    page.open("#f=sum(tanh(X%20%40%20w)**2)&wrt=w&shape.X=n d&shape.w=d")
    page.run(f"document.getElementById('tab-{view}').click()")
    page.until(f"document.querySelector('#panel').dataset.view === '{view}'")
    page.settled()
    tables = page.run(
        "return [...document.querySelectorAll('#panel table')].map(t => [getComputedStyle(t).overflowY, t.scrollHeight - t.clientHeight])"
    )
    assert tables and all(style == "hidden" and cut <= 0 for style, cut in tables), tables


def test_the_picture_moves_and_answers(page):
    """Its script runs in a frame of its own, which reaches neither the page nor the network."""
    page.open("#f=x*y")
    page.run("document.getElementById('tab-picture').click()")
    page.until("document.querySelector('#panel iframe')")
    page.driver.switch_to.frame(page.driver.find_element("css selector", "#panel iframe"))
    try:
        page.until("document.querySelector('#panel p')")
        assert page.run("return document.querySelectorAll('.box[data-k]').length") >= 3
        assert page.run("try { return parent.document.title } catch (e) { return e.name }") == "SecurityError"
    finally:
        page.driver.switch_to.default_content()


def network(count):
    def f(params, X):
        h = X
        for layer in params:
            h = np.tanh(h @ layer["W"] + layer["b"])
        return np.sum(h**2)

    g = sd.value_and_grad(f, loops="unroll")
    g([{"W": np.ones((3, 3)), "b": np.ones(3)} for _ in range(count)], np.ones((5, 3)))
    return g


@pytest.fixture
def picture(page, tmp_path):
    """A picture as a page of its own."""

    def opened(f, **options):
        page.driver.get(f.draw(tmp_path / "g.html", force=True, **options).as_uri())
        page.driver.get_log("browser")
        return page

    return opened


def test_search_opens_what_is_folded(picture):
    page = picture(network(60))
    page.run("document.getElementById('search').focus()")
    page.press('params[33]["W"]')
    assert "elsewhere" in page.text("#hits")
    page.press(Keys.ENTER)
    assert page.text("#panel h2") == 'params[33]["W"]'
    assert page.run("return document.querySelector('.box.chosen').getBoundingClientRect().width") > 0
    assert page.run("return document.getElementById('back').hidden") is False
    assert page.driver.get_log("browser") == []


def test_backpropagation_is_stepped_through(picture):
    """Values first, each behind what it reads, and then derivatives; back again, too."""
    page = picture(sd.value_and_grad("h = tanh(w * x)\nh * w", ("w", "x")), values={"w": 2.0})
    boxes = page.run("return document.querySelectorAll('.box[data-k]').length")
    order = []
    for k in range(boxes):
        page.run("document.getElementById('next').click()")
        assert page.run("return document.querySelectorAll('.box.done').length") == k + 1
        order.append(page.run("return document.querySelector('.box.now').classList.contains('derivative')"))
    assert order == sorted(order) and any(order)
    assert page.run("return document.querySelectorAll('.wire[data-s]:not(.done)').length") == 0
    page.press(",")
    assert page.run("return document.querySelectorAll('.box.done').length") == boxes - 1
    page.press(Keys.ESCAPE)
    assert page.run("return document.querySelector('#stage').classList.contains('walking')") is False


def test_the_whole_picture_fits(picture):
    page = picture(network(6))
    page.press("0")
    inside = """const s = document.getElementById('stage').getBoundingClientRect();
        return [...document.querySelectorAll('.view:not([hidden]) .box')].map(b => b.getBoundingClientRect())
            .every(b => b.left >= s.left && b.right <= s.right && b.top >= s.top && b.bottom <= s.bottom)"""
    assert page.run(inside)


def test_a_copy_of_the_picture_stands_alone(picture):
    page = picture(network(2))
    page.run("window.kept = []; Object.defineProperty(navigator, 'clipboard', {value: {writeText: async t => kept.push(t), write: async i => kept.push(i)}})")  # fmt: skip
    page.run("document.getElementById('svg').click(); document.getElementById('png').click()")
    page.until("kept.length === 2")
    tree = ElementTree.fromstring(page.run("return kept.find(k => typeof k === 'string')"))
    assert len(tree.findall(".//{*}style")) == 1 and len(tree.findall(".//{*}g[@data-k]")) > 10
    assert page.driver.get_log("browser") == []


def test_a_key_brings_a_new_derivative_quickly(page):
    page.open("#f=sum(log(1%20%2B%20exp(-y*(X%20%40%20w))))&wrt=w&shape.X=n%20d&shape.y=n&shape.w=d")
    page.run("document.getElementById('text').focus()")
    took = []
    for key in "+w@w*2.5":
        before = page.press(key)
        shown_or_not = (
            f"document.documentElement.dataset.shown !== '{before}' || document.querySelector('#problem').textContent"
        )
        page.until(shown_or_not)
        if page.run(f"return document.documentElement.dataset.shown !== '{before}'"):
            took.append(float(page.run("return document.documentElement.dataset.took")))
        page.settled()
    assert len(took) >= 3 and min(took) < QUICKLY, took
    page.until("/2\\.5|5 \\* w/.test(document.querySelector('#panel').innerText)")


def test_an_error_is_where_it_is(page):
    page.open("#f=x*y")
    page.run(
        "const t = document.getElementById('text'); t.focus(); t.value = 'a = x\\nsum(sigmiod(a))'; t.dispatchEvent(new Event('input'))"
    )
    page.until("document.querySelector('#problem .help')")
    assert page.text("#paint .fault") == "sigmiod"
    assert page.text("#problem").splitlines()[0] == "unknown function 'sigmiod'"
    assert "did you mean 'sigmoid'?" in page.text("#problem")
    page.run("const t = document.getElementById('text'); t.value = 'x**2'; t.dispatchEvent(new Event('input'))")
    page.until("!document.querySelector('#problem').textContent")
    assert page.run("return document.querySelector('#panel').matches('.stale')") is False
    assert [x.strip() for x in page.text("#panel pre").splitlines()[-2:]] == ["def grad(x):", "return 2 * x"]


def test_what_an_error_means_is_there_to_be_opened(page):
    """In the page itself: nobody needs a terminal for it. It stays open while one types on."""
    page.open("#f=X%20%40%20w&shape.X=n%20d&shape.w=k")
    page.run("document.querySelector('#problem summary').click()")
    said = page.text("#problem details")
    assert said.startswith("SD201") and "`" not in said and "symdiff explain" not in page.text("#problem")
    page.run("document.getElementById('text').focus()")
    page.press("+1")
    page.settled()
    time.sleep(0.3)
    assert page.run("return document.querySelector('#problem details').open")


def test_one_button_a_target_and_one_way_to_start(page):
    page.open("#f=x**2")
    page.press(Keys.END + 4 * Keys.BACKSPACE)
    page.until("document.querySelector('.starts button')")
    page.run("document.querySelector('.starts button').click()")
    page.until("document.querySelector('.targets')")
    for name, written in (("C", "double"), ("NumPy", "np."), ("JAX", "jax"), ("Numba", "njit"), ("math", "math")):
        page.run(
            "[...document.querySelectorAll('.targets button')].find(b => b.textContent === arguments[0]).click()", name
        )
        page.until(f"document.querySelector('.targets [aria-pressed=true]')?.textContent === '{name}'")
        page.until(f"document.querySelector('#panel pre.code').textContent.includes({written!r})")
    assert page.driver.get_log("browser") == []


def test_the_keyboard_is_enough(page):
    page.open("#f=x%20*%20y")
    assert page.run("return document.activeElement.id") == "text"
    page.typed("**3")
    page.until("document.querySelector('#panel').innerText.includes('3 * sq_y * x')")
    page.press(Keys.ESCAPE)
    page.typed("2")
    assert page.run("return document.querySelectorAll('#panel math').length") == 1
    page.typed("h")
    assert page.run("return document.querySelector('#make').value") == "hessian"
    page.run("document.getElementById('tab-formulas').focus()")
    page.typed(Keys.ARROW_LEFT)
    assert page.run("return document.activeElement.id") == "tab-source"
    page.press("?")
    assert page.run("return document.querySelector('#help').open")
    page.press(Keys.ESCAPE)
    page.press("e")
    assert page.run("return document.activeElement.id") == "text"
    seen = set()
    for _ in range(60):
        page.press(Keys.TAB)
        seen.add(page.run("const a = document.activeElement; return a.id || a.ariaLabel || a.textContent"))
    assert {"make", "examples", "share", "download", "theme", "panel", "shape of x", "numbers of y"} <= seen


def test_a_link_holds_the_input(page):
    page.open("#f=sum(x**3)%20*%20s&make=hessian&wrt=x&shape.x=n&dtype.x=float32&at.s=2&size.n=5&target=numpy")
    shown = page.text("#panel pre")
    page.run("document.getElementById('text').dispatchEvent(new Event('input'))")
    page.settled()
    time.sleep(0.4)
    address = page.run("return location.href")
    page.open("#" + address.partition("#")[2])
    assert page.text("#panel pre") == shown and "f32" in shown and "def hessian(x, s)" in shown
    assert page.run("return [...document.querySelectorAll('#inputs input')].map(i => i.type === 'checkbox' ? i.checked : i.value)") == [True, "n", "", False, "", "2"]  # fmt: skip
    assert page.run("return document.querySelector('#lengths input').value") == "5"


PYODIDE = """
export const loadPyodide = async () => ({
  loadPackage: async () => {}, loadedPackages: {numpy: "here"}, unpackArchive: (buffer, kind) => { if (!buffer.byteLength) throw kind; },
  runPython: () => text => { const {text: typed} = JSON.parse(text), start = performance.now();
    while (typed.includes("slow") && performance.now() < start + 400);
    return JSON.stringify({inputs: [], lengths: {}, title: typed, views: {source: {blocks: [{kind: "code", text: "# " + typed}]}}}); },
});
"""


def test_the_static_site_asks_python_in_the_browser(page, tmp_path):
    """With something in the place of Pyodide: what is typed goes to it, under the policy of the page."""
    write_site(tmp_path)
    (tmp_path / "pyodide").mkdir()
    (tmp_path / "pyodide" / "pyodide.mjs").write_text(PYODIDE)
    with hosted(tmp_path) as address:
        site = Page(page.driver, address).open("#f=first")
        assert site.text("#panel pre") == "# first"
        site.run("document.getElementById('text').focus()")
        site.press("slowly typed")
        site.until("document.querySelector('#panel pre').innerText === '# firstslowly typed'")
        assert page.driver.get_log("browser") == []


@pytest.mark.skipif("SYMDIFF_PYODIDE" not in os.environ, reason="SYMDIFF_PYODIDE names no release of Pyodide")
def test_the_static_site_with_pyodide_itself(page, tmp_path):
    """Every tab and a few keys; the environment names a folder with a release of Pyodide, NumPy among it."""
    write_site(tmp_path)
    (tmp_path / "pyodide").symlink_to(os.environ["SYMDIFF_PYODIDE"], target_is_directory=True)
    with hosted(tmp_path) as address:
        site = Page(page.driver, address)
        page.driver.get(f"{address}#f=tanh(X%20%40%20w)%20%40%20c&wrt=w&shape.X=n d&shape.w=d&shape.c=n")
        site.until("document.documentElement.dataset.shown || document.querySelector('#problem').textContent", 180)
        for view in VIEWS:
            site.run(f"document.getElementById('tab-{view}').click()")
            site.until(f"document.querySelector('#panel').dataset.view === '{view}'", 60)
            assert site.run("return document.querySelector('#panel .error, #panel.stale')") is None, view
        site.run("document.getElementById('tab-source').click(); document.getElementById('text').focus()")
        site.press("+w@w")
        site.until("document.querySelector('#panel').innerText.includes('2 * w')", 60)
        assert [entry for entry in page.driver.get_log("browser") if entry["level"] != "INFO"] == []


@contextmanager
def hosted(folder):
    """The address at which the files of a folder are served, as any web server would."""
    files = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=files.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{files.server_port}/"
    finally:
        files.shutdown()
        thread.join()
        files.server_close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def test_everything_has_a_name(page):
    """As those are told who hear the page."""
    page.open("#f=x%20*%20y")
    for view in ("source", "plot"):
        page.run(f"document.getElementById('tab-{view}').click()")
        page.until(f"document.querySelector('#panel').dataset.view === '{view}'")
        nodes = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        asked = {"button", "textbox", "combobox", "checkbox", "tab", "tabpanel", "spinbutton", "img", "image", "table"}
        named = [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n["ignored"]]
        assert [role for role, name in named if role in asked - {"table"} and not name] == []
        assert sum(role == "tab" for role, _ in named) == len(VIEWS)


@pytest.mark.parametrize("width", [360, 640, 1600])
def test_nothing_is_wider_than_the_page(page, width):
    """640 is a screen of 1280 at 200 %."""
    page.open("#f=sum(log(1%20%2B%20exp(-y*(X%20%40%20w))))&wrt=w&shape.X=n%20d&shape.y=n&shape.w=d", width, 740)
    for view in VIEWS:
        page.run(f"document.getElementById('tab-{view}').click()")
        page.until(f"document.querySelector('#panel').dataset.view === '{view}'")
        assert page.run("return document.documentElement.scrollWidth") <= width, view


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read(page, theme):
    """Contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3), for all colours of text on both grounds."""
    page.open("#f=x%20*%20y")
    page.run("document.documentElement.dataset.theme = arguments[0]", theme)
    colours = page.run(
        """return Object.fromEntries(arguments[0].map(name => {
             const e = document.createElement("i"); e.style.color = `var(--${name})`; document.body.append(e);
             const c = getComputedStyle(e).color.match(/[\\d.]+/g).slice(0, 3).map(Number); e.remove(); return [name, c]; }))""",
        ["paper", "sheet", "ink", "muted", "accent", "input", "derivative", "wrong", "keyword", "number", "string"],
    )

    def luminance(rgb):
        parts = np.array(rgb) / 255
        return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    for ground in ("paper", "sheet"):
        for name in set(colours) - {"paper", "sheet"}:
            high, low = sorted((luminance(colours[name]), luminance(colours[ground])), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 4.5, (ground, name)
