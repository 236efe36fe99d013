// A server's question in the cell that waits: a form, an address to consent to, a reply to write, an approval.
// All that a server says becomes a text node. What a person enters leaves as one message and never becomes state.

const PATIENCE_MS = 4000;
let views = 0;

function make(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((each) => each !== null));
  return made;
}

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
    const mark = field.required ? make("span", { className: "mcpq-required", textContent: " (required)" }) : null;
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
    return field.kind === "json" || field.long ? this.area(field, entry, id) : this.line(field, entry, id);
  }

  object(field, entry, path) {
    const inner = (field.fields ?? []).map((each) => [each.name, this.field(each, (entry ?? {})[each.name], [...path, each.name])]);
    const node = make("div", { className: "mcpq-nested" }, ...inner.map(([, each]) => each.node));
    const read = () => Object.fromEntries(inner.map(([name, each]) => [name, each.read()]));
    return { node, read, group: true, described: [], focus: null };
  }

  array(field, entries, path) {
    const rows = [];
    const list = make("div", {});
    const add = (entry) => {
      const inner = this.line(field.item, entry, `${this.prefix}-${this.count++}`);
      inner.described[0].setAttribute("aria-label", `${field.title ?? field.name} ${rows.length + 1}`);
      const remove = make("button", { type: "button", textContent: "Remove" });
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
    const box = make("textarea", { id, value: entry ?? "", rows: field.kind === "json" ? 5 : 4, spellcheck: field.kind !== "json" });
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
    box.value = entry ?? "";
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

  // A native input where it can hold what is there already; else a plain one, which holds anything.
  type(field, entry) {
    if (field.kind === "integer" || field.kind === "number") return entry === "" || Number.isFinite(Number(entry)) ? "number" : "text";
    if (field.format === "date") return entry === "" || /^\d{4}-\d{2}-\d{2}$/.test(entry) ? "date" : "text";
    return { email: "email", uri: "url" }[field.format] ?? "text";
  }
}

// A moment of the person's clock with its offset (RFC 3339).
function zoned(local) {
  const minutes = -new Date(local).getTimezoneOffset();
  const two = (number) => String(Math.floor(Math.abs(number))).padStart(2, "0");
  const full = local.length === 16 ? `${local}:00` : local;
  return `${full}${minutes === 0 ? "Z" : `${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`}`;
}

function formBody(view, builder, body) {
  if (view.title) body.append(make("div", { className: "mcpq-title", textContent: view.title }));
  if (view.description) body.append(make("div", { className: "mcpq-help", textContent: view.description }));
  const fields = (view.fields ?? []).map((each) => {
    const name = each.name ?? "";
    const built = builder.field(each, view.entries[name], name === "" ? [] : [name]);
    body.append(built.node);
    return [name, built];
  });
  return () => Object.fromEntries(fields.map(([name, each]) => [name, each.read()]));
}

function urlBody(view, body) {
  const { address, host, warnings, refusal, opens } = view.visit;
  body.append(make("div", { className: "mcpq-help", textContent: "It asks you to open this address:" }));
  body.append(make("div", { className: "mcpq-address", textContent: address }));
  if (host) body.append(make("div", {}, "host: ", make("strong", { textContent: host })));
  for (const each of warnings) body.append(make("div", { className: "mcpq-problem", textContent: `⚠ ${each}` }));
  if (refusal) body.append(make("div", { className: "mcpq-problem", textContent: `It is not opened from here: ${refusal}.` }));
  else {
    const link = make("a", { href: opens, target: "_blank", rel: "noopener noreferrer", textContent: `Open ${host}` });
    body.append(make("div", { className: "mcpq-link" }, link));
  }
  body.append(make("div", { className: "mcpq-help", textContent: "Accept says that you agree; what you do there stays between you and that site." }));
  return () => ({});
}

function samplingBody(view, builder, body) {
  const list = make("dl", { className: "mcpq-parts" });
  for (const { label, text, role } of view.parts ?? []) {
    list.append(make("dt", { textContent: label, className: role ? "mcpq-role" : "" }), make("dd", { textContent: text }));
  }
  const reply = builder.field({ name: "text", kind: "string", long: true, title: "Your reply, as the model's" }, "", ["text"]);
  body.append(list, reply.node);
  return () => ({ text: reply.read() });
}

function bodyOf(view, builder, body) {
  if (view.kind === "form") return formBody(view, builder, body);
  if (view.kind === "url") return urlBody(view, body);
  if (view.kind === "sampling") return samplingBody(view, builder, body);
  return () => ({});
}

const BUTTONS = {
  form: [["accept", "Accept"], ["decline", "Decline"], ["cancel", "Cancel"]],
  url: [["accept", "Accept"], ["decline", "Decline"], ["cancel", "Cancel"]],
  sampling: [["accept", "Send"], ["decline", "Decline"], ["cancel", "Cancel"]],
  approval: [["accept", "Approve"], ["decline", "Decline"]],
};
const ASKS = { form: "asks", url: "asks", sampling: "asks for a completion", approval: "asks for approval" };

function badOnes(entries) {
  if (entries === null || typeof entries !== "object") return [];
  if (entries.bad instanceof HTMLElement) return [entries.bad];
  return Object.values(entries).flatMap(badOnes);
}

export default {
  render({ model, el }) {
    const view = model.get("view");
    const prefix = `mcpq-${Date.now().toString(36)}-${views++}`;
    const builder = new Builder(prefix);
    const heading = make("div", { id: `${prefix}-head`, className: "mcpq-head", textContent: `${view.server} ${ASKS[view.kind]}` });
    const message = make("div", { className: "mcpq-message", textContent: view.message });
    const body = make("div", {});
    const read = bodyOf(view, builder, body);
    const said = make("div", { className: "mcpq-problem" });
    said.setAttribute("role", "alert");
    const buttons = BUTTONS[view.kind].map(([action, text]) =>
      make("button", { type: action === "accept" ? "submit" : "button", textContent: text, value: action }),
    );
    const anyway = make("button", { type: "button", textContent: "Send anyway", hidden: true });
    const form = make("form", { className: "mcpq", noValidate: true, autocomplete: "off" }, heading, message, body, said);
    form.append(make("div", { className: "mcpq-buttons" }, ...buttons, anyway));
    form.setAttribute("aria-labelledby", heading.id);
    form.setAttribute("data-lm-suppress-shortcuts", "true");
    el.append(form);

    let waiting = null;
    const busy = (is) => {
      for (const each of [...buttons, anyway]) each.disabled = is;
      clearTimeout(waiting);
      waiting = is ? setTimeout(() => show("The kernel does not answer: it may be busy, or gone. Run the cell again if it was restarted."), PATIENCE_MS) : null;
    };
    const show = (text) => {
      busy(false);
      said.textContent = text;
    };
    const clear = () => {
      said.textContent = "";
      anyway.hidden = true;
      for (const { problem } of builder.places.values()) problem.textContent = "";
    };
    const send = (action, regardless = false) => {
      clear();
      const entries = action === "accept" ? read() : {};
      const [bad] = badOnes(entries);
      if (bad) {
        bad.focus();
        return show("That is no number.");
      }
      busy(true);
      model.send({ do: "answer", action, entries, anyway: regardless });
    };
    const place = (path) => {
      for (let length = path.length; length >= 0; length--) {
        const found = builder.places.get(JSON.stringify(path.slice(0, length)));
        if (found) return found;
      }
      return null;
    };
    const told = ({ problems, blocked, note }) => {
      clear();
      show(note ?? "");
      let first = null;
      for (const { path, message: text } of problems ?? []) {
        const found = place(path);
        const at = found ? found.problem : said;
        at.textContent = at.textContent ? `${at.textContent}; ${text}` : text;
        first ??= found?.focus;
      }
      anyway.hidden = blocked || (problems ?? []).length === 0;
      first?.focus();
    };

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send("accept");
    });
    // Keys are the form's own: in a select or a checkbox, JupyterLab would take letters for commands to the notebook.
    // Inside it, Chromium does not submit a form by Enter alone (measured with JupyterLab 4.6, Chromium 156).
    form.addEventListener("keydown", (event) => {
      event.stopPropagation();
      const inLine = event.target instanceof HTMLInputElement && event.target.type !== "checkbox";
      if (event.key !== "Enter" || event.isComposing || !inLine || buttons[0].disabled) return;
      event.preventDefault();
      form.requestSubmit();
    });
    for (const each of buttons.slice(1)) each.addEventListener("click", () => send(each.value));
    anyway.addEventListener("click", () => send("accept", true));
    model.on("msg:custom", told);
    return () => {
      clearTimeout(waiting);
      model.off("msg:custom", told);
    };
  },
};
