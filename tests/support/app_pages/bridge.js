let nextId = 1; const waiting = new Map();
function send(method, params) { parent.postMessage({ jsonrpc: "2.0", method, params }, "*"); }
function ask(method, params) {
  const id = nextId++;
  parent.postMessage({ jsonrpc: "2.0", id, method, params }, "*");
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}
addEventListener("message", ({ data }) => {
  if (data.method) {
    if (data.id !== undefined) parent.postMessage({ jsonrpc: "2.0", id: data.id, result: {} }, "*");
    if (data.method in window.heard) window.heard[data.method](data.params);
  } else if (waiting.has(data.id)) {
    const { resolve, reject } = waiting.get(data.id); waiting.delete(data.id);
    if (data.error) reject(data.error); else resolve(data.result);
  }
});
async function begin() {
  const host = await ask("ui/initialize", { appCapabilities: {}, appInfo: { name: "a", version: "1" }, protocolVersion: "2026-01-26" });
  send("ui/notifications/initialized", {});
  return host;
}
const put = (id, text) => { document.getElementById(id).textContent = text; };
