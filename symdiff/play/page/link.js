// The input as what stands behind # in the address, and back.

const EACH = {shape: "shape", dtype: "dtype", assume: "assume", at: "at"};

export const fresh = (more = {}) => ({
  text: "", make: "grad", wrt: [], inputs: {}, sizes: {}, target: "", options: {}, ...structuredClone(more),
});

export const toHash = state => {
  const said = new URLSearchParams({f: state.text});
  if (state.make !== "grad") said.set("make", state.make);
  if (state.wrt.length) said.set("wrt", state.wrt.join(","));
  if (state.target) said.set("target", state.target);
  for (const [name, input] of Object.entries(state.inputs))
    for (const key of Object.keys(EACH)) if (input[key]) said.set(`${key}.${name}`, input[key]);
  for (const [name, n] of Object.entries(state.sizes)) if (n) said.set(`size.${name}`, n);
  return "#" + said.toString();
};

export const fromHash = hash => {
  const said = new URLSearchParams(hash.replace(/^#/, ""));
  if (!said.has("f")) return null;
  const state = fresh({text: said.get("f"), make: said.get("make") || "grad", target: said.get("target") || ""});
  state.wrt = (said.get("wrt") || "").split(",").map(name => name.trim()).filter(Boolean);
  for (const [key, text] of said) {
    const dot = key.indexOf("."), kind = key.slice(0, dot), name = key.slice(dot + 1);
    if (dot > 0 && kind in EACH) state.inputs[name] = {...state.inputs[name], [kind]: text};
    if (dot > 0 && kind === "size") state.sizes[name] = text;
  }
  return state;
};
