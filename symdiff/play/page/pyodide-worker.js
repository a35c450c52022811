// Python in the browser: loads Pyodide and NumPy from where the site has them, unpacks symdiff, and answers.

const PYODIDE = new URL("@PYODIDE@", self.location.href).href;
let answer = null;

const start = async () => {
  const {loadPyodide} = await import(PYODIDE + "pyodide.mjs");
  const python = await loadPyodide({indexURL: PYODIDE});
  await python.loadPackage("numpy");
  if (!python.loadedPackages.numpy) throw new Error("NumPy is not beside Pyodide");
  const archive = await fetch("symdiff.zip");
  if (!archive.ok) throw new Error("symdiff.zip is missing beside the page");
  python.unpackArchive(await archive.arrayBuffer(), "zip");
  answer = python.runPython(`
import json
from symdiff.play.answers import answer
lambda text: json.dumps(answer(json.loads(text)))
`);
  answer(JSON.stringify({text: "tanh(x) * y", views: ["source", "formulas"]}));
};

const started = start().then(() => postMessage({ready: true}), error => postMessage({failed: String(error.message || error)}));
onmessage = async ({data}) => { await started; if (answer) postMessage({answer: answer(data)}); };
