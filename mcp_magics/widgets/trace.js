// The live trace: rows as they come, a filter that the kernel applies, pause, one message whole, bars of the times.
// All that a server says becomes a text node.

const REDRAW_MS = 120;
const IDLE_SHARE = 0.05;
const WAYS = [["", "both ways"], ["→", "→ sent"], ["←", "← received"], ["⇄", "⇄ HTTP"]];
const HEADS = ["n", "time", "server", "direction", "what", "says", "ms", "bytes", "times"];

// Milliseconds as they are drawn: a time in which nothing is under way takes a twentieth of the busy time at most.
function clockOf(spans) {
  const busy = [];
  for (const [start, end] of [...spans].sort((one, other) => one[0] - other[0])) {
    const last = busy.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else busy.push([start, end]);
  }
  const room = Math.max(busy.reduce((sum, [start, end]) => sum + end - start, 0) * IDLE_SHARE, 20);
  let at = 0;
  const pieces = busy.map(([start, end], index) => {
    if (index) at += Math.min(start - busy[index - 1][1], room);
    const piece = { start, length: end - start, at };
    at += end - start;
    return piece;
  });
  const place = (moment) => {
    let found = pieces[0];
    for (const each of pieces) if (each.start <= moment) found = each;
    return found ? (found.at + Math.min(Math.max(moment - found.start, 0), found.length)) / (at || 1) : 0;
  };
  return place;
}

class TraceView {
  constructor(body, ask) {
    this.ask = ask;
    this.rows = new Map();
    this.shown = new Map();
    this.open = new Set();
    this.most = 200;
    this.skipped = 0;
    this.passed = 0;
    this.paused = false;
    this.wanted = null;
    this.build(body);
  }

  build(body) {
    this.text = element("input", { type: "search", maxLength: 200, placeholder: "filter: words of any column", "aria-label": "filter messages by words", autocomplete: "off" });
    this.server = element("select", { "aria-label": "server" });
    this.way = element("select", { "aria-label": "direction" }, ...WAYS.map(([value, textContent]) => element("option", { value, textContent })));
    this.failed = element("input", { type: "checkbox" });
    const failures = element("label", {}, this.failed, "failures only");
    this.pause = button("Pause", "pause the live trace", () => this.ask({ do: "pause", paused: !this.paused }));
    const close = button("Close", "close the live trace", () => this.ask({ do: "close" }));
    let typing = null;
    this.text.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(() => this.refilter(), 150);
    });
    for (const each of [this.server, this.way, this.failed]) each.addEventListener("change", () => this.refilter());
    this.drawServers([]);
    const heads = HEADS.map((name) => element("th", { scope: "col", className: `mcpt-${name}`, textContent: name === "direction" ? "⇅" : name }));
    heads[3].setAttribute("aria-label", "direction");
    const head = element("tr", {}, ...heads);
    this.list = element("tbody");
    this.table = element("table", { className: "mcpt", "aria-label": "messages, the newest last" }, element("thead", {}, head), this.list);
    this.scroll = element("div", { className: "mcpt-scroll", tabIndex: 0, role: "region", "aria-label": "live trace" }, this.table);
    this.count = element("div", { className: "mcpt-count mcpp-dim" });
    body.append(element("div", { className: "mcpt-bar" }, this.text, this.server, this.way, failures, this.pause, close), this.scroll, this.count);
    this.list.addEventListener("keydown", (event) => this.keyed(event));
    this.list.addEventListener("focusin", (event) => this.mark(event.target.closest("tr.mcpt-row")));
    this.list.addEventListener("mouseover", (event) => this.mark(event.target.closest("tr.mcpt-row")));
  }

  refilter() {
    this.wanted = { text: this.text.value, server: this.server.value, direction: this.way.value, failed: this.failed.checked };
    this.ask({ do: "filter", filter: this.wanted });
  }

  // The filter may have been changed in another tab; but what was chosen here and is still on its way stays chosen.
  refiltered(filter) {
    if (this.wanted && Object.entries(this.wanted).some(([name, value]) => filter[name] !== value)) return;
    this.wanted = null;
    if (document.activeElement !== this.text) this.text.value = filter.text;
    this.server.value = filter.server;
    this.way.value = filter.direction;
    this.failed.checked = filter.failed;
  }

  // -- from the kernel -----------------------------------------------------------------------------------------

  told(content) {
    if (content.view !== undefined) this.begin(content.view);
    else if (content.whole !== undefined) this.whole(content.whole);
    else if (content.passed !== undefined) this.passed = content.passed;
    else if (content.rows !== undefined) {
      this.skipped = content.skipped;
      this.drawServers(content.servers);
      this.append(content.rows);
    }
    this.tell();
  }

  begin(view) {
    this.most = view.most;
    this.skipped = view.skipped;
    this.passed = 0;
    this.paused = view.paused;
    say(this.pause, view.paused ? "Resume" : "Pause");
    this.pause.setAttribute("aria-label", view.paused ? "resume the live trace" : "pause the live trace");
    this.server.hidden = view.one;
    this.drawServers(view.servers);
    this.refiltered(view.filter);
    const keep = new Set(view.rows.map((each) => each.n));
    for (const number of [...this.rows.keys()]) if (!keep.has(number)) this.drop(number);
    this.append(view.rows);
  }

  drawServers(names) {
    const wanted = ["", ...names];
    if (this.names && wanted.length === this.names.length && wanted.every((each, index) => each === this.names[index])) return;
    const chosen = this.server.value;
    this.names = wanted;
    this.server.replaceChildren(...wanted.map((value) => element("option", { value, textContent: value || "all servers" })));
    this.server.value = wanted.includes(chosen) ? chosen : "";
  }

  append(rows) {
    const stays = this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < 40;
    for (const row of rows) {
      if (this.rows.has(row.n)) continue;
      this.rows.set(row.n, row);
      const after = [...this.shown.keys()].find((number) => number > row.n);
      const node = this.node(row);
      this.list.insertBefore(node, after === undefined ? null : this.shown.get(after));
      this.shown.set(row.n, node);
      if (this.open.has(row.pair)) this.renew(row.pair);
      if (after !== undefined) this.shown = new Map([...this.shown].sort(([one], [other]) => one - other));
    }
    for (const number of [...this.shown.keys()].slice(0, Math.max(0, this.shown.size - this.most))) this.drop(number);
    const [first] = this.shown.values();
    if (first && !this.list.querySelector('button[tabindex="0"]')) first.querySelector("button").tabIndex = 0;
    if (stays) this.scroll.scrollTop = this.scroll.scrollHeight;
    this.redraw ??= setTimeout(() => this.times(), REDRAW_MS);
  }

  drop(number) {
    this.fold(number);
    this.shown.get(number)?.remove();
    this.shown.delete(number);
    this.rows.delete(number);
  }

  node(row) {
    const toggle = element("button", { type: "button", textContent: `${row.n}`, "aria-expanded": "false", tabIndex: -1 });
    toggle.setAttribute("aria-label", `message ${row.n}, ${row.kind} ${row.what}, show it whole`);
    const ways = { "→": "sent", "←": "received", "⇄": "HTTP" };
    const way = element("td", { textContent: row.direction, title: ways[row.direction], "aria-label": ways[row.direction] });
    const answers = row.pair === null ? row.what : `↳ ${row.pair} ${row.what}`;
    const said = row.failed ? `✗ ${row.said}` : row.said;
    const node = element(
      "tr",
      { className: `mcpt-row${row.pair === null ? "" : " mcpt-answers"}` },
      element("td", { className: "mcpt-number" }, toggle),
      element("td", { textContent: row.time, className: "mcpt-time" }),
      element("td", { textContent: row.server, title: row.server }),
      way,
      element("td", { textContent: answers, title: answers, className: row.pair === null ? "" : "mcpt-answer" }),
      element("td", { textContent: said, title: said, className: row.failed ? "mcpt-failed" : "" }),
      element("td", { textContent: row.ms === null ? "" : row.ms.toFixed(1), className: "mcpt-number" }),
      element("td", { textContent: row.size === null ? "" : row.size.toLocaleString("en"), className: "mcpt-number mcpt-bytes" }),
      element("td", {}, element("span", { className: "mcpt-track" })),
    );
    node.addEventListener("click", (event) => {
      if (event.target !== toggle && String(window.getSelection())) return;
      this.toggle(row.n);
    });
    return node;
  }

  // -- one message whole ---------------------------------------------------------------------------------------

  toggle(number) {
    if (this.halted) return;
    if (this.open.has(number)) this.fold(number);
    else {
      this.open.add(number);
      this.shown.get(number).querySelector("button").setAttribute("aria-expanded", "true");
      this.ask({ do: "expand", n: number });
    }
  }

  // Its answer has come: it is shown whole once more.
  renew(number) {
    this.fold(number);
    this.toggle(number);
  }

  fold(number) {
    this.open.delete(number);
    const node = this.shown.get(number);
    node?.querySelector("button").setAttribute("aria-expanded", "false");
    if (node?.nextSibling?.className === "mcpt-whole") node.nextSibling.remove();
  }

  whole({ n, parts }) {
    const node = this.shown.get(n);
    if (!node || !this.open.has(n) || node.nextSibling?.className === "mcpt-whole") return;
    const cell = element("td", { colSpan: HEADS.length });
    for (const { head, text } of parts) cell.append(element("strong", { textContent: head }), element("pre", { textContent: text, tabIndex: 0 }));
    const whole = element("tr", { className: "mcpt-whole" }, cell);
    node.after(whole);
    const below = whole.offsetTop + whole.offsetHeight - this.scroll.clientHeight;
    const head = this.table.tHead.offsetHeight;
    this.scroll.scrollTop = Math.max(this.scroll.scrollTop, Math.min(below, node.offsetTop - head));
  }

  // -- keys, pairs, times --------------------------------------------------------------------------------------

  keyed(event) {
    const row = event.target.closest("tr.mcpt-row");
    const nodes = [...this.shown.values()];
    const at = nodes.indexOf(row);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: nodes.length - 1 }[event.key];
    if (at < 0 || to === undefined || !nodes[to]) return;
    event.preventDefault();
    event.target.tabIndex = -1;
    const next = nodes[to].querySelector("button");
    next.tabIndex = 0;
    next.focus();
  }

  mark(node) {
    for (const each of this.list.querySelectorAll(".mcpt-pair")) each.classList.remove("mcpt-pair");
    const number = [...this.shown].find(([, each]) => each === node)?.[0];
    const row = this.rows.get(number);
    if (!row) return;
    const other = row.pair ?? [...this.rows.values()].find((each) => each.pair === row.n)?.n;
    if (this.shown.has(other)) for (const each of [node, this.shown.get(other)]) each.classList.add("mcpt-pair");
  }

  // A bar stands at the request, from its start to its answer; one without an answer goes on to the right end.
  times() {
    this.redraw = null;
    const answers = new Map([...this.rows.values()].filter((each) => each.pair !== null).map((each) => [each.pair, each]));
    const last = Math.max(...[...this.rows.values()].map((each) => each.end));
    const spans = new Map();
    for (const row of this.rows.values()) {
      if (row.kind === "http") spans.set(row.n, [row.start, row.end, row.failed ? "var(--mcpp-bad)" : "#8250df"]);
      else if (row.kind === "request") {
        const answer = answers.get(row.n);
        const tone = answer === undefined ? "var(--mcpp-quiet)" : answer.failed ? "var(--mcpp-bad)" : "#0969da";
        spans.set(row.n, [row.start, answer?.end ?? last, tone, answer === undefined]);
      }
    }
    const place = clockOf([...spans.values()].map(([start, end, , open]) => [start, open ? start : end]));
    for (const [number, [start, end, tone]] of spans) {
      const track = this.shown.get(number).querySelector(".mcpt-track");
      const bar = track.firstChild ?? track.appendChild(element("span"));
      const [left, right] = [place(start) * 100, place(end) * 100];
      bar.style.left = `min(${left.toFixed(2)}%, calc(100% - 2px))`;
      bar.style.width = `${Math.max(right - left, 0).toFixed(2)}%`;
      bar.style.setProperty("--mcpt-tone", tone);
    }
  }

  tell() {
    const shown = this.shown.size;
    const parts = [`${shown.toLocaleString("en")} message${shown === 1 ? "" : "s"} shown, the newest ${this.most} are kept here`];
    if (this.skipped) parts.push(`… ${this.skipped.toLocaleString("en")} skipped: %mcp trace has what is kept`);
    if (this.paused) parts.push(`paused${this.passed ? `, ${this.passed.toLocaleString("en")} have passed since` : ""}`);
    say(this.count, parts.join(" · "));
  }

  halt() {
    this.halted = true;
    clearTimeout(this.redraw);
  }
}

export default {
  initialize({ model }) {
    return inPlaces(model, (body, ask) => new TraceView(body, ask));
  },
};
