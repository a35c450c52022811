// The page: what is typed goes to whoever answers (bridge.js), and what comes back is shown. The newest request counts.

import * as bridge from "./bridge.js";
import * as editor from "./editor.js";
import * as inputs from "./inputs.js";
import * as output from "./output.js";
import {fresh, fromHash, toHash} from "./link.js";

const $ = id => document.getElementById(id);
const root = document.documentElement;
const state = Object.assign(fresh(), {view: "source"});
const THEMES = ["auto", "light", "dark"];
let number = 0, patience = 0, examples = [];

// ---- asking

const request = views => ({
  text: state.text, make: state.make, wrt: state.wrt, inputs: state.inputs, sizes: state.sizes, target: state.target, views,
  options: {...state.options, theme: theme()},
});

// A request goes out at once; while one is under way, the server learns of the newer one by its number and gives the old one up.
const update = async () => {
  const mine = ++number, started = performance.now();
  state.text = editor.value();
  remember();
  clearTimeout(patience);
  if (!state.text.trim()) return empty(mine);
  patience = setTimeout(output.wait, 250);
  try {
    const answer = await bridge.ask(request([state.view]), mine);
    if (mine !== number || answer.superseded) return;
    clearTimeout(patience);
    show(answer);
    root.dataset.shown = String(mine);
    root.dataset.took = (performance.now() - started).toFixed(1);
  } catch (error) {
    if (mine !== number) return;
    clearTimeout(patience);
    fail({message: bridge.LOST, help: String(error.message || error), unanswered: true});
  }
};

const empty = mine => {
  $("problem").replaceChildren();
  editor.mark();
  inputs.show({inputs: []}, state, update);
  output.invite(examples, load);
  root.dataset.shown = String(mine);
};

const show = answer => {
  if (answer.inputs.length || !answer.error) inputs.show(answer, state, update);
  if (answer.error) return fail(answer.error);
  $("problem").replaceChildren();
  editor.mark();
  output.show(answer, state, update);
  output.say(`${answer.title}: shown`);
};

const fail = error => {
  editor.mark(error);
  output.stale(error.unanswered);
  const part = (tag, kind, text) => {
    const made = Object.assign(document.createElement(tag), {className: kind, textContent: text});
    return text ? [made] : [];
  };
  $("problem").replaceChildren(
    ...part("div", "what", error.message), ...part("pre", "", error.where), ...part("div", "help", error.note),
    ...part("div", "help", error.help), ...page(error.page),
  );
};

// What the error's page says stays open while one types, if one has opened it.
let reading = false;
const page = said => {
  if (!said) return [];
  const box = document.createElement("details");
  box.open = reading;
  box.ontoggle = () => { reading = box.open; };
  const add = (tag, text) => {
    const made = document.createElement(tag);
    made.append(...text.split("`").map((piece, k) => k % 2 ? Object.assign(document.createElement("code"), {textContent: piece}) : piece));
    box.append(made);
  };
  add("summary", `${said.code}: ${said.title}`);
  add("p", said.cause);
  add("p", said.cure);
  return [box];
};

// ---- the address

let remembering = 0;
const remember = () => {
  clearTimeout(remembering);
  remembering = setTimeout(() => history.replaceState(null, "", toHash(state)), 250);
};

const load = found => {
  const {view} = state;
  Object.assign(state, fresh(found), {view});
  editor.set(state.text);
  $("make").value = state.make;
  update();
};

addEventListener("hashchange", () => { const found = fromHash(location.hash); if (found) load(found); });

// ---- what can be done

const theme = () => root.dataset.theme === "auto"
  ? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light") : root.dataset.theme;

const setTheme = name => {
  root.dataset.theme = name;
  $("theme").textContent = {auto: "Auto", light: "Light", dark: "Dark"}[name];
  try { localStorage.setItem("theme", name); } catch { /* private windows */ }
  if (state.view === "picture") update();
};

const choose = view => { state.view = view; output.choose(view); update(); };

const flash = (button, words) => {
  const before = button.textContent;
  button.textContent = words;
  setTimeout(() => { button.textContent = before; }, 1200);
};

const share = async () => {
  const address = location.href.split("#")[0] + toHash(state);
  history.replaceState(null, "", address);
  try { await output.copy(address, "Link"); flash($("share"), "Copied"); } catch { flash($("share"), "In the address"); }
};

const download = async () => {
  const answer = await bridge.ask(request(["file"]), number);
  const view = answer.views?.file;
  if (!view || view.error) return fail(view?.error || answer.error || {message: "there is nothing to download"});
  for (const {name, text} of view.blocks) {
    const url = URL.createObjectURL(new Blob([text], {type: "text/plain"}));
    Object.assign(document.createElement("a"), {href: url, download: name}).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
};

const make = name => { state.make = $("make").value = name; update(); };

const KEYS = {
  e: () => $("text").focus(), x: () => $("examples").focus(), l: share, d: download, "?": () => $("help").showModal(),
  t: () => setTheme(THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % 3]),
  g: () => make("grad"), j: () => make("jacobian"), h: () => make("hessian"),
};

addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
  const typing = event.target.matches("input,textarea,select");
  if (event.key === "Escape" && typing) { event.target.blur(); $("panel").focus(); return; }
  if (typing) return;
  const view = output.VIEWS[Number(event.key) - 1]?.[0];
  const act = view ? () => choose(view) : KEYS[event.key];
  if (act) { event.preventDefault(); act(); }
});

// ---- beginning

const fill = async () => {
  examples = await (await fetch("examples.json")).json();
  for (const [k, group] of examples.entries()) {
    const box = Object.assign(document.createElement("optgroup"), {label: group.group});
    group.items.forEach((item, j) => box.append(new Option(item.name, `${k}.${j}`)));
    $("examples").append(box);
  }
  if (!state.text.trim()) output.invite(examples, load);
  return examples;
};

$("share").onclick = share;
$("download").onclick = download;
$("keys").onclick = KEYS["?"];
$("theme").onclick = KEYS.t;
$("make").onchange = () => make($("make").value);
$("examples").onchange = () => {
  const [k, j] = $("examples").value.split(".").map(Number);
  if (examples[k]) load(examples[k].items[j]);
  $("examples").value = "";
};
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (state.view === "picture") update(); });
editor.onChange(update);
output.setUp(state, choose);
output.choose(state.view);
let saved = "auto";
try { saved = localStorage.getItem("theme") || "auto"; } catch { /* private windows */ }
setTheme(THEMES.includes(saved) ? saved : "auto");
fill().then(groups => { if (!fromHash(location.hash)) load(groups[2].items[0]); });
const given = fromHash(location.hash);
if (given) load(given);
$("text").focus();
