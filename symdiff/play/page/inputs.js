// The table of inputs: what they are, which of them are targets, and what numbers they have.

const body = document.querySelector("#inputs tbody"), lengths = document.getElementById("lengths");
const DTYPES = ["float64", "float32", "complex128", "int64", "bool"];
const rows = new Map(), sizes = new Map();

const make = (tag, properties, into) => {
  const made = Object.assign(document.createElement(tag), properties);
  into?.append(made);
  return made;
};

const keep = (field, text) => { if (document.activeElement !== field && field.value !== text) field.value = text; };

// Shows what the answer says of inputs and lengths; `state` holds what was typed. `act` is called when something changes.
export const show = (answer, state, act) => {
  const names = answer.inputs.map(input => input.name);
  for (const [name, row] of rows) if (!names.includes(name)) { row.whole.remove(); rows.delete(name); }
  answer.inputs.forEach((input, k) => {
    const row = rows.get(input.name) || add(input.name, state, act);
    if (body.children[k] !== row.whole) body.insertBefore(row.whole, body.children[k] || null);
    const said = state.inputs[input.name] || {};
    row.target.checked = input.target;
    row.target.disabled = !input.inexact;
    keep(row.shape, said.shape || "");
    keep(row.dtype, said.dtype || "float64");
    keep(row.at, said.at || "");
  });
  document.getElementById("inputs").hidden = !names.length;
  showLengths(answer.lengths || {}, state, act);
};

const add = (name, state, act) => {
  const whole = make("tr"), cell = (kind = "") => make("td", {className: kind}, whole);
  const target = make("input", {type: "checkbox", ariaLabel: `with respect to ${name}`}, cell());
  make("span", {textContent: name}, cell("name"));
  const shape = make("input", {placeholder: "number", ariaLabel: `shape of ${name}`, autocomplete: "off", spellcheck: false}, cell());
  shape.setAttribute("list", "shapes");
  const dtype = make("select", {ariaLabel: `dtype of ${name}`}, cell());
  DTYPES.forEach(each => make("option", {textContent: each, value: each}, dtype));
  const at = make("input", {placeholder: "random", ariaLabel: `numbers of ${name}`, autocomplete: "off", spellcheck: false}, cell());
  const say = (key, text) => { state.inputs[name] = {...state.inputs[name], [key]: text}; act(); };
  target.addEventListener("change", () => {
    state.wrt = [...rows].filter(([, row]) => row.target.checked).map(([each]) => each);
    act();
  });
  shape.addEventListener("input", () => say("shape", shape.value));
  dtype.addEventListener("change", () => say("dtype", dtype.value === "float64" ? "" : dtype.value));
  at.addEventListener("input", () => say("at", at.value));
  rows.set(name, {whole, target, shape, dtype, at});
  return rows.get(name);
};

const showLengths = (found, state, act) => {
  for (const [name, field] of sizes) if (!(name in found)) { field.parentNode.remove(); sizes.delete(name); }
  for (const [name, n] of Object.entries(found)) {
    if (!sizes.has(name)) {
      const label = make("label", {textContent: `${name} = `}, lengths);
      const field = make("input", {type: "number", min: 0, ariaLabel: `the length ${name}, where there are numbers`}, label);
      field.addEventListener("input", () => { state.sizes[name] = field.value; act(); });
      sizes.set(name, field);
    }
    keep(sizes.get(name), String(state.sizes[name] || n));
  }
};
