// A server's question in the cell that waits: a form, an address to consent to, a reply to write, an approval.
// All that a server says becomes a text node. What a person enters leaves as one message and never becomes state.

let questions = 0;

function formBody(view, builder, body) {
  if (view.title) body.append(make("div", { className: "mcpq-title", textContent: view.title }));
  if (view.description) body.append(make("div", { className: "mcpq-help", textContent: view.description }));
  const fields = (view.fields ?? []).map((each) => {
    const name = each.name ?? "";
    const built = builder.field(each, view.entries[name], name === "" ? [] : [name]);
    body.append(built.node);
    return [name, built];
  });
  return () => Object.fromEntries(fields.map(([name, each]) => [name, each.read()]));
}

function urlBody(view, body) {
  const { address, host, warnings, refusal, opens } = view.visit;
  body.append(make("div", { className: "mcpq-help", textContent: "It asks you to open this address:" }));
  body.append(make("div", { className: "mcpq-address", textContent: address }));
  if (host) body.append(make("div", {}, "host: ", make("strong", { textContent: host })));
  for (const each of warnings) body.append(make("div", { className: "mcpq-problem", textContent: `⚠ ${each}` }));
  if (refusal) body.append(make("div", { className: "mcpq-problem", textContent: `It is not opened from here: ${refusal}.` }));
  else {
    const link = make("a", { href: opens, target: "_blank", rel: "noopener noreferrer", textContent: `Open ${host}` });
    body.append(make("div", { className: "mcpq-link" }, link));
  }
  body.append(make("div", { className: "mcpq-help", textContent: "Accept says that you agree; what you do there stays between you and that site." }));
  return () => ({});
}

function samplingBody(view, builder, body) {
  const list = make("dl", { className: "mcpq-parts" });
  for (const { label, text, role } of view.parts ?? []) {
    list.append(make("dt", { textContent: label, className: role ? "mcpq-role" : "" }), make("dd", { textContent: text }));
  }
  const reply = builder.field({ name: "text", kind: "string", long: true, title: "Your reply, as the model's" }, "", ["text"]);
  body.append(list, reply.node);
  return () => ({ text: reply.read() });
}

function bodyOf(view, builder, body) {
  if (view.kind === "form") return formBody(view, builder, body);
  if (view.kind === "url") return urlBody(view, body);
  if (view.kind === "sampling") return samplingBody(view, builder, body);
  return () => ({});
}

const BUTTONS = {
  form: [["accept", "Accept"], ["decline", "Decline"], ["cancel", "Cancel"]],
  url: [["accept", "Accept"], ["decline", "Decline"], ["cancel", "Cancel"]],
  sampling: [["accept", "Send"], ["decline", "Decline"], ["cancel", "Cancel"]],
  approval: [["accept", "Approve"], ["decline", "Decline"]],
};
const ASKS = { form: "asks", url: "asks", sampling: "asks for a completion", approval: "asks for approval" };

class QuestionView {
  constructor(root, ask) {
    this.root = root;
    this.ask = ask;
    this.form = null;
    this.waits = false;
  }

  told({ view, problems, blocked, note }) {
    if (view && !this.form) this.open(view);
    // What another page entered is no problem of what stands here.
    if (problems && this.waits) this.judged(problems, blocked, note);
  }

  open(view) {
    const prefix = `mcpq-${Date.now().toString(36)}-${questions++}`;
    const builder = new Builder(prefix);
    const heading = make("div", { id: `${prefix}-head`, className: "mcpq-head", textContent: `${view.server} ${ASKS[view.kind]}` });
    const message = make("div", { className: "mcpq-message", textContent: view.message });
    const body = make("div", {});
    this.read = bodyOf(view, builder, body);
    this.places = builder.places;
    this.said = element("div", { className: "mcpq-problem", role: "alert" });
    this.buttons = BUTTONS[view.kind].map(([action, text]) =>
      make("button", { type: action === "accept" ? "submit" : "button", textContent: text, value: action }),
    );
    this.anyway = make("button", { type: "button", textContent: "Send anyway", hidden: true });
    this.form = make("form", { className: "mcpq", noValidate: true, autocomplete: "off" }, heading, message, body, this.said);
    this.form.append(make("div", { className: "mcpq-buttons" }, ...this.buttons, this.anyway));
    this.form.setAttribute("aria-labelledby", heading.id);
    this.form.setAttribute("data-lm-suppress-shortcuts", "true");
    this.listen();
    this.root.append(this.form);
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send("accept");
    });
    // Inside JupyterLab, Chromium does not submit a form by Enter alone (measured with JupyterLab 4.6, Chromium 156).
    this.form.addEventListener("keydown", (event) => {
      const inLine = event.target instanceof HTMLInputElement && event.target.type !== "checkbox";
      if (event.key !== "Enter" || event.isComposing || !inLine || this.buttons[0].disabled) return;
      event.preventDefault();
      this.form.requestSubmit();
    });
    for (const each of this.buttons.slice(1)) each.addEventListener("click", () => this.send(each.value));
    this.anyway.addEventListener("click", () => this.send("accept", true));
  }

  send(action, regardless = false) {
    this.clear();
    const entries = action === "accept" ? this.read() : {};
    const [bad] = badOnes(entries);
    if (bad) {
      bad.focus();
      this.said.textContent = halfTyped(bad);
      return;
    }
    this.busy(true);
    this.ask({ do: "answer", action, entries, anyway: regardless });
  }

  busy(is) {
    this.waits = is;
    for (const each of [...this.buttons, this.anyway]) each.disabled = is;
  }

  clear() {
    this.said.textContent = "";
    this.anyway.hidden = true;
    for (const { problem } of this.places.values()) problem.textContent = "";
  }

  judged(problems, blocked, note) {
    this.clear();
    this.busy(false);
    this.said.textContent = note;
    let first = null;
    for (const { path, message: text } of problems) {
      const found = this.place(path);
      const at = found ? found.problem : this.said;
      at.textContent = at.textContent ? `${at.textContent}; ${text}` : text;
      first ??= found?.focus;
    }
    this.anyway.hidden = blocked || problems.length === 0;
    first?.focus();
  }

  place(path) {
    for (let length = path.length; length >= 0; length--) {
      const found = this.places.get(JSON.stringify(path.slice(0, length)));
      if (found) return found;
    }
    return null;
  }

  // The buttons are there again; what was asked still counts when it is heard.
  late() {
    if (!this.waits) return;
    for (const each of [...this.buttons, this.anyway]) each.disabled = false;
  }

  halt() {}
}

export default {
  initialize({ model }) {
    return inPlaces(model, (root, ask) => new QuestionView(root, ask));
  },
};
