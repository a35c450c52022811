// The right side: tabs, and the blocks of the one that is chosen.

import {coloured} from "./colour.js";

export const VIEWS = [
  ["source", "Source"], ["formulas", "Formulas"], ["picture", "Picture"], ["steps", "Steps"], ["values", "Values"], ["plot", "Plot"],
  ["check", "Check"], ["rewrites", "Rewrites"], ["cost", "Cost"],
];
const tabs = document.getElementById("tabs"), panel = document.getElementById("panel"), status = document.getElementById("status");

const make = (tag, properties, into) => {
  const made = Object.assign(document.createElement(tag), properties);
  into?.append(made);
  return made;
};

export const say = words => { status.textContent = words; };

export const copy = async (text, what) => {
  await navigator.clipboard.writeText(text);
  say(`${what} copied`);
};

// ---- tabs

// Where tabs are out of sight, they fade.
const edges = () => {
  tabs.classList.toggle("before", tabs.scrollLeft > 2);
  tabs.classList.toggle("behind", tabs.scrollLeft + tabs.clientWidth < tabs.scrollWidth - 2);
};
tabs.addEventListener("scroll", edges);
new ResizeObserver(edges).observe(tabs);

export const setUp = (state, act) => {
  VIEWS.forEach(([name, title], k) => {
    const tab = make("button", {id: `tab-${name}`, type: "button", textContent: title, title: `${title} (${k + 1})`}, tabs);
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", "panel");
    tab.addEventListener("click", () => act(name));
  });
  tabs.addEventListener("keydown", event => {
    const k = VIEWS.findIndex(([name]) => name === state.view), last = VIEWS.length - 1;
    const next = {ArrowRight: k === last ? 0 : k + 1, ArrowLeft: k ? k - 1 : last, Home: 0, End: last}[event.key];
    if (next === undefined) return;
    event.preventDefault();
    act(VIEWS[next][0]);
    tabs.children[next].focus();
  });
};

export const choose = view => {
  for (const tab of tabs.children) {
    const chosen = tab.id === `tab-${view}`;
    tab.setAttribute("aria-selected", chosen);
    tab.tabIndex = chosen ? 0 : -1;
    if (chosen) tab.scrollIntoView({block: "nearest", inline: "nearest"});
  }
  panel.setAttribute("aria-labelledby", `tab-${view}`);
};

// ---- blocks

const DRAW = {
  code: (block, state, act, answer) => {
    const bar = make("div", {className: "bar"});
    if (state.view === "source") bar.append(targets(state, act, answer));
    const button = make("button", {type: "button", textContent: "Copy", className: "end"}, bar);
    button.onclick = async () => {
      await copy(block.text, block.language === "latex" ? "LaTeX" : "Source");
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1200);
    };
    if (block.language === "latex") bar.prepend("LaTeX");
    const code = make("pre", {className: "code", tabIndex: 0});
    code.append(coloured(block.text.trimEnd(), [], block.language));
    return [bar, code];
  },
  html: block => {
    const box = make("div", {innerHTML: block.html});
    for (const pre of box.querySelectorAll("pre[data-language]")) pre.replaceChildren(coloured(pre.textContent));
    return [box];
  },
  note: block => [make("p", {className: "note", textContent: block.text})],
  figure: block => {
    const figure = make("figure", {innerHTML: block.svg});
    make("figcaption", {textContent: block.title}, figure);
    const svg = figure.querySelector("svg");
    if (svg.viewBox.baseVal.width < 500) svg.classList.add("square");
    return [figure];
  },
  choice: (block, state, act) => {
    const bar = make("div", {className: "bar"}), label = make("label", {textContent: `${block.label} `}, bar);
    const choice = make("select", {}, label);
    block.values.forEach(value => make("option", {value, textContent: value, selected: value === block.value}, choice));
    choice.onchange = () => { state.options[block.option] = choice.value; act(); };
    const zoom = factor => () => { state.options.radius = String(Number(state.options.radius || 1) * factor); act(); };
    make("button", {type: "button", textContent: "−", ariaLabel: "a wider range", onclick: zoom(2)}, bar);
    make("button", {type: "button", textContent: "+", ariaLabel: "a narrower range", onclick: zoom(0.5)}, bar);
    return [bar];
  },
  page: block => {
    const frame = make("iframe", {title: block.title, srcdoc: block.html});
    frame.setAttribute("sandbox", "allow-scripts");
    frame.setAttribute("allow", "clipboard-write");
    return [frame];
  },
};

// What the source is for: what most people ask for as buttons, the rest in a list.
const FIRST = [["", "Auto"], ["numpy", "NumPy"], ["math", "math"], ["numba", "Numba"], ["c", "C"], ["jax", "JAX"]];

const targets = (state, act, answer) => {
  const box = make("div", {className: "targets", role: "group", ariaLabel: "What the source is for"});
  const pick = name => { state.target = name; act(); };
  for (const [name, title] of FIRST) {
    const button = make("button", {type: "button", textContent: title, ariaPressed: String(state.target === name)}, box);
    button.onclick = () => pick(name);
    if (!name) button.title = "math for numbers alone, NumPy for arrays";
  }
  const others = (answer.targets || []).filter(name => !FIRST.some(([first]) => first === name));
  const choice = make("select", {ariaLabel: "another target"}, box);
  make("option", {value: "", textContent: "more …"}, choice);
  for (const name of others) make("option", {value: name, textContent: name.replace("_", " ")}, choice);
  choice.value = others.includes(state.target) ? state.target : "";
  choice.classList.toggle("pressed", Boolean(choice.value));
  choice.onchange = () => pick(choice.value);
  return box;
};

const problem = error => {
  const box = make("div", {className: "note"});
  make("p", {textContent: error.message}, box);
  if (error.where) make("pre", {textContent: error.where}, box);
  if (error.help) make("p", {textContent: error.help}, box);
  return box;
};

export const show = (answer, state, act) => {
  const view = answer.views[state.view];
  if (!view) return;
  const parts = (view.blocks || []).flatMap(block => (DRAW[block.kind] || (() => []))(block, state, act, answer));
  if (view.error) {
    if (state.view === "source") { const bar = make("div", {className: "bar"}); bar.append(targets(state, act, answer)); parts.push(bar); }
    parts.push(problem(view.error));
  }
  const focused = panel.contains(document.activeElement) ? [...panel.querySelectorAll("button,select")].indexOf(document.activeElement) : -1;
  const {scrollTop} = panel;
  panel.classList.remove("stale", "waiting");
  panel.classList.toggle("fills", parts.length === 1 && parts[0].tagName === "IFRAME");
  panel.replaceChildren(...parts);
  panel.scrollTop = panel.dataset.view === state.view ? scrollTop : 0;
  panel.dataset.view = state.view;
  if (focused >= 0) panel.querySelectorAll("button,select")[focused]?.focus();
};

// What stands here before there is a derivative.
const instead = words => {
  panel.classList.remove("stale", "waiting", "fills");
  delete panel.dataset.view;
  panel.replaceChildren(make("p", {className: "note", textContent: words}));
};

export const invite = (examples, load) => {
  instead("Type an expression, x**2 * sin(x) say, or start from one of these:");
  for (const group of examples) {
    make("h2", {textContent: group.group}, panel);
    const list = make("div", {className: "starts"}, panel);
    for (const item of group.items) {
      const start = make("button", {type: "button", onclick: () => load(item)}, list);
      make("span", {textContent: item.name}, start);
      make("code", {textContent: item.text.replaceAll(/\n\s*/g, "; ")}, start);
    }
  }
};

export const stale = (unanswered = false) => {
  const until = unanswered ? "the page is loaded again and there is somebody to ask" : "the text can be read";
  if (!panel.dataset.view) return instead(`The derivative comes as soon as ${until}.`);
  panel.classList.remove("waiting");
  panel.classList.add("stale");
};

export const wait = () => {
  if (!panel.hasChildNodes()) make("p", {className: "note", textContent: "One moment …"}, panel);
  panel.classList.add("stale", "waiting");
};
