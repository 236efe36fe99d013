// Everything the servers offer: a list that is filtered in the kernel, and what is picked from it, opened beside it.
// Only the rows on the screen are here, and those near them.

const ROW = 46; // pixels
const PAGE = 50;
const KEYSTROKE_MS = 60;
const KIND_NAMES = { tool: "Tools", prompt: "Prompts", resource: "Resources", template: "Templates" };

class BrowserView {
  constructor(body, ask, insert) {
    this.name = crypto.randomUUID?.() ?? `${Math.random()}`;
    this.ask = (content) => ask({ ...content, view: this.name });
    this.insert = insert;
    this.kinds = new Set();
    this.rows = new Map();
    this.asked = new Set();
    this.matched = 0;
    this.turn = 0;
    this.at = -1;
    this.picked = null;
    this.lastRun = {};
    this.lastStates = {};
    this.build(body);
  }

  build(body) {
    const id = `mcpb-${this.name.slice(0, 8)}`;
    this.id = id;
    this.search = element("input", { type: "search", placeholder: "filter by name, title, description", autocomplete: "off", role: "combobox" });
    for (const [name, value] of [["aria-label", "filter"], ["aria-controls", `${id}-list`], ["aria-expanded", "true"], ["aria-autocomplete", "list"]]) this.search.setAttribute(name, value);
    this.toggles = element("div", { className: "mcpb-kinds", role: "group", "aria-label": "kinds" });
    this.buttons = new Map(Object.entries(KIND_NAMES).map(([kind, text]) => [kind, this.toggle(kind, text)]));
    this.all = button("All", "All kinds", () => this.show([]));
    this.toggles.append(this.all, ...this.buttons.values());
    this.press();
    this.count = element("div", { className: "mcpp-dim", role: "status" });
    this.space = element("div", { className: "mcpb-space", role: "presentation" });
    this.list = element("div", { className: "mcpb-list", id: `${id}-list`, tabIndex: 0, role: "listbox", "aria-label": "what the servers offer" }, this.space);
    this.detail = element("div", { className: "mcpb-detail", role: "region", "aria-label": "what is picked" });
    this.detail.append(element("div", { className: "mcpp-dim", textContent: "Pick something: arrow keys and Enter, or a click." }));
    this.problems = element("div", { className: "mcpp-problem", role: "status" });
    const left = element("div", { className: "mcpb-left" }, this.search, this.toggles, this.count, this.list);
    body.append(element("div", { className: "mcpb" }, left, this.detail), this.problems);
    this.search.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.renew(), KEYSTROKE_MS);
    });
    this.list.addEventListener("scroll", () => this.draw());
    for (const each of [this.search, this.list]) each.addEventListener("keydown", (event) => this.keyed(event));
    this.detail.addEventListener("keydown", (event) => this.leave(event));
    this.list.addEventListener("click", (event) => {
      const row = event.target.closest("[data-at]");
      if (row) this.pick(Number(row.dataset.at));
    });
  }

  toggle(kind, text) {
    return button(text, text, () => this.show(this.kinds.has(kind) ? [...this.kinds].filter((each) => each !== kind) : [...this.kinds, kind]));
  }

  // Only these kinds; all where there are none.
  show(kinds) {
    this.kinds = new Set(kinds);
    this.press();
    this.renew();
  }

  press() {
    this.all.setAttribute("aria-pressed", `${this.kinds.size === 0}`);
    for (const [kind, made] of this.buttons) made.setAttribute("aria-pressed", `${this.kinds.has(kind)}`);
  }

  // -- the list ----------------------------------------------------------------------------------------------------

  // Ask for the first rows again; those on the screen stay until the others are here.
  renew() {
    this.turn += 1;
    this.asked = new Set([0]);
    this.need(0);
  }

  need(start) {
    this.ask({ do: "list", text: this.search.value, kinds: [...this.kinds], start, turn: this.turn });
  }

  listed({ total, matched, counts, start, rows }, turn) {
    if (turn !== undefined && turn !== this.turn) return;
    if (start === 0) {
      this.rows.clear();
      this.at = rows.length ? Math.max(0, rows.findIndex((each) => each.n === this.picked)) : -1;
      this.list.scrollTop = 0;
      this.asked.add(0);
    }
    this.matched = matched;
    rows.forEach((row, number) => this.rows.set(start + number, row));
    for (const [kind, made] of this.buttons) {
      say(made, `${KIND_NAMES[kind]} ${(counts[kind] ?? 0).toLocaleString("en")}`);
      made.setAttribute("aria-label", made.textContent);
    }
    const of = matched === total ? "" : ` of ${total.toLocaleString("en")}`;
    say(this.count, `${matched.toLocaleString("en")}${of}`);
    this.space.style.height = `${matched * ROW}px`;
    this.list.style.height = `${Math.max(matched, 1) * ROW}px`; // as far as the style sheet lets it
    this.draw();
  }

  draw() {
    const height = this.list.clientHeight || 400;
    const first = Math.max(0, Math.floor(this.list.scrollTop / ROW) - 4);
    const last = Math.min(this.matched, Math.ceil((this.list.scrollTop + height) / ROW) + 4);
    const shown = [];
    for (let at = first; at < last; at++) {
      const row = this.rows.get(at);
      if (row) shown.push(this.row(row, at));
      else this.fetch(at);
    }
    this.space.replaceChildren(...shown);
    const active = this.at >= first && this.at < last ? `${this.id}-${this.at}` : "";
    for (const each of [this.list, this.search]) {
      if (active) each.setAttribute("aria-activedescendant", active);
      else each.removeAttribute("aria-activedescendant");
    }
  }

  fetch(at) {
    const start = Math.floor(at / PAGE) * PAGE;
    if (this.asked.has(start)) return;
    this.asked.add(start);
    clearTimeout(this.fetching);
    // Of pages that are scrolled past only the last ones are asked for.
    this.fetching = setTimeout(() => {
      const near = Math.floor(this.list.scrollTop / ROW / PAGE) * PAGE;
      for (const each of [...this.asked]) {
        if (this.rows.has(each)) continue;
        if (Math.abs(each - near) <= PAGE) this.need(each);
        else this.asked.delete(each);
      }
    }, 50);
  }

  row({ n, kind, server, name, title, about }, at) {
    const made = element("div", { className: "mcpb-row", role: "option", id: `${this.id}-${at}` });
    made.style.top = `${at * ROW}px`;
    made.dataset.at = `${at}`;
    made.setAttribute("aria-selected", n === this.picked ? "true" : "false");
    made.setAttribute("aria-setsize", `${this.matched}`);
    made.setAttribute("aria-posinset", `${at + 1}`);
    made.classList.toggle("mcpb-active", at === this.at);
    const head = element("div", { className: "mcpb-head" }, element("strong", { textContent: name }), element("span", { className: "mcpp-dim", textContent: `${kind} · ${server}` }));
    made.append(head, element("div", { className: "mcpb-about mcpp-dim", textContent: [title, about].filter(Boolean).join(" · ") }));
    return made;
  }

  // -- picking -----------------------------------------------------------------------------------------------------

  keyed(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (event.key in steps) this.move(this.at + steps[event.key]);
    else if (event.target === this.list && event.key === "Home") this.move(0);
    else if (event.target === this.list && event.key === "End") this.move(this.matched - 1);
    else if (event.key === "Enter" && this.at >= 0) {
      this.pick(this.at);
      this.enters = true;
    } else return;
    event.preventDefault();
  }

  move(to) {
    if (!this.matched) return;
    this.at = Math.min(Math.max(to, 0), this.matched - 1);
    const top = this.at * ROW;
    if (top < this.list.scrollTop) this.list.scrollTop = top;
    else if (top + ROW > this.list.scrollTop + this.list.clientHeight) this.list.scrollTop = top + ROW - this.list.clientHeight;
    this.draw();
  }

  pick(at) {
    const row = this.rows.get(at);
    if (!row || this.list.getAttribute("aria-disabled") === "true") return;
    this.at = at;
    this.picked = row.n;
    this.enters = false;
    this.draw();
    this.ask({ do: "pick", n: row.n });
  }

  opened(opened) {
    this.form?.halt();
    this.form = new FormView(this.detail, this.ask, this.insert);
    this.form.open(opened);
    this.form.told({ states: this.lastStates });
    this.detail.scrollTop = 0;
    // On a narrow page it is below the list, and may be off the screen.
    if (this.detail.getBoundingClientRect().top >= this.list.getBoundingClientRect().bottom) this.detail.scrollIntoView({ block: "nearest" });
    if (this.enters) this.form.enter();
    this.enters = false;
  }

  // From what is picked back to the filter.
  leave(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    this.search.focus();
  }

  states(states) {
    this.lastStates = states;
    const lines = Object.entries(states).map(([name, state]) => `${name}: ${state}`);
    say(this.problems, lines.length ? `not connected: ${lines.join("; ")}` : "");
  }

  told(content) {
    if (content.to !== undefined && content.to !== this.name) return;
    if (content.view) {
      if (this.begun) return;
      this.begun = true;
      this.listed(content.view.list);
      this.states(content.view.states);
      return;
    }
    if (content.list) this.listed(content.list, content.turn);
    if (content.stale !== undefined) this.renew();
    if (content.states) this.states(content.states);
    if (content.opened) this.opened(content.opened);
    this.form?.told(content);
  }

  halt() {
    this.list.tabIndex = -1;
    this.list.setAttribute("aria-disabled", "true");
    clearTimeout(this.timer);
    clearTimeout(this.fetching);
    this.form?.halt();
  }
}

export default {
  initialize({ model }) {
    const insert = cellsBelow(model);
    return inPlaces(model, (body, ask) => new BrowserView(body, ask, insert));
  },
};
