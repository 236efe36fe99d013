// The live table: rows the kernel has sorted and found, drawn where they are looked at, fetched a page at a time.
// All that a server says becomes a text node.

const BEYOND = 12;
const SETTLE_MS = 60;
const TYPING_MS = 200;
const KEPT_PAGES = 60;

const many = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

class TableView {
  constructor(body, ask) {
    this.ask = ask;
    this.pages = new Map();
    this.awaited = new Set();
    this.shown = new Map();
    this.active = { row: 0, column: 0 };
    this.height = 24;
    this.version = -1;
    this.build(body);
  }

  build(body) {
    this.text = element("input", { type: "search", maxLength: 200, placeholder: "filter: words of any column", "aria-label": "filter rows by words", autocomplete: "off" });
    this.text.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.ask({ do: "filter", text: this.text.value }), TYPING_MS);
    });
    this.count = element("div", { className: "mcpd-count mcpp-dim", role: "status", "aria-live": "polite" });
    this.head = new TableHead((column) => this.sort(column));
    [this.above, this.below] = [0, 1].map(() => element("tr", { className: "mcpd-space", "aria-hidden": "true" }, element("td")));
    this.list = element("tbody", {}, this.above, this.below);
    this.table = element("table", { className: "mcpd", role: "grid", "aria-label": "rows", "aria-readonly": "true" }, this.head.sizes, this.head.node, this.list);
    this.scroll = element("div", { className: "mcpd-scroll", tabIndex: 0, role: "region", "aria-label": "the table" }, this.table);
    this.whole = new CellBox(() => {
      this.tell();
      this.focusCell();
    });
    body.append(element("div", { className: "mcpd-bar" }, this.text, this.count), this.scroll, this.whole.node);
    this.scroll.addEventListener("scroll", () => this.draw());
    this.scroll.addEventListener("keydown", (event) => this.keyed(event));
    this.list.addEventListener("click", (event) => this.clicked(event));
    this.list.addEventListener("focusin", (event) => this.focused(event.target));
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.scroll);
  }

  // -- from the kernel -----------------------------------------------------------------------------------------

  told(content) {
    if (content.view !== undefined) this.begin(content.view);
    else if (content.arranged !== undefined) this.arrange(content.arranged);
    else if (content.rows !== undefined) this.take(content.rows);
    else if (content.whole !== undefined) this.unfold(content.whole);
  }

  begin(view) {
    const isKnown = this.view !== undefined;
    if (isKnown && view.arranged.version === this.version) return; // another window has opened the table too
    this.view = view;
    if (!isKnown) this.table.style.width = `max(100%, ${this.head.draw(view.heads, view.length)})`;
    for (const space of [this.above, this.below]) space.cells[0].colSpan = view.heads.length + 1;
    this.table.setAttribute("aria-colcount", `${view.heads.length + view.hidden + 1}`);
    this.arrange(view.arranged);
    if (!isKnown && view.keeps === "last") this.scroll.scrollTop = this.scroll.scrollHeight;
  }

  arrange(arranged) {
    if (arranged.version < this.version) return;
    this.version = arranged.version;
    this.arranged = arranged;
    this.pages.clear();
    this.awaited.clear();
    this.pages.set(0, arranged.rows);
    for (const node of this.shown.values()) node.remove();
    this.shown.clear();
    this.head.tell(arranged.column, arranged.descending);
    if (document.activeElement !== this.text) this.text.value = arranged.text;
    this.active = { row: 0, column: this.active.column };
    this.scroll.scrollTop = 0;
    this.table.setAttribute("aria-rowcount", `${arranged.count + 1}`);
    this.tell();
    this.draw();
  }

  take({ version, start, rows }) {
    if (version !== this.version) return;
    this.awaited.delete(start);
    this.pages.delete(start);
    this.pages.set(start, rows);
    if (this.pages.size > KEPT_PAGES) this.pages.delete(this.pages.keys().next().value);
    rows.forEach((row, index) => this.fill(start + index, row));
    this.measure();
  }

  // -- drawing what is looked at -------------------------------------------------------------------------------

  get rows() {
    return Math.min(this.arranged.count, this.view.most);
  }

  // The rows in sight and some beyond, from `first` on and before `last`.
  sight() {
    const seen = Math.ceil(this.scroll.clientHeight / this.height);
    const top = Math.floor(this.scroll.scrollTop / this.height);
    return { first: Math.max(Math.min(top, this.rows - seen) - BEYOND, 0), last: Math.min(top + seen + BEYOND, this.rows), top, seen };
  }

  // What is new comes before anything goes: in a table that is shorter for a moment, the end is not where it was.
  draw() {
    if (this.view === undefined || this.halted) return;
    const { first, last } = this.sight();
    let before = this.below;
    for (let row = last - 1; row >= first; row -= 1) before = this.shown.get(row) ?? this.insert(row, before);
    this.above.style.height = `${first * this.height}px`;
    this.below.style.height = `${Math.max(this.rows - last, 0) * this.height}px`;
    for (const [row, node] of this.shown) if (row < first || row >= last) this.drop(row, node);
    this.keepOneStop(first, last);
    this.measure();
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.fetch(), SETTLE_MS);
  }

  insert(row, before) {
    const node = this.node(row);
    this.list.insertBefore(node, before);
    this.shown.set(row, node);
    this.fill(row, this.at(row));
    return node;
  }

  drop(row, node) {
    if (node.contains(document.activeElement)) this.scroll.focus({ preventScroll: true });
    node.remove();
    this.shown.delete(row);
  }

  // Every row has one line, and so the height of the first that is there.
  measure() {
    const [node] = this.shown.values();
    const height = node?.getBoundingClientRect().height;
    if (!height || Math.abs(height - this.height) < 0.1) return;
    this.height = height;
    this.draw();
  }

  start(row) {
    return row - (row % this.view.page);
  }

  at(row) {
    const start = this.start(row);
    return this.pages.get(start)?.[row - start];
  }

  fetch() {
    const { first, last } = this.sight();
    for (let start = this.start(first); start < last; start += this.view.page) {
      if (this.pages.has(start) || this.awaited.has(start)) continue;
      this.awaited.add(start);
      this.ask({ do: "rows", version: this.version, start });
    }
  }

  node(row) {
    const cells = this.view.heads.map(({ numeric }) => element("td", { role: "gridcell", tabIndex: -1, className: numeric ? "mcpd-number" : "" }));
    return element("tr", { className: "mcpd-row", "aria-rowindex": `${row + 2}` }, element("th", { scope: "row", className: "mcpd-n", textContent: "…" }), ...cells);
  }

  fill(row, sent) {
    const node = this.shown.get(row);
    if (node === undefined || sent === undefined) return;
    const [number, cells] = sent;
    const [name, ...places] = node.cells;
    say(name, (number + 1).toLocaleString("en"));
    places.forEach((place, index) => {
      say(place, cells[index]);
      place.title = cells[index];
    });
  }

  // -- sorting, one cell whole ---------------------------------------------------------------------------------

  sort(column) {
    const { column: now, descending } = this.arranged;
    if (now !== column) this.ask({ do: "sort", column, descending: false });
    else if (!descending) this.ask({ do: "sort", column, descending: true });
    else this.ask({ do: "sort", column: null });
  }

  clicked(event) {
    if (!event.target.closest("tr.mcpd-row > td") || String(window.getSelection())) return;
    event.target.focus({ preventScroll: true });
    this.open();
  }

  open() {
    const sent = this.at(this.active.row);
    if (sent !== undefined) this.ask({ do: "whole", row: sent[0], column: this.active.column });
  }

  unfold({ row, column, text, more }) {
    const name = `row ${(row + 1).toLocaleString("en")}, ${this.view.heads[column].name}`;
    this.whole.open(name, text, more);
    this.tell(`${name} is shown below`);
  }

  // -- keys ----------------------------------------------------------------------------------------------------

  keyed(event) {
    if (event.target !== this.scroll && event.target.tagName !== "TD") return;
    const { row, column } = this.active;
    const page = Math.max(Math.floor(this.scroll.clientHeight / this.height) - 2, 1);
    const last = { row: this.rows - 1, column: this.view.heads.length - 1 };
    const to = {
      ArrowDown: [row + 1, column],
      ArrowUp: [row - 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      PageDown: [row + page, column],
      PageUp: [row - page, column],
      Home: event.ctrlKey ? [0, 0] : [row, 0],
      End: event.ctrlKey ? [last.row, last.column] : [row, last.column],
    }[event.key];
    if (to !== undefined) this.move(Math.min(Math.max(to[0], 0), last.row), Math.min(Math.max(to[1], 0), last.column));
    else if (event.key === "Enter" || event.key === " ") this.open();
    else if (event.key === "Escape" && this.whole.isOpen) this.whole.close();
    else return;
    event.preventDefault();
  }

  move(row, column) {
    if (row < 0) return;
    this.mark(row, column);
    const room = this.scroll.clientHeight - this.head.node.offsetHeight - this.height;
    const top = row * this.height;
    this.scroll.scrollTop = Math.max(Math.min(this.scroll.scrollTop, top), top - room);
    this.draw();
    this.focusCell();
  }

  focusCell() {
    const cell = this.cell();
    if (!cell) return;
    cell.focus({ preventScroll: true });
    const names = this.head.row.cells[0].offsetWidth;
    const { scrollLeft, clientWidth } = this.scroll;
    this.scroll.scrollLeft = Math.max(Math.min(scrollLeft, cell.offsetLeft - names), cell.offsetLeft + cell.offsetWidth - clientWidth);
  }

  focused(node) {
    const row = [...this.shown].find(([, each]) => each === node.parentElement)?.[0];
    if (row !== undefined && node.tagName === "TD") this.mark(row, node.cellIndex - 1);
  }

  cell() {
    return this.shown.get(this.active.row)?.cells[this.active.column + 1];
  }

  mark(row, column) {
    const before = this.cell();
    if (before) before.tabIndex = -1;
    this.active = { row, column };
    const now = this.cell();
    if (now) now.tabIndex = 0;
  }

  // Tab finds one cell, and it is one in sight.
  keepOneStop(first, last) {
    const { row, column } = this.active;
    const isNear = row >= first && row < last;
    this.mark(isNear ? row : Math.min(this.sight().top, Math.max(this.rows - 1, 0)), column);
  }

  // -- what is said --------------------------------------------------------------------------------------------

  tell(more = "") {
    const { count, column, descending, text } = this.arranged;
    const parts = [text.trim() ? `${count.toLocaleString("en")} of ${many(this.view.length, "row")}` : many(count, "row")];
    if (column !== null) parts.push(`by ${this.view.heads[column].name}, ${descending ? "descending" : "ascending"}`);
    if (count > this.rows) parts.push(`the first ${this.rows.toLocaleString("en")} are drawn`);
    if (this.view.hidden) parts.push(`${many(this.view.hidden, "more column")} in .df`);
    if (more) parts.push(more);
    say(this.count, parts.join(" · "));
  }

  halt() {
    this.halted = true;
    clearTimeout(this.typing);
    clearTimeout(this.settling);
    this.resized.disconnect();
  }
}

export default {
  initialize({ model }) {
    return inPlaces(model, (body, ask) => new TableView(body, ask));
  },
};
