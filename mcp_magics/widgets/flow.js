// The stepper of an OAuth flow: a sequence that grows, the chosen step whole, the next one's fields, and buttons to go on.

// Roles are said: rows that are laid out as a grid are none to every reader.
function table(rows, caption) {
  const body = element("tbody", { role: "rowgroup" });
  for (const [name, value, mark] of rows) {
    const cell = element("td", { role: "cell" }, element("code", { textContent: value }));
    if (mark !== "") cell.append(element("b", { textContent: ` (${mark})` }));
    body.append(element("tr", { role: "row" }, element("th", { scope: "row", role: "rowheader", textContent: name }), cell));
  }
  return element("table", { className: "mcpp-fields", role: "table", "aria-label": caption }, body);
}

// One request and its answer: two arrows between two of the lanes.
function hop(row, lanes, choose) {
  const width = 100 / lanes.length;
  const left = Math.min(row.start, row.end);
  const span = { marginLeft: `${(left + 0.5) * width}%`, width: `${Math.abs(row.end - row.start) * width}%` };
  const way = (text, to_right) => {
    const made = element("span", { className: `mcpp-way ${to_right ? "mcpp-right" : "mcpp-left"}`, textContent: text });
    Object.assign(made.style, span);
    return made;
  };
  const changed = row.changed === "" ? "" : ` · ${row.changed}`;
  const out = way(`${row.number}. ${row.name}${changed}`, row.end > row.start);
  const back = way([row.status, row.error].filter(Boolean).join(" "), row.end < row.start);
  back.classList.add("mcpp-back");
  const label = `${out.textContent} ${back.textContent}: step ${row.number}, ${row.name}: ${lanes[row.start]} asks ${lanes[row.end]}, ${row.status}; ${row.decision}`;
  const made = element("button", { type: "button", className: "mcpp-hop", "aria-label": label, "aria-pressed": "false" }, out, " ", back);
  made.addEventListener("click", () => choose(row.number));
  return element("li", {}, made);
}

// The fields of the next request; only what was changed is sent, and a secret that is left alone stays as it is.
class NextRequest {
  constructor(root) {
    this.root = root;
    this.rows = [];
    this.added = [];
  }

  told(next) {
    this.rows = [];
    this.added = [];
    this.list = element("div", { className: "mcpp-edit" });
    const more = button("Add a field", "add a field to the next request", () => this.add());
    const title = element("div", {}, element("b", { textContent: `Next: ${next.name.replaceAll("_", " ")}` }));
    title.append(element("span", { className: "mcpp-dim", textContent: ` ${next.section}` }));
    this.root.replaceChildren(title, element("code", { textContent: next.asks }), this.list, more);
    next.fields.forEach((field, place) => this.list.append(this.field(field, place)));
  }

  field(field, place) {
    const name = element("span", { className: "mcpp-dim", textContent: field.name });
    const box = element("input", { type: "text", value: field.value, autocomplete: "off", "aria-label": field.name });
    if (field.stands !== undefined) box.placeholder = `${field.stands}, sent as it is`;
    const out = element("input", { type: "checkbox", "aria-label": `leave ${field.name} out` });
    out.addEventListener("change", () => {
      box.disabled = out.checked;
    });
    this.rows.push({ place, box, out, before: field.value });
    return element("div", { className: "mcpp-entry" }, name, box, element("label", {}, out, " leave out"));
  }

  add() {
    const name = element("input", { type: "text", placeholder: "name", autocomplete: "off", "aria-label": "name of the added field" });
    const value = element("input", { type: "text", placeholder: "value", autocomplete: "off", "aria-label": "value of the added field" });
    this.added.push({ name, value });
    this.list.append(element("div", { className: "mcpp-entry" }, name, value));
    name.focus();
  }

  changes() {
    const edited = [];
    for (const { place, box, out, before } of this.rows) {
      if (out.checked) edited.push([place, null]);
      else if (box.value !== before) edited.push([place, box.value]);
    }
    return { edited, added: this.added.map(({ name, value }) => [name.value.trim(), value.value]).filter(([name]) => name !== "") };
  }
}

class FlowView {
  constructor(root, ask) {
    this.ask = ask;
    this.turn = null;
    this.chosen = 0;
    this.shown = [];
    this.link = "";
    this.paste = null;
    this.pressed = null;
    this.lanes = element("div", { className: "mcpp-lanes", "aria-hidden": "true" });
    this.hops = element("ol", { className: "mcpp-hops", "aria-label": "steps of the flow" });
    this.detail = element("section", { className: "mcpp-detail", "aria-label": "the chosen step", "aria-live": "polite" });
    this.browser = element("div", { className: "mcpp-login", hidden: true });
    this.next = element("section", { className: "mcpp-detail", "aria-label": "the next request" });
    this.request = new NextRequest(this.next);
    this.outcome = element("div", { role: "status", "aria-live": "polite" });
    this.step = button("Run step", "Run step: make the next request", () => this.go("step"));
    this.step.className = "mcpp-main";
    this.run = button("Run to end", "Run to end: make all requests that follow", () => this.go("run"));
    const buttons = element("div", { className: "mcpp-buttons" }, this.step, this.run);
    const sequence = element("div", { className: "mcpp-sequence" }, this.lanes, this.hops);
    root.append(sequence, this.detail, this.next, this.browser, buttons, this.outcome);
    this.detail.hidden = true;
  }

  go(what) {
    this.pressed = what === "step" ? this.step : this.run;
    this.step.disabled = this.run.disabled = true;
    this.ask({ do: what, ...this.request.changes() });
  }

  choose(number) {
    this.chosen = number;
    this.ask({ do: "choose", number });
  }

  told({ view, detail, problem }) {
    if (view !== undefined) this.view(view);
    if (detail !== undefined) this.whole(detail);
    if (problem !== undefined && this.paste !== null) say(this.paste.problem, problem);
  }

  view(view) {
    if (this.lanes.childElementCount === 0) {
      this.lanes.append(...view.lanes.map((lane) => element("span", { textContent: lane })));
    }
    const rows = JSON.stringify(view.rows);
    if (rows !== JSON.stringify(this.shown)) {
      this.shown = view.rows;
      const focused = [...this.hops.querySelectorAll("button")].indexOf(document.activeElement);
      this.hops.replaceChildren(...view.rows.map((row) => hop(row, view.lanes, (number) => this.choose(number))));
      this.hops.querySelectorAll("button")[focused]?.focus();
      this.press();
    }
    this.next.hidden = view.next === null;
    if (view.next !== null && this.turn !== view.turn) this.request.told(view.next);
    this.turn = view.turn;
    this.step.disabled = this.run.disabled = view.busy || view.ended;
    this.away(view);
    const way_on = view.way_on === "" ? "" : ` · for a new code: choose authorize and “Repeat this step”, or ${view.way_on}`;
    say(this.outcome, view.busy && view.link !== "" ? "the browser is away" : `${view.outcome}${way_on}`);
    if (!view.busy || view.link !== "") this.refocus();
  }

  // A button that is dead for a while loses the focus: whoever pressed it goes on from it, from the link, or the last step.
  refocus() {
    const lost = [document.body, this.pressed].includes(document.activeElement);
    const next = [this.browser.querySelector("a"), this.pressed, this.hops.lastElementChild?.querySelector("button")];
    if (this.pressed !== null && lost) next.find((each) => each && !each.disabled && each.checkVisibility())?.focus();
    this.pressed = null;
  }

  away(view) {
    this.browser.hidden = view.link === "";
    if (this.link === view.link) return;
    this.link = view.link;
    this.paste = null;
    if (view.link === "") {
      this.browser.replaceChildren();
      return;
    }
    this.paste = pasteForm(view.server, this.ask);
    const notes = element("div", { className: "mcpp-dim", textContent: view.notes.join(" · ") });
    this.browser.replaceChildren(linkOf(view, view.server), notes, this.paste.node);
  }

  press() {
    this.hops.querySelectorAll("button").forEach((each, index) => {
      each.setAttribute("aria-pressed", String(index + 1 === this.chosen));
    });
  }

  whole(detail) {
    this.chosen = detail.number;
    this.press();
    const head = element("div", {}, element("b", { textContent: `${detail.number}. ${detail.name.replaceAll("_", " ")}` }));
    head.append(element("span", { className: "mcpp-dim", textContent: ` ${detail.section}` }));
    const again = button("Repeat this step", `Repeat this step: stand before ${detail.name} again`, () => this.ask({ do: "again", name: detail.name }));
    const parts = [head, element("div", {}, element("code", { textContent: detail.asks })), table(detail.sent, "request")];
    parts.push(element("div", {}, "→ ", element("b", { textContent: detail.status })), table(detail.came, "answer"));
    parts.push(element("div", { className: "mcpp-decision", textContent: detail.decision }));
    for (const note of detail.notes) parts.push(element("div", { className: "mcpp-dim", textContent: note }));
    this.detail.replaceChildren(...parts, again);
    this.detail.hidden = false;
  }

  halt() {}
}

export default {
  initialize({ model }) {
    return inPlaces(model, (root, ask) => new FlowView(root, ask));
  },
};
