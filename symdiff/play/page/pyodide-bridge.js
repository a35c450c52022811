// Who answers in a static site: Pyodide, in a worker of this page. It is ended when it takes too long.

const LONGEST = 20_000, START = 120_000;
let worker = null, waiting = null, ready = null, newest = 0;

const begin = () => {
  worker = new Worker("pyodide-worker.js", {type: "module"});
  ready = new Promise((resolve, reject) => {
    const clock = setTimeout(() => reject(new Error("Pyodide did not start")), START);
    worker.onmessage = ({data}) => {
      if (data.ready) { clearTimeout(clock); resolve(); return; }
      if (data.failed) { clearTimeout(clock); reject(new Error(data.failed)); return; }
      const resolveAnswer = waiting;
      waiting = null;
      resolveAnswer?.(JSON.parse(data.answer));
    };
    worker.onerror = event => reject(new Error(event.message || "the worker did not start"));
  });
};

const refused = (message, help) => ({inputs: [], views: {}, error: {message, help}});

// One request after the other; of those that wait, only the newest is asked.
let line = Promise.resolve();
export const ask = (request, number) => {
  newest = Math.max(newest, number);
  const mine = line.then(async () => {
    if (number < newest) return {superseded: true};
    if (!worker) begin();
    await ready;
    if (number < newest) return {superseded: true};
    return new Promise(resolve => {
      const clock = setTimeout(() => {
        worker.terminate();
        worker = waiting = null;
        resolve(refused(`this takes longer than ${LONGEST / 1000} seconds`, "try smaller lengths, or fewer steps"));
      }, LONGEST);
      waiting = answer => { clearTimeout(clock); resolve(answer); };
      worker.postMessage(JSON.stringify(request));
    });
  });
  line = mine.catch(() => { worker = null; });
  return mine;
};

export const LOST = "Python did not start in this browser";
begin();
ready.catch(() => {});
