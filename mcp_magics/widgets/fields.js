// Fields to fill in: one for each kind a schema can be drawn as. What a server says of them becomes text nodes.

function make(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((each) => each !== null));
  return made;
}

// A field's name, which may be empty; and what is in a mapping of that name, which may be one that all objects have.
const nameOf = (field) => field.name ?? "";
const within = (entries, name) => (entries && Object.hasOwn(entries, name) ? entries[name] : undefined);

// Each builder returns {node, read, focus}: what is drawn, and what stands in it now.
class Builder {
  constructor(prefix) {
    this.prefix = prefix;
    this.count = 0;
    this.places = new Map();
  }

  // A field with its label, its hint and a place for its problem.
  field(field, entry, path) {
    const id = `${this.prefix}-${this.count++}`;
    const problem = make("div", { id: `${id}-problem`, className: "mcpq-problem" });
    problem.setAttribute("aria-live", "polite");
    const inner = this.inner(field, entry, path, id);
    this.places.set(JSON.stringify(path), { problem, focus: inner.focus });
    const about = [field.description, field.hint].filter(Boolean).join(" · ");
    const help = about ? make("div", { id: `${id}-help`, className: "mcpq-help", textContent: about }) : null;
    for (const each of inner.described) {
      each.setAttribute("aria-describedby", [help && help.id, problem.id].filter(Boolean).join(" "));
    }
    const name = field.title ?? field.name ?? "";
    const mark = field.required && !field.unmarked ? make("span", { className: "mcpq-required", textContent: " (required)" }) : null;
    if (inner.group) {
      const legend = make("legend", {}, name, mark);
      return { node: make("fieldset", { className: "mcpq-field" }, legend, help, inner.node, problem), read: inner.read };
    }
    const label = make("label", { htmlFor: id }, name, mark);
    const parts = inner.inline ? [make("div", {}, inner.node, label), help] : [label, help, inner.node];
    return { node: make("div", { className: "mcpq-field" }, ...parts, problem), read: inner.read };
  }

  inner(field, entry, path, id) {
    switch (field.kind) {
      case "object":
        return this.object(field, entry, path);
      case "array":
        return this.array(field, entry, path);
      case "boolean":
        return typeof entry === "boolean" ? this.checkbox(entry, id) : this.select(["yes", "no"], null, id, [true, false]);
      case "choice":
        return this.select(field.choices ?? [], entry, id);
      case "choices":
        return this.checkboxes(field.choices ?? [], entry);
    }
    return this.text(field, entry, id);
  }

  // A line would lose the line ends of what is there already.
  text(field, entry, id) {
    const isLong = field.kind === "json" || field.long || (typeof entry === "string" && entry.includes("\n"));
    return isLong ? this.area(field, entry, id) : this.line(field, entry, id);
  }

  object(field, entry, path) {
    const inner = (field.fields ?? []).map((each) => [nameOf(each), this.field(each, within(entry, nameOf(each)), [...path, nameOf(each)])]);
    const node = make("div", { className: "mcpq-nested" }, ...inner.map(([, each]) => each.node));
    const read = () => Object.fromEntries(inner.map(([name, each]) => [name, each.read()]));
    return { node, read, group: true, described: [], focus: null };
  }

  array(field, entries, path) {
    const rows = [];
    const list = make("div", {});
    const add = (entry) => {
      const inner = this.text(field.item, entry, `${this.prefix}-${this.count++}`);
      inner.described[0].setAttribute("aria-label", `${field.title ?? field.name} ${rows.length + 1}`);
      const remove = make("button", { type: "button", textContent: "Remove" });
      remove.setAttribute("aria-label", `Remove ${field.title ?? field.name} ${rows.length + 1}`);
      const row = { read: inner.read, node: make("div", { className: "mcpq-row" }, inner.node, remove) };
      remove.addEventListener("click", () => {
        rows.splice(rows.indexOf(row), 1);
        row.node.remove();
        more.focus();
      });
      rows.push(row);
      list.append(row.node);
      return inner;
    };
    const more = make("button", { type: "button", textContent: "Add" });
    more.setAttribute("aria-label", `Add to ${field.title ?? field.name}`);
    more.addEventListener("click", () => add("").focus.focus());
    for (const each of entries ?? []) add(each);
    return { node: make("div", {}, list, more), read: () => rows.map((each) => each.read()), group: true, described: [], focus: more };
  }

  checkbox(entry, id) {
    const box = make("input", { type: "checkbox", checked: entry, id });
    return { node: box, read: () => box.checked, inline: true, described: [box], focus: box };
  }

  select(choices, entry, id, values = null) {
    const none = make("option", { value: "", textContent: "(nothing chosen)" });
    const box = make("select", { id }, none, ...choices.map((each, number) => make("option", { value: `${number}`, textContent: each })));
    box.value = Number.isInteger(entry) ? `${entry}` : "";
    const read = () => (box.value === "" ? null : values ? values[Number(box.value)] : Number(box.value));
    return { node: box, read, described: [box], focus: box };
  }

  checkboxes(choices, entry) {
    const boxes = choices.map((each, number) => make("input", { type: "checkbox", checked: (entry ?? []).includes(number) }));
    const labels = choices.map((each, number) => make("label", { className: "mcpq-choice" }, boxes[number], each));
    const read = () => boxes.flatMap((each, number) => (each.checked ? [number] : []));
    return { node: make("div", { className: "mcpq-choices" }, ...labels), read, group: true, described: boxes, focus: boxes[0] };
  }

  area(field, entry, id) {
    const box = make("textarea", { id, value: entry ?? "", rows: field.rows ?? (field.kind === "json" ? 5 : 4), spellcheck: field.kind !== "json" });
    if (field.kind === "json") box.className = "mcpq-json";
    return { node: box, read: () => box.value, described: [box], focus: box };
  }

  line(field, entry, id) {
    const box = make("input", { id, type: this.type(field, entry ?? ""), autocomplete: "off" });
    if (box.type === "number") {
      for (const [name, bound] of [["min", field.least], ["max", field.most], ["step", field.step ?? "any"]]) {
        if (bound !== undefined) box.setAttribute(name, bound);
      }
    }
    box.inputMode = { email: "email", uri: "url" }[field.format] ?? "";
    box.value = entry ?? "";
    if (box.value !== (entry ?? "")) Object.assign(box, { type: "text", value: entry });
    const read = () => (box.validity.badInput ? { bad: box } : box.value);
    if (field.format !== "date-time") return { node: box, read, described: [box], focus: box };
    box.placeholder = "2025-01-31T12:00:00Z";
    const picker = make("input", { type: "datetime-local", step: 1 });
    picker.setAttribute("aria-label", `pick ${field.title ?? field.name}`);
    picker.addEventListener("input", () => {
      if (picker.value) box.value = zoned(picker.value);
    });
    return { node: make("div", { className: "mcpq-row" }, box, picker), read, described: [box], focus: box };
  }

  // A native input where it can hold what is there already; else a plain one, which holds anything. One for e-mail
  // would write domains of other letters anew while they are typed, and one for addresses trim what is there.
  type(field, entry) {
    if (field.kind === "integer" || field.kind === "number") return entry === "" || Number.isFinite(Number(entry)) ? "number" : "text";
    if (field.format === "date") return entry === "" || /^\d{4}-\d{2}-\d{2}$/.test(entry) ? "date" : "text";
    return "text";
  }
}

// A moment of the person's clock with its offset (RFC 3339).
function zoned(local) {
  const minutes = -new Date(local).getTimezoneOffset();
  const two = (number) => String(Math.floor(Math.abs(number))).padStart(2, "0");
  const full = local.length === 16 ? `${local}:00` : local;
  return `${full}${minutes === 0 ? "Z" : `${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`}`;
}

function badOnes(entries) {
  if (entries === null || typeof entries !== "object") return [];
  if (entries.bad instanceof HTMLElement) return [entries.bad];
  return Object.values(entries).flatMap(badOnes);
}

// What is said of an input that has no text for what was typed into it.
function halfTyped(input) {
  return input.type === "number" ? "that is no number" : "a date is half there: fill it in, or empty it";
}
