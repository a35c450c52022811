// The text: a plain textarea, over the same text in colours.

import {coloured} from "./colour.js";

const text = document.getElementById("text"), paint = document.getElementById("paint");
let marks = [];

const repaint = () => paint.replaceChildren(coloured(text.value, marks), "\n");

export const value = () => text.value;

export const set = written => { text.value = written; marks = []; repaint(); };

// Underlines what an error is about; `line` from 1 (0 for none), `column` from 0.
export const mark = ({line, column, width} = {}) => {
  marks = [];
  if (line) {
    const lines = text.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + (column || 0);
    const rest = (lines[line - 1] || "").length - (column || 0);
    marks = [[Math.min(start, text.value.length - 1), Math.min(start + Math.max(1, Math.min(width || rest, rest)), text.value.length)]];
  }
  repaint();
};

export const onChange = act => text.addEventListener("input", () => { marks = []; repaint(); act(); });

// A new line is as far in as the one before it, and further behind a colon.
text.addEventListener("keydown", event => {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
  const before = text.value.slice(0, text.selectionStart).split("\n").pop();
  const inward = before.match(/^ */)[0] + (before.trimEnd().endsWith(":") ? "    " : "");
  if (!inward) return;
  event.preventDefault();
  text.setRangeText("\n" + inward, text.selectionStart, text.selectionEnd, "end");
  text.dispatchEvent(new Event("input"));
});
