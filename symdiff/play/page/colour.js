// Source in colours: one pass of one expression, for Python, C and the text of formulas.

const PIECES = new RegExp([
  /(?<comment>#(?!include)[^\n]*|\/\/[^\n]*)/,
  /(?<string>"""[\s\S]*?"""|"[^"\n]*"|'[^'\n]*')/,
  /(?<number>\b\d+(?:\.\d*)?(?:[eE][+-]?\d+)?\b)/,
  /(?<word>[A-Za-z_]\w*)/,
].map(piece => piece.source).join("|"), "g");
const KEYWORDS = new Set(("def return import from as if elif else for while in not and or is with try except break continue True "
  + "False None void double float const restrict int bool static size_t struct include").split(" "));

// `text` as nodes, with spans of the classes of style.css. `marks` are [start, end] pairs of what is at fault.
export const coloured = (text, marks = [], language = "python") => {
  const parts = document.createDocumentFragment();
  const ends = [...new Set([0, text.length, ...marks.flat()])].filter(at => at <= text.length).sort((a, b) => a - b);
  for (let k = 0; k + 1 < ends.length; k++) {
    const [start, end] = [ends[k], ends[k + 1]];
    const fault = marks.some(([from, to]) => from <= start && end <= to);
    const into = fault ? parts.appendChild(span("fault", "")) : parts;
    paint(text.slice(start, end), into, language);
  }
  return parts;
};

const span = (kind, text) => {
  const made = document.createElement("span");
  made.className = kind;
  made.textContent = text;
  return made;
};

const paint = (text, into, language) => {
  if (language === "latex") { into.append(text); return; }
  let at = 0;
  for (const found of text.matchAll(PIECES)) {
    into.append(text.slice(at, found.index));
    at = found.index + found[0].length;
    const kind = kindOf(found, text[at]);
    into.append(kind ? span(kind, found[0]) : found[0]);
  }
  into.append(text.slice(at));
};

const kindOf = ({groups}, next) => {
  if (!groups.word) return Object.keys(groups).find(kind => groups[kind] !== undefined);
  if (KEYWORDS.has(groups.word)) return "keyword";
  if (next === "(") return "call";
  return groups.word.startsWith("d_") ? "slope" : "";
};
