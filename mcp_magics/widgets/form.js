// One offer, opened: what its server says of it, a form, the same as JSON, the cell that says the same, and Run.
// Fields and JSON follow each other through the kernel, which keeps every digit; what is no JSON stays as it is typed.

const PAUSE_MS = 150;
const OUTPUT_MS = 1000;
let forms = 0;

function badge(text) {
  return element("span", { className: "mcpf-badge", textContent: text });
}

class FormView {
  // `insert` makes a cell of a text; null where the front end makes none.
  constructor(body, send, insert) {
    this.body = body;
    this.send = send;
    this.insert = insert;
    this.name = `mcpf-${Date.now().toString(36)}-${forms++}`;
    this.source = "fields";
    this.turn = 0;
    this.timer = null;
    this.server = "";
  }

  open({ offer, form, entry, text, cell, size }) {
    this.server = offer.server;
    this.of = `${offer.server}.${offer.name}`;
    this.fields = element("div", { className: "mcpf-fields" });
    this.form = element("form", { className: "mcpq mcpf", noValidate: true, autocomplete: "off", "aria-label": `arguments of ${offer.name}` });
    this.said = element("div", { className: "mcpq-problem", role: "alert" });
    this.status = element("div", { className: "mcpf-status", role: "status" });
    this.result = element("pre", { className: "mcpf-pre", tabIndex: 0, role: "region", "aria-label": "the result as text", hidden: true });
    this.gone = element("div", { className: "mcpq-problem", role: "status" });
    this.run = element("button", { type: "submit", textContent: offer.kind === "resource" ? "Read" : "Run" });
    this.anyway = element("button", { type: "button", textContent: `${this.run.textContent} anyway`, hidden: true });
    this.cancel = element("button", { type: "button", textContent: "Cancel", hidden: true });
    this.anyway.addEventListener("click", () => this.start(true));
    this.cancel.addEventListener("click", () => this.send({ do: "cancel" }));
    this.template = form;
    this.json = element("textarea", { className: "mcpq-json", rows: 8, spellcheck: false, value: text, "aria-label": "the arguments as JSON" });
    this.jsonSaid = element("div", { className: "mcpq-problem", role: "status" });
    this.back = element("button", { type: "button", textContent: "Back to the fields", hidden: true });
    this.back.addEventListener("click", () => this.fromFields());
    this.json.addEventListener("input", () => this.typed());
    const asJson = element("details", { className: "mcpf-more" }, element("summary", { textContent: "Edit as JSON" }), this.json, this.jsonSaid, this.back);
    this.legend = element("div", { className: "mcpf-legend mcpp-dim", textContent: "{ } = write it as JSON" });
    this.form.append(...(form ? [this.legend, this.fields, asJson] : []));
    const buttons = element("div", { className: "mcpq-buttons" }, this.run, this.anyway, this.cancel);
    this.form.append(element("div", { className: "mcpf-bar" }, this.said, this.gone, buttons, this.status), this.result, this.sameAsCell());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.start(false);
    });
    // Inside JupyterLab, Chromium does not submit a form by Enter alone.
    this.form.addEventListener("keydown", (event) => {
      const inLine = event.target instanceof HTMLInputElement && !["checkbox", "file"].includes(event.target.type);
      if (event.key !== "Enter" || event.isComposing || !inLine || this.run.disabled) return;
      event.preventDefault();
      this.form.requestSubmit();
    });
    this.fields.addEventListener("input", (event) => {
      this.builder?.touched(event.target);
      this.edited();
    });
    this.draw(entry);
    this.follow({ text, cell, size });
    this.body.replaceChildren(...this.about(offer), this.form);
  }

  sameAsCell() {
    this.cell = element("pre", { className: "mcpf-cell", tabIndex: 0, role: "region", "aria-label": "the cell that does the same" });
    this.takers = [copyButton(() => this.cellText, "Copy cell", "Copy cell")];
    if (this.insert) this.takers.push(button("Insert below", "Insert below as a cell", () => this.inserted()));
    this.taken = element("div", { className: "mcpf-status", role: "status" });
    const buttons = element("div", { className: "mcpq-buttons" }, ...this.takers);
    return element("details", { className: "mcpf-more", open: true }, element("summary", { textContent: "The same as a cell" }), this.cell, buttons, this.taken);
  }

  inserted() {
    const count = this.insert(this.cellText);
    const again = count > 1 ? `, ${count} by now` : "";
    say(this.taken, count ? `inserted below as a cell${again}` : "not inserted: this panel is in no cell of the notebook");
  }

  // -- what its server says ---------------------------------------------------------------------------------------

  about(offer) {
    const head = element("div", { className: "mcpf-head" }, element("strong", { textContent: offer.title || offer.name }), badge(offer.kind));
    for (const each of offer.hints) head.append(badge(each));
    const parts = [head, element("div", { className: "mcpf-name mcpp-dim", textContent: `${offer.server}.${offer.name}` })];
    if (offer.description) parts.push(element("div", { className: "mcpf-description", tabIndex: 0, role: "region", "aria-label": "description", textContent: offer.description }));
    const folded = (title, ...inner) => element("details", { className: "mcpf-more" }, element("summary", { textContent: title }), ...inner);
    const pre = (text) => element("pre", { className: "mcpf-pre", tabIndex: 0, textContent: text });
    if (offer.rows.length) parts.push(folded("Arguments", this.table(offer.rows), folded("their schema", pre(offer.schema))));
    else if (offer.schema && offer.kind === "tool") parts.push(folded("Schema", pre(offer.schema)));
    if (offer.result) parts.push(folded("Result", pre(offer.result)));
    for (const [name, text] of Object.entries(offer.told)) parts.push(folded(name, pre(text)));
    return parts;
  }

  table(rows) {
    const required = (row) => (row.required ? "yes" : "");
    const columns = { argument: (row) => row.name, type: (row) => row.type, required, default: (row) => row.default, allowed: (row) => row.allowed, about: (row) => row.about };
    const filled = Object.entries(columns).filter(([, of]) => rows.some(of)); // one that says nothing takes no room
    const head = element("tr", {}, ...filled.map(([textContent]) => element("th", { scope: "col", textContent })));
    const body = rows.map((row) => {
      const made = filled.map(([, of]) => element("td", { textContent: of(row) }));
      made[0].style.paddingLeft = `${row.depth + 0.4}em`;
      return element("tr", {}, ...made);
    });
    return element("div", { className: "mcpf-scroll", tabIndex: 0, role: "region", "aria-label": "arguments" }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...body)));
  }

  // -- fields and JSON ---------------------------------------------------------------------------------------------

  draw(entry) {
    if (!this.template) return;
    const upload = (name, data) => this.send({ do: "file", name, data });
    this.builder = new ArgumentFields(`${this.name}-${++this.turn}`, () => this.edited(), upload);
    const root = { ...this.template, required: true };
    const whole = root.kind !== "object" || isRaw(entry);
    const built = whole ? this.builder.field({ ...root, title: root.title ?? "arguments" }, entry, []) : this.builder.object(root, entry, []);
    this.read = built.read;
    this.fields.replaceChildren(built.node);
    this.legend.hidden = this.fields.querySelector(".mcpf-switch") === null;
  }

  edited() {
    this.source = "fields";
    this.settle();
    this.clear();
    this.later(() => {
      const entry = this.read();
      if (!badOnes(entry).length) this.send({ do: "entries", entry, turn: ++this.turn });
    });
  }

  typed() {
    this.source = "text";
    this.settle();
    this.clear();
    this.later(() => this.send({ do: "text", text: this.json.value, turn: ++this.turn }));
  }

  later(act) {
    clearTimeout(this.timer);
    this.timer = setTimeout(act, PAUSE_MS);
  }

  fromFields() {
    this.lock(false);
    this.edited();
  }

  // While the JSON is none, the fields cannot say the same: they wait.
  lock(is) {
    this.fields.inert = is;
    this.fields.classList.toggle("mcpf-waits", is);
    this.back.hidden = !is;
  }

  follow({ text, cell, size }) {
    if (this.source === "fields" && document.activeElement !== this.json) this.json.value = text;
    this.cellText = cell;
    const large = `too large to be shown: ${(size ?? 0).toLocaleString("en")} characters; run it, and it is .cell of the value`;
    say(this.cell, cell || large);
    for (const each of this.takers) each.disabled = !cell;
  }

  written(found) {
    if (this.source !== "fields") return;
    this.follow(found);
    if (this.asked) this.mark(found, false);
  }

  reread(found) {
    if (this.source !== "text") return;
    this.lock(found.blocked === true);
    if (found.blocked) {
      say(this.jsonSaid, found.problems.map((each) => each.message).join("; "));
      return;
    }
    say(this.jsonSaid, "");
    this.draw(found.entry);
    this.follow(found);
    if (this.asked) this.mark(found, false);
  }

  // -- problems ---------------------------------------------------------------------------------------------------

  // What a run came to is no longer said of arguments that are others.
  settle() {
    if (!this.busy) say(this.status, "");
  }

  clear() {
    say(this.said, "");
    say(this.jsonSaid, "");
    for (const { problem } of this.builder?.places.values() ?? []) say(problem, "");
  }

  // The key of the innermost place on the way to a field.
  place(path) {
    for (let length = path.length; length >= 0; length--) {
      const key = JSON.stringify(path.slice(0, length));
      if (this.builder?.places.has(key)) return key;
    }
    return null;
  }

  mark({ problems, blocked, note }, moves) {
    this.clear();
    say(this.said, note ?? "");
    let first = null;
    for (const { path, message } of problems) {
      const key = this.place(path);
      if (this.builder?.fresh.has(key)) continue;
      const found = this.builder?.places.get(key);
      const at = found ? found.problem : this.said;
      say(at, at.textContent ? `${at.textContent}; ${message}` : message);
      first ??= found?.focus;
    }
    this.anyway.hidden = blocked || problems.length === 0;
    if (moves) first?.focus();
  }

  // -- running ----------------------------------------------------------------------------------------------------

  start(anyway) {
    clearTimeout(this.timer);
    this.asked = true;
    this.builder?.fresh.clear();
    const said = this.source === "text" ? { text: this.json.value } : { entry: this.template ? this.read() : null };
    const [half] = badOnes(said.entry);
    if (half) {
      half.focus();
      say(this.said, halfTyped(half));
      return;
    }
    for (const each of [this.run, this.anyway]) each.disabled = true; // until the kernel says how it goes
    this.send({ do: "run", anyway, ...said });
  }

  refused(found) {
    for (const each of [this.run, this.anyway]) each.disabled = false;
    this.settle();
    this.mark(found, true);
    if (this.source === "text" && found.blocked) say(this.jsonSaid, found.problems.map((each) => each.message).join("; "));
  }

  runs({ state, line, mark, of }) {
    if (!this.form || state === undefined) return;
    const busy = state === "running" || state === "waiting";
    this.busy = busy;
    this.run.disabled = busy;
    this.anyway.disabled = busy;
    this.cancel.hidden = !busy;
    if (busy) this.anyway.hidden = true;
    const asks = state === "waiting" ? " · the server asks something: the question is below" : busy || mark === undefined ? "" : " · the result is below";
    const whose = of === undefined || of === this.of ? "" : `${of}: `; // another one was opened meanwhile
    say(this.status, `${whose}${state === "waiting" ? "waiting for an answer" : line}${asks}`);
    this.result.hidden = true;
    clearTimeout(this.looking);
    if (!busy && mark !== undefined) this.looking = setTimeout(() => this.look(mark), OUTPUT_MS);
  }

  // A page that was opened after the panel is not given the outputs that change below it: the result is text then.
  look(mark) {
    if (this.body.isConnected && !document.querySelector(`[data-mcp-run="${CSS.escape(mark)}"]`)) this.send({ do: "result" });
  }

  seen(text) {
    say(this.result, text);
    this.result.hidden = text === "";
  }

  // Where somebody goes on who opened it with a key: its first field, or Run.
  enter() {
    const fields = [...this.fields.querySelectorAll("input, select, textarea, button:not(.mcpf-switch)")];
    (fields.find((each) => !each.disabled && each.checkVisibility()) ?? this.run).focus();
  }

  states(states) {
    if (!this.form) return;
    const state = within(states, this.server);
    say(this.gone, state === undefined ? "" : `${this.server} is not connected (${state}); what is typed stays, and Run connects again.`);
  }

  told(content) {
    if (content.written) this.written(content.written);
    else if (content.read) this.reread(content.read);
    else if (content.refused) this.refused(content.refused);
    else if (content.outdated && this.form) say(this.said, content.outdated);
    if (content.run) this.runs(content.run);
    if (content.result !== undefined && this.form) this.seen(content.result);
    if (content.states) this.states(content.states);
  }

  halt() {
    clearTimeout(this.timer);
    clearTimeout(this.looking);
  }
}
