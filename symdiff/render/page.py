"""The page around the pictures: its markup, style and script. Marks between @ are filled in by `html`."""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>@TITLE@</title>
<style>
@COLOURS@
*{box-sizing:border-box}
html,body{height:100%;margin:0}
body{display:grid;grid-template:auto 1fr/1fr clamp(13rem,30%,22rem);background:var(--paper);color:var(--ink);
 font:14px/1.45 system-ui,Helvetica,Arial,sans-serif}
header{grid-column:1/-1;display:flex;gap:.6rem 1rem;align-items:center;flex-wrap:wrap;padding:.5rem .9rem;
 border-bottom:1px solid var(--edge)}
h1{font-size:.95rem;font-weight:600;margin:0;overflow-wrap:anywhere}
header .note{color:var(--muted);margin-right:auto}
input,button{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--edge);border-radius:6px;
 padding:.2rem .55rem}
input{width:13rem}
button{cursor:pointer;min-width:2rem}
button:hover{border-color:var(--focus)}
.tools{display:flex;flex-wrap:wrap;gap:.3rem}
:focus-visible{outline:2px solid var(--focus);outline-offset:1px}
main{position:relative;overflow:hidden;touch-action:none;cursor:grab}
main.moving{cursor:grabbing}
main text{user-select:none}
.view,.view svg{position:absolute;inset:0;width:100%;height:100%}
.view[hidden]{display:none}
#map{position:absolute;right:.7rem;bottom:.7rem;border:1px solid var(--edge);border-radius:6px;background:var(--paper);
 box-shadow:0 1px 6px #0003;cursor:crosshair}
#map[hidden]{display:none}
aside{border-left:1px solid var(--edge);padding:.8rem 1rem;overflow:auto}
aside h2{font-size:1rem;margin:0 0 .4rem;overflow-wrap:anywhere}
dl{margin:0}
dt{color:var(--muted);font-size:.8rem;margin-top:.5rem}
dd{margin:0;overflow-wrap:anywhere;font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.86rem}
aside .links button{margin:.15rem .25rem .15rem 0}
kbd{border:1px solid var(--line);border-radius:4px;padding:0 .3em;font-size:.82em}
.keys{color:var(--muted);margin-top:1.2rem;font-size:.82rem}
.box{cursor:pointer;outline:none}
.box,.wire{transition:opacity .12s}
.tracing .box:not(.lit),.tracing .wire:not(.lit){opacity:.16}
.walking .box:not(.done),.walking .wire:not(.done){opacity:.12}
.walking .box.now path,.walking .box.now rect{stroke-width:3.2}
.wire.lit path{stroke-width:2.4}
.box.found .sign,.box.found .name{text-decoration:underline}
svg.symdiff .box.chosen path,svg.symdiff .box.chosen rect{stroke-width:3}
svg.symdiff>rect.paper{fill:none}
@STYLE@
@media (max-width:46rem){body{grid-template:auto 1fr 9rem/1fr}aside{border-left:0;border-top:1px solid var(--edge)}}
@media (prefers-reduced-motion:reduce){.box,.wire{transition:none}}
</style>
</head>
<body>
<header>
<h1>@TITLE@</h1><span class="note" id="note">@NOTE@</span>
<button id="back" hidden>&larr; back</button>
<label><span hidden>Search</span><input id="search" type="search" placeholder="search  ( / )" aria-label="Search nodes"></label>
<span id="hits" class="note" style="margin:0" role="status"></span>
<div class="tools" role="group" aria-label="step through">
<button id="prev" aria-label="One step back" title="one step back ( , )">&#x2039;</button>
<button id="play" title="play backpropagation ( space )">play</button>
<button id="next" aria-label="One step on" title="one step on ( . )">&#x203a;</button>
</div>
<div class="tools">
<button id="out" aria-label="Zoom out">&minus;</button><button id="in" aria-label="Zoom in">+</button>
<button id="fit" title="the whole picture ( 0 )">fit</button>
<button id="svg" title="copy the picture as SVG">SVG</button><button id="png" title="copy the picture as PNG">PNG</button>
</div>
</header>
<main id="stage" tabindex="0" aria-label="Computation graph; arrow keys go from node to node">
@VIEWS@
<canvas id="map" hidden aria-hidden="true" title="the whole picture; drag the frame"></canvas>
</main>
<aside id="panel" aria-live="polite"></aside>
<script type="application/json" id="data">@DATA@</script>
<script>
"use strict";
(() => {
const views = JSON.parse(document.getElementById("data").textContent);
const $ = id => document.getElementById(id);
const stage = $("stage"), panel = $("panel"), search = $("search");
const sections = [...document.querySelectorAll(".view")];
views.forEach((view, k) => {
  view.svg = sections[k].querySelector("svg");
  const [, , width, height] = view.svg.getAttribute("viewBox").split(" ").map(Number);
  view.whole = {x: 0, y: 0, w: width, h: height};
  view.svg.removeAttribute("width"); view.svg.removeAttribute("height");
  view.boxes = []; view.inks = {}; view.up = view.parts.map(() => []); view.down = view.parts.map(() => []);
  view.svg.querySelectorAll(".box[data-k]").forEach(box => { view.boxes[+box.dataset.k] = box; });
  view.lines = [...view.svg.querySelectorAll(".wire[data-s]")];
  const join = (s, t) => { view.up[t].push(s); view.down[s].push(t); };
  view.wires.forEach(([s, t]) => join(s, t));
  view.parts.forEach((part, t) => part.reads.forEach(s => join(s, t)));
});
let at = 0, view = views[0], chosen = -1, hits = [], hit = -1;

// ---- where one looks
const READABLE = 0.5; // how small a picture may be that nobody has asked to see whole
const show = () => {
  const c = view.camera;
  view.svg.setAttribute("viewBox", `${c.x} ${c.y} ${c.w} ${c.h}`);
  chart();
};
const fit = (all = false) => {
  const {w, h} = view.whole, wide = stage.clientWidth || 1, high = stage.clientHeight || 1, both = Math.min(wide / w, high / h);
  const scale = Math.min(1.6, all === true ? both : Math.max(both, Math.min(wide / w, 0.7), READABLE));
  view.camera = {w: wide / scale, h: high / scale};
  view.camera.x = wide < w * scale && all !== true ? 0 : (w - view.camera.w) / 2;
  view.camera.y = Math.min(0, (h - view.camera.h) / 2);
  show();
};
const whole = () => fit(true);
const zoom = (factor, px = 0.5, py = 0.5) => {
  const c = view.camera, w = Math.min(Math.max(c.w * factor, 60), 200 * view.whole.w), f = w / c.w;
  c.x += c.w * px * (1 - f); c.y += c.h * py * (1 - f); c.w *= f; c.h *= f;
  show();
};
const middle = k => {
  const b = view.boxes[k].getBBox();
  return {x: b.x + b.width / 2 + view.shift[0], y: b.y + b.height / 2 + view.shift[1]};
};
const reveal = k => {
  const {x, y} = middle(k), c = view.camera;
  if (x < c.x + 20 || x > c.x + c.w - 20 || y < c.y + 20 || y > c.y + c.h - 20) {
    c.x = x - c.w / 2; c.y = y - c.h / 2; show();
  }
};

// ---- a map, while a part of the picture is out of sight
const map = $("map"), MAP = 180;
const chart = () => {
  const c = view.camera, {w, h} = view.whole, pen = map.getContext("2d"), dense = devicePixelRatio || 1;
  map.hidden = Math.min(1, c.w / w) * Math.min(1, c.h / h) > 0.8;
  if (map.hidden) return;
  const room = Math.min(MAP, 0.3 * stage.clientWidth, 0.3 * stage.clientHeight), scale = room / Math.max(w, h), wide = Math.max(48, w * scale), high = Math.max(48, h * scale),
    sx = wide / w, sy = high / h;
  map.width = wide * dense; map.height = high * dense;
  map.style.width = `${wide}px`; map.style.height = `${high}px`;
  pen.scale(dense, dense);
  view.inks ??= {};
  view.rects ??= view.boxes.map(box => { const b = box.getBBox(); return [b.x + view.shift[0], b.y + view.shift[1], b.width, b.height]; });
  view.rects.forEach(([x, y, width, height], k) => {
    pen.fillStyle = ink(view.boxes[k]);
    pen.fillRect(x * sx, y * sy, Math.max(2, width * sx), Math.max(1.5, height * sy));
  });
  pen.strokeStyle = getComputedStyle(document.body).color; pen.lineWidth = 1.5;
  const left = Math.max(1, c.x * sx), top = Math.max(1, c.y * sy);
  pen.strokeRect(left, top, Math.min(wide - 1, (c.x + c.w) * sx) - left, Math.min(high - 1, (c.y + c.h) * sy) - top);
};
const ink = box => view.inks[box.classList[1]] ??= getComputedStyle(box.querySelector("path,rect")).stroke;
const there = event => {
  event.stopPropagation();
  if (event.type === "pointermove" && !event.buttons) return;
  const c = view.camera, frame = map.getBoundingClientRect();
  c.x = (event.clientX - frame.x) / frame.width * view.whole.w - c.w / 2;
  c.y = (event.clientY - frame.y) / frame.height * view.whole.h - c.h / 2;
  show();
};
map.addEventListener("pointerdown", event => { map.setPointerCapture(event.pointerId); there(event); });
map.addEventListener("pointermove", there);
for (const kind of ["pointerup", "click", "dblclick", "wheel"]) map.addEventListener(kind, event => event.stopPropagation());
matchMedia("(prefers-color-scheme:dark)").addEventListener("change", () => { for (const each of views) each.inks = {}; show(); });

// ---- what is lit
const reach = (start, next) => {
  const seen = new Set([start]), todo = [start];
  while (todo.length) for (const k of next[todo.pop()]) if (!seen.has(k)) { seen.add(k); todo.push(k); }
  return seen;
};
const trace = k => {
  if (k < 0) { stage.classList.remove("tracing"); return; }
  const above = reach(k, view.up), below = reach(k, view.down);
  stage.classList.add("tracing");
  view.boxes.forEach((box, j) => box.classList.toggle("lit", above.has(j) || below.has(j)));
  view.lines.forEach(line => {
    const s = +line.dataset.s, t = +line.dataset.t;
    line.classList.toggle("lit", (above.has(s) && above.has(t)) || (below.has(s) && below.has(t)));
  });
};

// ---- what is told
const make = (tag, text, into) => {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  into.append(made);
  return made;
};
const links = (heading, keys) => {
  if (!keys.length) return;
  const list = make("dd", "", (make("dt", heading, panel.lastChild), panel.lastChild));
  list.className = "links";
  for (const k of [...new Set(keys)].slice(0, 30))
    make("button", view.parts[k].name || view.parts[k].text, list).onclick = () => choose(k, true);
};
const tell = k => {
  panel.replaceChildren();
  if (k < 0) {
    if (view.title) make("h2", view.title, panel);
    const counts = {};
    view.boxes.forEach(box => { const kind = box.classList[1]; counts[kind] = (counts[kind] || 0) + 1; });
    const many = {input: "inputs", constant: "constants", derivative: "of the derivative"};
    make("p", Object.entries(counts).map(([kind, n]) => `${n} ${n !== 1 && many[kind] || kind}`).join(", "), panel);
    const keys = make("p", "", panel);
    keys.className = "keys";
    [["arrows", "next node"], ["Enter", "open a group"], ["Esc", "back"], ["+ \\u2212 0", "zoom"], ["/", "search"], ["space", "play"], [", .", "step"]]
      .forEach(([key, what]) => { make("kbd", key, keys); keys.append(" " + what + "  "); make("br", "", keys); });
    return;
  }
  const part = view.parts[k];
  make("h2", part.name || part.text, panel);
  make("dl", "", panel);
  for (const [heading, text] of part.told) { make("dt", heading, panel.lastChild); make("dd", text, panel.lastChild); }
  links("reads", view.up[k]);
  links("read by", view.down[k]);
  if (part.opens) make("button", "open", panel).onclick = () => open(part.opens);
};
const choose = (k, seek = false) => {
  if (chosen >= 0) { view.boxes[chosen].classList.remove("chosen"); view.boxes[chosen].tabIndex = -1; }
  chosen = k;
  if (k >= 0) {
    view.boxes[k].classList.add("chosen"); view.boxes[k].tabIndex = 0;
    if (seek) { reveal(k); view.boxes[k].focus({preventScroll: true}); }
  }
  trace(k); tell(k);
};
const open = k => {
  stop(); choose(-1);
  sections[at].hidden = true; at = k; view = views[k]; sections[k].hidden = false;
  $("back").hidden = k === 0;
  $("note").hidden = k !== 0;
  if (!view.shift) {
    const moved = view.svg.querySelector("g[transform]").getAttribute("transform").match(/-?[\\d.]+/g).map(Number);
    view.shift = moved; fit();
  } else show();
  look(); tell(-1);
};

// ---- search: in what is open first, then in what opens
const matches = (part, wanted) => `${part.name} ${part.text} ${part.told.flat().join(" ")}`.toLowerCase().includes(wanted);
const look = () => {
  const wanted = search.value.trim().toLowerCase(), order = [at, ...views.keys()].filter((v, k, all) => all.indexOf(v) === k);
  hits = []; hit = -1;
  view.boxes.forEach((box, k) => box.classList.toggle("found", Boolean(wanted) && matches(view.parts[k], wanted)));
  if (wanted) for (const v of order) views[v].parts.forEach((part, k) => {
    if (matches(part, wanted) && !(part.opens && views[part.opens].parts.some(inner => matches(inner, wanted)))) hits.push([v, k]);
  });
  const folded = hits.filter(([v]) => v !== at).length;
  $("hits").textContent = wanted ? `${hits.length} found` + (folded ? `, ${folded} elsewhere` : "") : "";
};
search.oninput = look;
search.onkeydown = event => {
  if (event.key === "Enter" && hits.length) {
    hit = (hit + (event.shiftKey ? hits.length - 1 : 1)) % hits.length;
    const [v, k] = hits[hit], kept = [hits, hit];
    if (v !== at) { open(v); [hits, hit] = kept; }
    choose(k); reveal(k);
    $("hits").textContent = `${hit + 1} of ${hits.length}`;
  } else if (event.key === "Escape") { search.value = ""; look(); stage.focus(); }
  event.stopPropagation();
};

// ---- step by step: values come down, then derivatives go back, in the order in which they are computed
let step_at = -1, clock = 0;
const walk = k => {
  const last = view.boxes.length - 1;
  step_at = Math.max(-1, Math.min(k, last));
  if (step_at < 0) { stage.classList.remove("walking"); return choose(-1); }
  choose(-1);
  stage.classList.add("walking");
  view.boxes.forEach((box, j) => { box.classList.toggle("done", j <= step_at); box.classList.toggle("now", j === step_at); });
  view.lines.forEach(line => line.classList.toggle("done", +line.dataset.s <= step_at && +line.dataset.t <= step_at));
  tell(step_at); reveal(step_at);
  if (step_at === last) pause();
};
const pause = () => { clearInterval(clock); clock = 0; $("play").textContent = "play"; };
const stop = () => { pause(); step_at = -1; stage.classList.remove("walking"); };
const play = () => {
  if (clock) return pause();
  if (step_at === view.boxes.length - 1) step_at = -1;
  $("play").textContent = "pause";
  walk(step_at + 1);
  clock = setInterval(() => walk(step_at + 1), matchMedia("(prefers-reduced-motion:reduce)").matches ? 1600 : 700);
};
const stepped = by => () => { pause(); walk(step_at + by); };

// ---- the picture as a file
const alone = () => {
  const copy = view.svg.cloneNode(true), {w, h} = view.whole, style = document.createElementNS(copy.namespaceURI, "style");
  copy.querySelectorAll(".lit,.done,.now,.chosen,.found").forEach(box => box.classList.remove("lit", "done", "now", "chosen", "found"));
  style.textContent = [...document.styleSheets[0].cssRules].map(rule => rule.cssText).filter(text => text.includes("svg.symdiff")).join("\\n");
  copy.prepend(style);
  for (const [name, value] of [["viewBox", `0 0 ${w} ${h}`], ["width", w], ["height", h]]) copy.setAttribute(name, value);
  return new XMLSerializer().serializeToString(copy);
};
const keep = async (button, name, blob) => {
  try {
    await navigator.clipboard.write([new ClipboardItem({[blob.type]: blob})]);
    $("hits").textContent = `${name} copied`;
  } catch {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob); link.download = `graph.${name.toLowerCase()}`; link.click();
    $("hits").textContent = `${name} saved`;
  }
};
$("svg").onclick = async () => {
  try { await navigator.clipboard.writeText(alone()); $("hits").textContent = "SVG copied"; }
  catch { keep($("svg"), "SVG", new Blob([alone()], {type: "image/svg+xml"})); }
};
$("png").onclick = () => {
  const picture = new Image(), {w, h} = view.whole, scale = Math.min(2, 8000 / Math.max(w, h));
  picture.onload = () => {
    const canvas = document.createElement("canvas");
    canvas.width = w * scale; canvas.height = h * scale;
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    canvas.toBlob(blob => keep($("png"), "PNG", blob), "image/png");
  };
  picture.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(alone());
};

// ---- hands
const boxAt = target => { const box = target.closest?.(".box[data-k]"); return box ? +box.dataset.k : -1; };
const pointers = new Map();
let moved = 0, apart = 0;
stage.addEventListener("pointerover", event => { if (chosen < 0 && !pointers.size) trace(boxAt(event.target)); });
stage.addEventListener("pointerleave", () => { if (chosen < 0) trace(-1); });
stage.addEventListener("pointerdown", event => { pointers.set(event.pointerId, event); moved = 0; apart = 0; });
addEventListener("pointermove", event => {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  const dx = event.clientX - before.clientX, dy = event.clientY - before.clientY;
  pointers.set(event.pointerId, event);
  moved += Math.abs(dx) + Math.abs(dy);
  if (pointers.size === 2) {
    const [p, q] = [...pointers.values()], now = Math.hypot(p.clientX - q.clientX, p.clientY - q.clientY);
    if (apart) zoom(apart / now);
    apart = now;
  } else if (moved > 4) {
    stage.classList.add("moving");
    view.camera.x -= dx * view.camera.w / stage.clientWidth;
    view.camera.y -= dy * view.camera.h / stage.clientHeight;
    show();
  }
});
const lift = event => { pointers.delete(event.pointerId); stage.classList.remove("moving"); };
addEventListener("pointerup", lift);
addEventListener("pointercancel", lift);
stage.addEventListener("click", event => { if (moved <= 4) { stop(); choose(boxAt(event.target)); } });
stage.addEventListener("dblclick", event => {
  const k = boxAt(event.target);
  if (k >= 0 && view.parts[k].opens) open(view.parts[k].opens);
});
stage.addEventListener("wheel", event => {
  event.preventDefault();
  const frame = stage.getBoundingClientRect();
  zoom(Math.exp(event.deltaY * 0.0015), (event.clientX - frame.x) / frame.width, (event.clientY - frame.y) / frame.height);
}, {passive: false});

// ---- keys: the nearest box in a direction
const step = (dx, dy) => {
  if (chosen < 0) return choose(0, true);
  const from = middle(chosen);
  let best = -1, least = Infinity;
  view.boxes.forEach((_, k) => {
    const to = middle(k), along = (to.x - from.x) * dx + (to.y - from.y) * dy;
    const aside = Math.abs((to.x - from.x) * dy) + Math.abs((to.y - from.y) * dx);
    if (k !== chosen && along > 1 && along + 2 * aside < least) { least = along + 2 * aside; best = k; }
  });
  if (best >= 0) choose(best, true);
};
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "BUTTON" && (event.key === "Enter" || event.key === " ")) return;
  const act = {
    ArrowLeft: () => step(-1, 0), ArrowRight: () => step(1, 0), ArrowUp: () => step(0, -1), ArrowDown: () => step(0, 1),
    "+": () => zoom(0.8), "=": () => zoom(0.8), "-": () => zoom(1.25), "0": whole, "/": () => search.focus(),
    " ": play, ".": stepped(1), ",": stepped(-1),
    Escape: () => step_at >= 0 ? (stop(), tell(-1)) : chosen >= 0 ? choose(-1) : at && open(0),
    Enter: () => { if (chosen >= 0 && view.parts[chosen].opens) open(view.parts[chosen].opens); },
  }[event.key];
  if (act) { event.preventDefault(); act(); }
});
$("back").onclick = () => open(0);
$("in").onclick = () => zoom(0.8);
$("out").onclick = () => zoom(1.25);
$("fit").onclick = whole;
$("play").onclick = play; $("next").onclick = stepped(1); $("prev").onclick = stepped(-1);
open(0);
})();
</script>
</body>
</html>
"""
