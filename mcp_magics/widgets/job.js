// The live half of a running job: one button, and how long it has been at it.

export default {
  render({ model, el }) {
    const began = Date.now();
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Cancel" });
    const clock = document.createElement("span");
    button.setAttribute("aria-label", `cancel ${model.get("name")}`);
    Object.assign(button.style, { padding: "2px 12px", cursor: "pointer" });
    Object.assign(clock.style, { marginLeft: "8px", color: "var(--jp-ui-font-color2, inherit)" });
    el.append(button, clock);

    const tick = () => {
      clock.textContent = `${Math.round((Date.now() - began) / 1000)} s`;
    };
    const timer = setInterval(tick, 1000);
    tick();
    button.addEventListener("click", () => {
      button.disabled = true;
      model.send({ do: "cancel" });
    });
    return () => clearInterval(timer);
  },
};
