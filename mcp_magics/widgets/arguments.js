// The fields of a tool's arguments: beside those of a question, parts that are added and removed, one of several
// shapes, arrays of anything, files, and any field as JSON. What a field holds has the form the kernel reads
// (`mcp_magics/schema/argument_entries.py`).

const LARGEST_FILE = 7000000;

const isNumber = (field) => field.kind === "number" || field.kind === "integer";
const isRaw = (entry) => entry !== null && typeof entry === "object" && typeof entry.raw === "string";

// `changed` is called after anything was added or removed; `upload` sends a file's content away.
class ArgumentFields extends Builder {
  constructor(prefix, changed, upload) {
    super(prefix);
    this.changed = changed;
    this.upload = upload;
    this.fresh = new Set();
  }

  // What was added since the arguments were last judged is not blamed for being empty before anything is typed into it.
  added(build) {
    const before = new Set(this.places.values());
    const built = build();
    for (const [key, place] of this.places) if (!before.has(place)) this.fresh.add(key);
    return built;
  }

  touched(target) {
    for (const key of this.fresh) if (this.places.get(key)?.problem.parentNode?.contains(target)) this.fresh.delete(key);
  }

  // A field in a slot that is drawn anew when it becomes JSON, or a field again.
  field(field, entry, path) {
    const slot = make("div", { className: "mcpf-slot" });
    let current = null;
    const draw = (now) => {
      current = isRaw(now) ? this.raw(field, now.raw, path) : super.field(field, now, path);
      slot.replaceChildren(current.node, ...this.switches(field, isRaw(now), current, draw));
    };
    draw(entry);
    return { node: slot, read: () => current.read(), focus: () => slot.querySelector("input, select, textarea, button")?.focus() };
  }

  switches(field, raw, current, draw) {
    const redraw = (entry) => {
      draw(entry);
      this.changed();
    };
    const name = field.title ?? field.name ?? "value";
    const small = (textContent, label, act) => {
      const made = make("button", { type: "button", textContent, className: "mcpf-switch", title: label });
      made.setAttribute("aria-label", label);
      made.addEventListener("click", act);
      return made;
    };
    if (raw) {
      return [small("as a field", `as a field: ${name}`, () => redraw(asEntry(field, current.read().raw)))];
    }
    const made = [];
    if (field.nullable) made.push(small("null", `null for ${name}`, () => redraw({ raw: "null" })));
    if (LEAVES.has(field.kind)) made.push(small("{ }", `{ } as JSON: ${name}`, () => redraw({ raw: asJson(field, current.read()) })));
    return made.length ? [make("div", { className: "mcpf-switches" }, ...made)] : [];
  }

  raw(field, text, path) {
    const about = { ...field, kind: "json", hint: "as JSON, sent as it stands", format: undefined, rows: Math.min(text.split("\n").length, 8) };
    const built = super.field(about, text, path);
    return { node: built.node, read: () => ({ raw: built.read() }) };
  }

  inner(field, entry, path, id) {
    if (field.kind === "union") return this.union(field, entry, path, id);
    if (field.kind === "choices") {
      const inner = super.inner(field, entry, path, id);
      return { ...inner, read: () => (inner.read().length || field.required ? inner.read() : null) };
    }
    if (field.kind === "string" && field.encoding) return this.file(field, entry, id);
    if (field.fixed !== undefined && entry === 0) return this.fixed(field, id);
    return super.inner(field, entry, path, id);
  }

  // The one value it may have is a text to read, not a choice.
  fixed(field, id) {
    const node = make("output", { id, className: "mcpf-fixed", textContent: field.choices[0] });
    return { node, read: () => 0, described: [node], focus: null };
  }

  object(field, entry, path) {
    if (entry === null || entry === undefined) return this.absent(field, path);
    const of = entry.of ?? {};
    const inner = (field.fields ?? []).map((each) => [nameOf(each), this.field(each, within(of, nameOf(each)), [...path, nameOf(each)])]);
    const node = make("div", { className: path.length ? "mcpq-nested" : "" }, ...inner.map(([, each]) => each.node));
    let more = { read: () => "" };
    if (field.open || entry.more) {
      more = super.field({ name: "", title: "Other members", kind: "json", hint: "a JSON object" }, entry.more ?? "", [...path, "\u0000"]);
      node.append(more.node);
    }
    if (!inner.length && !field.open && !entry.more) node.append(make("div", { className: "mcpq-help", textContent: "It takes nothing." }));
    const read = () => ({ of: Object.fromEntries(inner.map(([name, each]) => [name, each.read()])), more: more.read() });
    return this.removable(field, path, { node, read, group: true, described: [], focus: null });
  }

  // A part that is left out until somebody adds it; and one that was added, which can be left out again.
  absent(field, path) {
    const place = make("div", {});
    let current = null;
    const name = field.title ?? field.name ?? "it";
    const add = make("button", { type: "button", textContent: `Add ${name}`, className: "mcpf-add" });
    add.addEventListener("click", () => {
      current = this.added(() => this.object(field, field.begun[0], path));
      place.replaceChildren(current.node);
      place.querySelector("input, select, textarea, button")?.focus();
      this.changed();
    });
    place.append(add);
    return { node: place, read: () => (current ? current.read() : null), group: true, described: [], focus: add };
  }

  removable(field, path, built) {
    if (field.required || !path.length) return built;
    const made = { ...built };
    const remove = make("button", { type: "button", textContent: `Leave ${field.title ?? field.name ?? "it"} out`, className: "mcpf-remove" });
    const node = make("div", {}, built.node, remove);
    remove.addEventListener("click", () => {
      const absent = this.absent(field, path);
      made.node.replaceWith(absent.node);
      made.gone = absent;
      this.changed();
      absent.focus.focus();
    });
    made.node = node;
    made.read = () => (made.gone ? made.gone.read() : built.read());
    return made;
  }

  union(field, entry, path, id) {
    const variants = field.variants ?? [];
    const none = make("option", { value: "", textContent: "(nothing chosen)" });
    const box = make("select", { id }, none, ...variants.map((each, number) => make("option", { value: `${number}`, textContent: each.title })));
    box.setAttribute("aria-label", `${field.title ?? field.name ?? "value"}: which of ${variants.length}`);
    const place = make("div", { className: "mcpf-variant" });
    const typed = new Map();
    let current = null;
    const draw = (number, inner) => {
      current = number === null ? null : { number, built: this.variant(variants[number], inner, path) };
      place.replaceChildren(...(current ? [current.built.node] : []));
    };
    box.addEventListener("change", () => {
      if (current) typed.set(current.number, current.built.read());
      const number = box.value === "" ? null : Number(box.value);
      this.added(() => draw(number, number === null ? null : (typed.get(number) ?? field.begun[number])));
      this.changed();
    });
    const chosen = entry && Number.isInteger(entry.variant) ? entry.variant : null;
    box.value = chosen === null ? "" : `${chosen}`;
    draw(chosen, chosen === null ? null : entry.entry);
    const read = () => (current ? { variant: current.number, entry: current.built.read() } : null);
    return { node: make("div", {}, box, place), read, group: true, described: [box], focus: box };
  }

  // A variant's fields stand under the choice itself, whose label says which one it is.
  variant(field, entry, path) {
    if (field.kind !== "object" || isRaw(entry) || entry === null) return this.field({ ...field, required: true, unmarked: true }, entry, path);
    return this.object({ ...field, required: true }, entry, path);
  }

  array(field, entries, path) {
    let rows = [];
    const list = make("div", {});
    const more = make("button", { type: "button", textContent: "Add", className: "mcpf-add" });
    more.setAttribute("aria-label", `Add to ${field.title ?? field.name ?? "the list"}`);
    let given = entries !== null && entries !== undefined;
    const row = (entry, number) => {
      const item = { ...field.item, title: `${field.title ?? field.name ?? "item"} ${number + 1}`, required: true, unmarked: true };
      const built = this.field(item, entry, [...path, number]);
      const remove = make("button", { type: "button", textContent: "Remove", className: "mcpf-remove" });
      remove.setAttribute("aria-label", `Remove ${item.title}`);
      remove.addEventListener("click", () => {
        const rest = rows.filter((each) => each !== built).map((each) => each.read());
        given = rest.length > 0 || field.required;
        draw(rest);
        more.focus();
        this.changed();
      });
      list.append(make("div", { className: "mcpf-item" }, built.node, remove));
      return built;
    };
    const draw = (all) => {
      list.replaceChildren();
      rows = [];
      all.forEach((each, number) => rows.push(row(each, number)));
    };
    more.addEventListener("click", () => {
      given = true;
      rows.push(this.added(() => row(field.begun[0], rows.length)));
      rows.at(-1).focus();
      this.changed();
    });
    draw(entries ?? []);
    const read = () => (given ? rows.map((each) => each.read()) : null);
    return { node: make("div", {}, list, more), read, group: true, described: [], focus: more };
  }

  // Bytes: base64 that is typed, or a file, whose content goes to the kernel once and is named from then on.
  file(field, entry, id) {
    const typed = this.area({ ...field, kind: "string", rows: 1 }, typeof entry === "string" ? entry : "", id);
    const said = make("div", { className: "mcpq-help" });
    said.setAttribute("role", "status");
    const picker = make("input", { type: "file" });
    picker.setAttribute("aria-label", `${field.title ?? field.name}: a file`);
    typed.node.placeholder = field.encoding;
    let chosen = entry !== null && typeof entry === "object" ? entry : null;
    picker.addEventListener("change", async () => {
      const [file] = picker.files;
      chosen = null;
      said.textContent = "";
      if (file && file.size > LARGEST_FILE) said.textContent = `too large for a page: a file may have ${LARGEST_FILE.toLocaleString("en")} bytes; use %mcp call … ${field.name}=@FILE`;
      else if (file) {
        const name = `${id}-${Date.now()}`;
        this.upload(name, await base64(file));
        chosen = { file: name };
        said.textContent = `${file.name}, ${file.size.toLocaleString("en")} bytes`;
      }
      typed.node.disabled = chosen !== null;
      this.changed();
    });
    const node = make("div", {}, typed.node, make("div", { className: "mcpq-row" }, picker), said);
    return { node, read: () => chosen ?? typed.read(), described: [typed.node], focus: typed.node };
  }

  line(field, entry, id) {
    const built = super.line(field, entry ?? "", id);
    if (field.sensitive && field.kind === "string") built.described[0].type = "password";
    if (field.format === "time") built.described[0].placeholder = "12:00:00Z";
    if (isNumber(field)) built.described[0].inputMode = "decimal";
    return built;
  }

  // A native number box has no text for what is no number: what was typed is kept in a plain one.
  type(field, entry) {
    return isNumber(field) ? "text" : super.type(field, entry);
  }
}

const LEAVES = new Set(["string", "number", "integer", "boolean", "choice"]);

function asJson(field, entry) {
  if (field.fixed !== undefined && entry === 0) return field.fixed;
  if (typeof entry === "boolean") return String(entry);
  if (typeof entry !== "string" || field.kind === "choice") return "";
  if (field.kind === "string") return JSON.stringify(entry);
  return entry;
}

// What a field says that was JSON: the same, where it can; else it begins anew.
function asEntry(field, raw) {
  let value;
  try {
    value = JSON.parse(raw);
  } catch {
    value = undefined;
  }
  if (field.kind === "json") return raw;
  if (field.kind === "string") return typeof value === "string" ? value : "";
  if (isNumber(field)) return typeof value === "number" ? raw.trim() : "";
  if (field.kind === "boolean") return typeof value === "boolean" ? value : null;
  if (field.fixed !== undefined) return 0;
  return field.kind === "object" && field.required ? (field.begun?.[0] ?? null) : null;
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
