// What a token is good for: who the server says its bearer is, and what the two
// APIs answer. Everything else is taken from the scripts of the sandbox's own
// client tests.
export { app, done, env, must, origin, Person } from "../../../../sandbox/entra/clients/common.mjs";

const server = process.env.SERVER;

async function ask(path, token, init = {}) {
  const response = await fetch(server + path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
  const text = await response.text();
  const json = response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : undefined;
  return { status: response.status, json, challenge: response.headers.get("www-authenticate") };
}

// use calls our API and K2's with a token, and says what came of it.
export async function use(token) {
  const me = await ask("/api/v1/me", token);
  const started = await ask("/api/v1/workflows", token);
  const k2 = await ask("/api/workflow/v1/workflows", token);
  const tasks = await ask("/api/workflow/v1/tasks", token);
  return {
    login: me.json?.login ?? me.json?.code,
    me: me.status,
    workflows: started.status,
    k2: k2.status,
    k2Tasks: tasks.status,
    challenge: me.challenge,
  };
}

// start begins a workflow through K2's API and returns the number of the instance.
export async function start(token) {
  const list = await ask("/api/workflow/v1/workflows", token);
  const leave = list.json.workflows.find((w) => /leave/i.test(w.name + w.systemName));
  const body = { folio: "Asked by a client", dataFields: { from: "2027-05-01", to: "2027-05-03" } };
  const made = await ask(`/api/workflow/v1/workflows/${leave.id}`, token, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: made.status, instance: made.json };
}
