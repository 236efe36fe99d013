// The header of a live table: a button a column, its order said as aria-sort; and how wide each column is.

const ARROWS = { ascending: "▲", descending: "▼", none: "↕" };

class TableHead {
  constructor(sort) {
    this.sort = sort;
    this.sizes = element("colgroup");
    this.row = element("tr", { "aria-rowindex": "1" });
    this.node = element("thead", {}, this.row);
  }

  // The width of all columns; each is so many digits wide.
  draw(heads, rows) {
    const widths = [rows.toLocaleString("en").length + 3, ...heads.map(({ width }) => width + 3)].map((digits) => `${digits}ch`);
    this.sizes.replaceChildren(...widths.map((width) => {
      const size = element("col");
      size.style.width = width;
      return size;
    }));
    const corner = element("td", { className: "mcpd-n", textContent: "#", title: "the row's number as it was sent" });
    this.row.replaceChildren(corner, ...heads.map((head, index) => this.cell(head, index)));
    return `calc(${widths.join(" + ")})`;
  }

  cell({ name, numeric }, index) {
    const arrow = element("span", { className: "mcpd-arrow", textContent: ARROWS.none, "aria-hidden": "true" });
    const sort = element("button", { type: "button", title: name }, element("span", { textContent: name }), arrow);
    sort.addEventListener("click", () => this.sort(index));
    return element("th", { scope: "col", className: numeric ? "mcpd-number" : "", "aria-sort": "none" }, sort);
  }

  tell(column, descending) {
    [...this.row.cells].slice(1).forEach((cell, index) => {
      const order = index !== column ? "none" : descending ? "descending" : "ascending";
      cell.setAttribute("aria-sort", order);
      say(cell.querySelector(".mcpd-arrow"), ARROWS[order]);
    });
  }
}
