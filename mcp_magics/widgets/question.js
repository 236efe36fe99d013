// A server's question in the cell that waits: a form, an address to consent to, a reply to write, an approval.
// All that a server says becomes a text node. What a person enters leaves as one message and never becomes state.

const PATIENCE_MS = 4000;
let views = 0;

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
        return show(halfTyped(bad));
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
    // What was typed can still be read; nobody waits for it.
    const gone = () => {
      show("The kernel is gone, and nobody answers: run the cell again.");
      for (const each of form.elements) each.disabled = true;
      for (const each of form.querySelectorAll("a[href]")) each.replaceWith(each.textContent);
    };
    model.on("msg:custom", told);
    model.on("comm_live_update", gone);
    return () => {
      clearTimeout(waiting);
      model.off("msg:custom", told);
      model.off("comm_live_update", gone);
    };
  },
};
