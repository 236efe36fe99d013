// The page's half of a live app. A card of a cell's output is its place; there the document of the server runs in a frame
// within a frame, both without an origin. The outer one is ours: its policy holds for what is in it, also where that
// would go elsewhere, and it passes on messages as text, so many and so long and no more.

const PROTOCOL = "2026-01-26";
const LONGEST = 262144; // characters of one message of an app
const MOST_WAITING = 16; // requests of one app under way
const HEIGHT = { least: 40, first: 200, most: 800 }; // pixels
const FAREWELL_MS = 500;

// Runs in the outer frame. Its bucket is filled at 30 a second; who pours in 2,000 more than that is shut out.
const RELAY = `
const longest = ${LONGEST};
let inner = null, tokens = 100, filled = performance.now(), dropped = 0;
const up = (text) => window.parent.postMessage(text, "*");
const tell = (method, params) => up(JSON.stringify({ jsonrpc: "2.0", method, params }));
function begin({ html }) {
  if (inner) inner.remove();
  inner = document.createElement("iframe");
  inner.setAttribute("sandbox", "allow-scripts");
  inner.setAttribute("referrerpolicy", "no-referrer");
  inner.style.cssText = "border:0;width:100%;height:100%;display:block";
  inner.srcdoc = html;
  document.body.append(inner);
}
function spend() {
  const now = performance.now();
  tokens = Math.min(100, tokens + (now - filled) * 0.03);
  filled = now;
  if (tokens >= 1) { tokens -= 1; return true; }
  dropped += 1;
  if (dropped === 2000) { inner.remove(); tell("ui/notifications/sandbox-flooded", {}); }
  return false;
}
window.addEventListener("message", (event) => {
  if (event.source === window.parent) {
    const message = JSON.parse(event.data);
    if (message.method === "ui/notifications/sandbox-resource-ready") begin(message.params);
    else if (inner) inner.contentWindow.postMessage(message, "*");
  } else if (inner && event.source === inner.contentWindow && dropped < 2000 && spend()) {
    let text;
    try { text = JSON.stringify(event.data); } catch { return; }
    const method = event.data && event.data.method;
    if (!text || (typeof method === "string" && method.startsWith("ui/notifications/sandbox-"))) return;
    if (text.length <= longest) { up(text); return; }
    const id = event.data.id;
    const error = { code: -32000, message: "a message may have " + longest + " characters" };
    if (method && (typeof id === "string" || typeof id === "number"))
      inner.contentWindow.postMessage({ jsonrpc: "2.0", id, error }, "*");
  }
});
tell("ui/notifications/sandbox-proxy-ready", {});
`;

function element(tag, properties, style) {
  const made = Object.assign(document.createElement(tag), properties);
  Object.assign(made.style, style);
  return made;
}

function button(text, act) {
  const made = element("button", { type: "button", textContent: text });
  made.addEventListener("click", act);
  return made;
}

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
const rules = (policy) =>
  `<!doctype html><meta http-equiv="Content-Security-Policy" content="${escape(policy)}">` +
  '<meta http-equiv="x-dns-prefetch-control" content="off"><meta charset="utf-8">';

function theme() {
  const light = document.body.dataset.jpThemeLight;
  if (light !== undefined) return light === "false" ? "dark" : "light";
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function address(text) {
  try {
    const url = new URL(text);
    return ["https:", "http:"].includes(url.protocol) && !url.username && url.href.length <= 2000 ? url.href : null;
  } catch {
    return null;
  }
}

// One place where the app lives; a notebook that is shown twice has two.
class View {
  constructor(model, place) {
    this.model = model;
    this.name = crypto.getRandomValues(new Uint32Array(2)).join("-");
    this.waiting = new Map();
    this.asked = new Map();
    this.offered = null;
    this.farewell = null;
    this.app = null;
    this.panel = element("div", { className: "mcpp" });
    this.bar = element("div", { role: "status" }, { display: "flex", flexWrap: "wrap", gap: "6px", alignItems: "center", marginBottom: "4px" });
    this.line = element("span", { textContent: "waiting for the kernel" }, { flex: "1 1 auto" });
    this.bar.append(this.line, button("Close app", () => this.leave()));
    this.panel.append(this.bar);
    place.append(this.panel);
    this.onMessage = (event) => this.received(event);
    window.addEventListener("message", this.onMessage);
    // A frame that has the focus inside does not match :focus; that the page's window has lost it tells.
    this.onFocus = () => this.frame?.classList.toggle("mcpp-within", document.activeElement === this.frame);
    for (const each of ["blur", "focus"]) window.addEventListener(each, this.onFocus);
    model.send({ do: "open", view: this.name });
  }

  end() {
    window.removeEventListener("message", this.onMessage);
    for (const each of ["blur", "focus"]) window.removeEventListener(each, this.onFocus);
    this.panel.remove();
    this.frame = null;
  }

  stop(why) {
    this.frame?.remove();
    this.frame = null;
    this.line.textContent = why;
  }

  async leave() {
    if (this.frame && this.app) {
      const answered = new Promise((resolve) => {
        this.farewell = resolve;
      });
      this.post({ id: "mcp_magics-teardown", method: "ui/resource-teardown", params: { reason: "closed by the person" } });
      await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, FAREWELL_MS))]);
    }
    this.end();
    this.model.send({ do: "close" });
  }

  // -- from the kernel -----------------------------------------------------------------------------------------

  told(content) {
    if (content.view !== undefined && content.view !== this.name) return;
    if (content.document !== undefined) this.begin(content.document);
    else if (content.ask !== undefined) this.ask(content.ask);
    else if (content.settled !== undefined) this.settled(content.settled);
    else if (content.line !== undefined) this.line.textContent = content.line;
    else if (content.id !== undefined) this.answered(content);
  }

  begin(app) {
    if (this.frame) return;
    this.app = app;
    this.line.textContent = "";
    this.frame = element("iframe", { title: `app of ${app.server}` }, {
      width: app.border === false ? "100%" : "calc(100% - 2px)",
      height: `${HEIGHT.first}px`,
      border: app.border === false ? "0" : "1px solid var(--jp-border-color2, #ccc)",
      background: app.border === false ? "transparent" : "var(--jp-layout-color0, #fff)",
    });
    this.frame.setAttribute("sandbox", "allow-scripts");
    this.frame.setAttribute("allow", "");
    this.frame.setAttribute("referrerpolicy", "no-referrer");
    const style = "<style>html,body{margin:0;height:100%;overflow:hidden}</style>";
    this.frame.srcdoc = `${rules(app.policy)}${style}<body><script>${RELAY}</script></body>`;
    this.panel.append(this.frame);
  }

  ask({ question, text }) {
    const say = (what) => () => this.model.send({ do: what, question });
    const row = element("div", { role: "alert" }, { flex: "1 0 100%", display: "flex", flexWrap: "wrap", gap: "6px", alignItems: "center" });
    row.append(element("span", { textContent: text }), button("Allow", say("allow")), button("Refuse", say("refuse")));
    this.asked.set(question, row);
    this.bar.append(row);
  }

  settled(question) {
    this.asked.get(question)?.remove();
    this.asked.delete(question);
  }

  answered({ id, result, error }) {
    if (!this.waiting.has(id)) return;
    const theirs = this.waiting.get(id);
    this.waiting.delete(id);
    this.post(error === undefined ? { id: theirs, result } : { id: theirs, error });
  }

  // -- from the app --------------------------------------------------------------------------------------------

  post(message) {
    this.frame?.contentWindow?.postMessage(JSON.stringify({ jsonrpc: "2.0", ...message }), "*");
  }

  received(event) {
    if (!this.frame || event.source !== this.frame.contentWindow || event.origin !== "null") return;
    if (typeof event.data !== "string" || event.data.length > LONGEST + 200) return;
    const message = JSON.parse(event.data);
    if (message === null || typeof message !== "object" || message.jsonrpc !== "2.0") return;
    const { id, method } = message;
    const params = message.params !== null && typeof message.params === "object" ? message.params : {};
    if (typeof method !== "string") {
      if (id === "mcp_magics-teardown") this.farewell?.();
    } else if (id === undefined) this.notified(method, params);
    else if (typeof id === "string" || typeof id === "number") this.requested(id, method, params);
  }

  notified(method, params) {
    if (method === "ui/notifications/sandbox-proxy-ready") {
      this.waiting.clear();
      this.post({ method: "ui/notifications/sandbox-resource-ready", params: { html: rules(this.app.policy) + this.app.html } });
    } else if (method === "ui/notifications/sandbox-flooded") this.stop("stopped: the app sent more messages than a page can take");
    else if (method === "ui/notifications/initialized") {
      this.post({ method: "ui/notifications/tool-input", params: { arguments: this.app.input } });
      this.post({ method: "ui/notifications/tool-result", params: this.app.result });
    } else if (method === "ui/notifications/size-changed" && Number.isFinite(params.height)) {
      const height = Math.min(HEIGHT.most, Math.max(HEIGHT.least, Math.ceil(params.height)));
      this.frame.style.height = `${height}px`;
    }
  }

  requested(id, method, params) {
    const refuse = (code, message) => this.post({ id, error: { code, message } });
    if (method === "ui/initialize") this.post({ id, result: this.host() });
    else if (method === "ping") this.post({ id, result: {} });
    else if (method === "ui/request-display-mode") this.post({ id, result: { mode: "inline" } });
    else if (method === "ui/open-link") this.offer(id, params.url);
    else if (method === "ui/message" || method === "ui/update-model-context")
      refuse(-32000, "a notebook has no conversation that this could go to");
    else if (method !== "tools/call" && method !== "resources/read") refuse(-32601, `this host does not know ${method.slice(0, 100)}`);
    else if (this.waiting.size >= MOST_WAITING) refuse(-32000, `${MOST_WAITING} requests are under way already`);
    else {
      const key = `${this.name}:${crypto.getRandomValues(new Uint32Array(1))[0]}`;
      this.waiting.set(key, id);
      this.model.send({ do: "request", view: this.name, id: key, method, params });
    }
  }

  host() {
    const granted = { csp: this.app.csp, permissions: {} };
    return {
      protocolVersion: PROTOCOL,
      hostInfo: { name: "mcp_magics", version: this.app.version },
      hostCapabilities: { openLinks: {}, serverTools: {}, serverResources: {}, sandbox: granted },
      hostContext: {
        toolInfo: { tool: this.app.tool },
        theme: theme(),
        displayMode: "inline",
        availableDisplayModes: ["inline"],
        containerDimensions: { width: this.frame.clientWidth, maxHeight: HEIGHT.most },
        locale: navigator.language,
        timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        userAgent: "mcp_magics",
        platform: "web",
      },
    };
  }

  // A link is opened by a person's click on it, and only so.
  offer(id, text) {
    this.offered?.("another link came after it");
    const url = typeof text === "string" ? address(text) : null;
    if (url === null) {
      this.post({ id, error: { code: -32000, message: "only http and https links can be opened" } });
      return;
    }
    const link = element("a", { href: url, target: "_blank", rel: "noopener noreferrer", textContent: url }, {
      unicodeBidi: "isolate",
      overflowWrap: "anywhere",
    });
    const row = element("div", {}, { flex: "1 0 100%", display: "flex", flexWrap: "wrap", gap: "6px", alignItems: "center" });
    const done = (message) => {
      row.remove();
      this.offered = null;
      this.post(message);
    };
    this.offered = (why) => done({ id, error: { code: -32000, message: `the link was not opened: ${why}` } });
    link.addEventListener("click", () => setTimeout(() => done({ id, result: {} })));
    row.append(element("span", { textContent: "the app would open" }), link, button("Dismiss", () => this.offered("dismissed")));
    this.bar.append(row);
  }
}

export default {
  initialize({ model }) {
    const views = new Map();
    const places = `[data-mcp-app="${CSS.escape(model.get("place"))}"]`;
    const look = () => {
      for (const place of document.querySelectorAll(places)) {
        if (!views.has(place)) views.set(place, new View(model, place));
      }
    };
    const end = () => {
      outputs.disconnect();
      themes.disconnect();
      for (const view of views.values()) view.end();
      views.clear();
    };
    const told = (content) => {
      for (const view of [...views.values()]) view.told(content);
    };
    const outputs = new MutationObserver(look);
    const themes = new MutationObserver(() => {
      for (const view of views.values()) {
        view.post({ method: "ui/notifications/host-context-changed", params: { theme: theme() } });
      }
    });
    model.on("msg:custom", told);
    model.on("comm:close", end);
    model.on("comm_live_update", end);
    outputs.observe(document.body, { childList: true, subtree: true });
    themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
    look();
    return end;
  },
};
