// One cell of a live table whole, below it; closed by its button or by Escape.

class CellBox {
  constructor(closed) {
    this.closed = closed;
    this.node = element("div", { className: "mcpd-whole", role: "region", "aria-label": "one cell whole", hidden: true });
    this.node.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
  }

  get isOpen() {
    return !this.node.hidden;
  }

  open(name, text, more) {
    const close = button("Close", "close the cell", () => this.close());
    const head = element("div", { className: "mcpd-bar" }, element("strong", { textContent: name }), element("span", { className: "mcpp-dim", textContent: more }), close);
    const body = text === "" ? element("p", { className: "mcpp-dim", textContent: "nothing" }) : element("pre", { textContent: text, tabIndex: 0, dir: "auto" });
    this.node.replaceChildren(head, body);
    this.node.hidden = false;
  }

  close() {
    this.node.hidden = true;
    this.node.replaceChildren();
    this.closed();
  }
}
