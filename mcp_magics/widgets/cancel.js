// The button that ends what a notebook waits for or has left to run: how long it has taken, and its progress beside it.

// Bars are kept and only changed: a redrawn one would begin its movement anew.
class Bars {
  constructor() {
    this.root = element("div");
    this.more = element("div", { className: "mcpp-dim" });
    this.rows = [];
  }

  show(bars, more) {
    while (this.rows.length > bars.length) this.rows.pop().node.remove();
    while (this.rows.length < bars.length) this.rows.push(this.row());
    bars.forEach(({ share, text }, number) => {
      const { bar, words } = this.rows[number];
      if (share === null) bar.removeAttribute("value");
      else bar.value = share;
      say(words, ` ${text}`);
    });
    say(this.more, more);
    this.root.append(this.more);
  }

  row() {
    const bar = element("progress", { max: 1, "aria-label": "progress" });
    const words = element("span");
    const node = element("div", {}, bar, words);
    this.root.append(node);
    return { node, bar, words };
  }
}

class CancelPanel {
  constructor(root, ask) {
    this.began = null;
    this.bars = new Bars();
    this.button = button("Cancel", "cancel", () => {
      this.button.disabled = true;
      ask({ do: "cancel" });
    });
    this.clock = element("span", { className: "mcpp-dim", "aria-hidden": "true" });
    this.end = element("div", { className: "mcpp-end" }, this.button, this.clock);
    root.append(element("div", { className: "mcpp-running" }, this.bars.root, this.end));
    this.timer = setInterval(() => this.tick(), 1000);
  }

  told({ view }) {
    if (view === undefined) return;
    this.button.setAttribute("aria-label", `cancel ${view.name}`);
    this.end.hidden = view.aside;
    this.began = Date.now() - 1000 * view.seconds;
    this.bars.show(view.bars, view.more);
    this.tick();
  }

  tick() {
    if (this.began !== null) say(this.clock, `${Math.max(0, Math.round((Date.now() - this.began) / 1000))} s`);
  }

  halt() {
    clearInterval(this.timer);
  }
}

export default {
  initialize({ model }) {
    return inPlaces(model, (root, ask) => new CancelPanel(root, ask));
  },
};
