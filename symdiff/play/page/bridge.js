// Who answers: the server that this page comes from. (In a static site, another file of this name asks Pyodide.)

const page = crypto.randomUUID();

export const ask = async (request, number) => {
  const answer = await fetch("ask", {
    method: "POST",
    headers: {"Content-Type": "application/json"},
    body: JSON.stringify({...request, page, number}),
  });
  if (!answer.ok) throw new Error(`the server says ${answer.status}`);
  return answer.json();
};

export const LOST = "symdiff play does not answer; is it still running in its terminal?";
