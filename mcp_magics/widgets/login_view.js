// A login under way, as its own panel and the card of its server draw it: steps with ticks, a link, a box to paste into.
// What is pasted leaves as a message and never becomes state: the box is emptied before anything else happens.

function stepRow({ mark, tone, name, text, at }) {
  const said = mark === "✓" ? "done" : "failed";
  const tick = element("span", { textContent: mark, role: "img", "aria-label": said });
  const decision = element("span", { className: "mcpp-dim", textContent: ` ${text}` });
  const row = element("li", { className: `mcpp-${tone}` }, tick, element("span", {}, element("span", { textContent: name }), decision));
  row.append(element("span", { className: "mcpp-dim", textContent: at }));
  return row;
}

function linkOf({ link, clickable }, server) {
  if (link === "" || !clickable) return element("code", { textContent: link });
  const properties = { href: link, target: "_blank", rel: "noopener noreferrer", textContent: `log in to ${server}`, className: "mcpp-go" };
  return element("a", properties);
}

let pasteForms = 0;

// The box for the address the browser ended on, and Cancel; `act(content)` sends what was done.
function pasteForm(server, act) {
  const box = element("input", {
    type: "password",
    autocomplete: "off",
    placeholder: "the address the browser ended on",
    "aria-label": `address the browser ended on, for ${server}`,
  });
  const paste = element("button", { type: "submit", textContent: "Paste", "aria-label": `paste the address for ${server}` });
  const cancel = button("Cancel", `cancel the login of ${server}`, () => {
    cancel.disabled = paste.disabled = box.disabled = true;
    act({ do: "cancel" });
  });
  const problem = element("div", { className: "mcpp-problem", role: "alert" });
  const reason = element("div", { className: "mcpp-dim", id: `mcpp-${pasteForms++}-reason`, textContent: "Only if its last page did not open: paste the address from the address bar." });
  box.setAttribute("aria-describedby", reason.id);
  const form = element("form", { autocomplete: "off" }, box, paste, cancel);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value;
    box.value = "";
    say(problem, "");
    if (text.trim() !== "") act({ do: "paste", text });
  });
  // Inside JupyterLab, Chromium does not submit a form by Enter alone (measured with JupyterLab 4.6, Chromium 156).
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  return { node: element("div", { className: "mcpp-paste" }, reason, form, problem), problem };
}

class LoginView {
  constructor(root, act) {
    this.root = root;
    this.act = act;
    this.line = element("div", { role: "status", "aria-live": "polite" });
    this.clock = element("span", { className: "mcpp-dim", "aria-hidden": "true" });
    this.steps = element("ol", { className: "mcpp-steps", "aria-label": "steps of the login" });
    this.link = element("div");
    this.limit = element("span", { className: "mcpp-dim" });
    this.notes = element("div", { className: "mcpp-dim" });
    this.form = null;
    this.shown = "";
    this.began = 0;
    this.timer = setInterval(() => this.tick(), 1000);
    root.classList.add("mcpp-login");
    root.append(this.steps, this.link, element("div", {}, this.line, this.limit, this.clock), this.notes);
  }

  told(view) {
    for (const step of view.steps.slice(this.steps.childElementCount)) this.steps.append(stepRow(step));
    if (this.shown !== view.link) {
      this.shown = view.link;
      this.link.replaceChildren(...(view.link === "" ? [] : [linkOf(view, view.server)]));
    }
    if (view.waits && this.form === null) {
      this.form = pasteForm(view.server, this.act);
      this.root.append(this.form.node);
    }
    if (this.form !== null) this.form.node.hidden = !view.waits;
    say(this.notes, view.waits ? view.notes.join(" · ") : "");
    say(this.line, view.line);
    say(this.limit, view.limit === "" ? "" : `${view.limit} · `);
    this.began = view.began;
    this.tick();
  }

  problem(text) {
    if (this.form !== null) say(this.form.problem, text);
  }

  tick() {
    const seconds = Math.max(0, Math.round(Date.now() / 1000 - this.began));
    say(this.clock, this.began ? `${seconds} s since it began` : "");
  }

  halt() {
    clearInterval(this.timer);
  }
}
