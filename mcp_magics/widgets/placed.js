// What all panels share that are drawn in places of static outputs: finding the places, and saying when no kernel answers.

const PATIENCE_MS = 5000;

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "role" || name.includes("-")) made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}

// Text is set only where it is another: what does not change is not read out again, and keeps its selection.
function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function button(text, label, act) {
  const made = element("button", { type: "button", textContent: text, "aria-label": label });
  made.addEventListener("click", act);
  return made;
}

function copyButton(read, text = "Copy", label = "copy the line") {
  const made = button(text, label, async () => {
    try {
      await navigator.clipboard.writeText(read());
      say(made, "Copied");
    } catch {
      say(made, "Select and copy it by hand");
    }
    setTimeout(() => say(made, text), 2000);
  });
  return made;
}

// `draw(root, ask)` makes the panel in `root` and returns { told(content), halt() }; `ask` sends what a person wants.
// A panel that has late() is told so when nobody has heard what it asked.
// A page that draws it hides the static output of the same name, which a saved notebook shows again.
function inPlaces(model, draw) {
  const again = model.get("again");
  const name = CSS.escape(model.get("place"));
  const hiding = element("style", { textContent: `[data-mcp-static="${name}"]{display:none}` });
  const views = new Map();
  const waiting = new Map();
  let count = 0;
  let over = false;

  const halt = (why) => {
    for (const view of views.values()) {
      say(view.line, why);
      view.panel.halt();
      for (const each of view.root.querySelectorAll("button, input, textarea, select")) each.disabled = true;
      for (const each of view.root.querySelectorAll("a[href]")) each.replaceWith(each.textContent); // nobody waits at its end
    }
  };
  const gone = () => {
    if (over) return;
    over = true;
    halt(`the kernel is gone; run ${again} again`);
  };
  const ask = (content) => {
    if (over) return;
    const number = ++count;
    const late = () => {
      for (const view of views.values()) {
        say(view.line, `the kernel does not answer: it is busy, or gone; if it was restarted, run ${again} again`);
        view.panel.late?.();
      }
    };
    waiting.set(number, setTimeout(late, PATIENCE_MS));
    model.send({ ...content, ask: number });
  };
  const open = (place) => {
    const root = element("div", { className: "mcpp" });
    const line = element("div", { className: "mcpp-line", role: "status", "aria-live": "polite" });
    const body = element("div");
    root.append(body, line);
    // Letters typed in a panel are no commands to the notebook.
    root.addEventListener("keydown", (event) => event.stopPropagation());
    place.append(root);
    views.set(place, { root, line, panel: draw(body, ask, line) });
    if (!over) model.send({ do: "open" });
  };
  const look = () => {
    for (const place of document.querySelectorAll(`[data-mcp-live="${name}"]`)) {
      if (!views.has(place)) open(place);
    }
  };
  const told = (content) => {
    if (content.heard !== undefined) {
      clearTimeout(waiting.get(content.heard));
      waiting.delete(content.heard);
      return;
    }
    for (const view of views.values()) {
      if (content.line !== undefined) say(view.line, content.line);
      view.panel.told(content);
    }
    // Only now: a panel that was told nothing yet shows nothing, and the static output is all there is.
    if (views.size > 0 && !hiding.isConnected) document.head.append(hiding);
  };
  const end = () => {
    outputs.disconnect();
    hiding.remove();
    for (const timer of waiting.values()) clearTimeout(timer);
    for (const view of views.values()) {
      view.panel.halt();
      view.root.remove();
    }
    views.clear();
  };
  const outputs = new MutationObserver(look);
  model.on("msg:custom", told);
  model.on("comm:close", end);
  model.on("comm_live_update", gone);
  outputs.observe(document.body, { childList: true, subtree: true });
  look();
  return end;
}
