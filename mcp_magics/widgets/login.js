// The live half of a login: a status line that ticks, a box for the address the browser ended on, Cancel.
// What is pasted leaves as a message and never becomes state: the box is emptied before anything else happens.

function element(tag, properties, style) {
  const made = Object.assign(document.createElement(tag), properties);
  Object.assign(made.style, style);
  return made;
}

const COLOUR = "var(--jp-ui-font-color1, inherit)";
const FRAME = { borderLeft: "3px solid #9a6700", padding: "2px 0 2px 8px", color: COLOUR, fontFamily: "inherit" };
const BOX = {
  flex: "1 1 24em",
  minWidth: "12em",
  padding: "4px 6px",
  color: COLOUR,
  background: "var(--jp-layout-color1, transparent)",
  border: "1px solid var(--jp-border-color1, #8c959f)",
};
const BUTTON = { padding: "4px 12px", cursor: "pointer" };

export default {
  render({ model, el }) {
    const began = Date.now();
    const line = element("div", { role: "status" });
    const label = `address the browser ended on, for ${model.get("server")}`;
    const box = element("input", { type: "password", autocomplete: "off", placeholder: "the address the browser ended on" }, BOX);
    box.setAttribute("aria-label", label);
    const paste = element("button", { type: "submit", textContent: "Paste" }, BUTTON);
    const cancel = element("button", { type: "button", textContent: "Cancel" }, BUTTON);
    const form = element("form", { autocomplete: "off" }, { display: "flex", flexWrap: "wrap", gap: "6px", margin: "4px 0" });
    const problem = element("div", { role: "alert" }, { color: "#b00020" });
    form.append(box, paste, cancel);
    el.append(element("div", {}, FRAME));
    el.firstChild.append(line, form, problem);

    const tick = () => {
      const seconds = Math.round((Date.now() - began) / 1000);
      line.textContent = `${model.get("line")} · ${seconds} s`;
    };
    const timer = setInterval(tick, 1000);
    tick();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = box.value;
      box.value = "";
      problem.textContent = "";
      if (text.trim() !== "") model.send({ do: "paste", text });
    });
    // Inside JupyterLab, Chromium does not submit a form by Enter alone (measured with JupyterLab 4.6, Chromium 156).
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    cancel.addEventListener("click", () => {
      cancel.disabled = paste.disabled = box.disabled = true;
      model.send({ do: "cancel" });
    });
    const told = (message) => {
      problem.textContent = message.problem ?? "";
    };
    model.on("msg:custom", told);
    model.on("change:line", tick);
    return () => {
      clearInterval(timer);
      model.off("msg:custom", told);
      model.off("change:line", tick);
    };
  },
};
