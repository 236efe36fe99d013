// The live cards of all servers: drawn once, then changed where something has changed, so that focus and selection stay.

const ACTIONS = { connect: "Connect", disconnect: "Disconnect", restart: "Restart", login: "Log in" };

class CardView {
  constructor(key, name, ask) {
    this.act = (content) => ask({ ...content, server: key });
    this.name = element("div", { className: "mcpp-name", textContent: name, role: "heading", "aria-level": "4" });
    this.spoken = element("div", { className: "mcpp-dim" });
    this.where = element("code");
    this.axes = element("dl", { className: "mcpp-axes" });
    this.words = new Map();
    this.tools = element("div");
    this.violations = this.typed("mcpp-caution");
    this.problem = element("div", { className: "mcpp-problem" });
    this.step = this.typed("");
    this.login = null;
    this.buttons = element("div", { className: "mcpp-buttons" });
    this.actions = {};
    this.pressed = null;
    for (const [action, text] of Object.entries(ACTIONS)) {
      this.actions[action] = button(text, `${text} ${name}`, () => {
        this.pressed = this.actions[action];
        this.act({ do: action });
      });
      this.buttons.append(this.actions[action]);
    }
    this.actions.connect.className = this.actions.login.className = "mcpp-main";
    const parts = [this.spoken, element("div", { className: "mcpp-dim" }, this.where), this.axes, this.tools, this.violations.node, this.problem, this.step.node];
    this.node = element("li", { "aria-label": name }, this.name, ...parts, this.buttons);
  }

  // A line to type, with a button that copies it, and what it is about.
  typed(tone) {
    const about = element("div", { className: tone });
    const code = element("code");
    const row = element("div", { className: "mcpp-typed" }, code, copyButton(() => code.textContent));
    return { node: element("div", {}, about, row), about, code };
  }

  told(card, login) {
    this.node.className = `mcpp-card mcpp-${card.tone}`;
    this.node.setAttribute("aria-busy", String(card.busy));
    say(this.spoken, card.spoken);
    say(this.where, card.where);
    for (const [axis, word, tone] of card.axes) this.axis(axis, word, tone);
    say(this.tools, card.tools);
    this.line(this.violations, card.look, card.violations);
    say(this.problem, card.problem);
    this.problem.hidden = card.problem === "";
    this.line(this.step, card.step, "");
    for (const [action, made] of Object.entries(this.actions)) {
      made.hidden = !card.actions.includes(action);
      made.disabled = card.busy && action !== "disconnect"; // which ends a connecting that hangs
    }
    this.loginTold(login);
    if (!card.busy) this.refocus();
  }

  // What was pressed may be gone or have been dead meanwhile: whoever pressed it goes on from the button in its place.
  refocus() {
    const lost = [document.body, this.pressed].includes(document.activeElement);
    const there = [this.pressed, ...Object.values(this.actions)].find((each) => each && !each.hidden && !each.disabled);
    if (this.pressed !== null && lost) there?.focus();
    this.pressed = null;
  }

  axis(axis, word, tone) {
    if (!this.words.has(axis)) {
      const value = element("dd");
      this.words.set(axis, value);
      this.axes.append(element("dt", { textContent: axis }), value);
    }
    say(this.words.get(axis), word);
    this.words.get(axis).className = `mcpp-${tone}`;
  }

  line(typed, text, about) {
    say(typed.code, text);
    say(typed.about, about);
    typed.node.hidden = text === "";
  }

  loginTold(login) {
    if (login === undefined) {
      this.login?.halt();
      this.login?.root.remove();
      this.login = null;
      return;
    }
    if (this.login === null) {
      this.login = new LoginView(element("div"), this.act);
      this.buttons.before(this.login.root);
    }
    this.login.told(login);
  }
}

class CardsView {
  constructor(root, ask) {
    this.ask = ask;
    this.cards = new Map();
    this.list = element("ul", { className: "mcpp-cards", "aria-label": "MCP servers" });
    this.empty = element("div", { textContent: "no servers: %mcp add NAME -- COMMAND", hidden: true });
    this.as_of = element("div", { className: "mcpp-dim" });
    root.append(this.list, this.empty, this.as_of);
  }

  told({ view, problem }) {
    if (problem !== undefined) this.cards.get(problem.server)?.login?.problem(problem.text);
    if (view === undefined) return;
    const keys = new Set(view.cards.map((card) => card.key));
    for (const [key, card] of this.cards) {
      if (keys.has(key)) continue;
      card.login?.halt();
      card.node.remove();
      this.cards.delete(key);
    }
    for (const card of view.cards) {
      if (!this.cards.has(card.key)) {
        this.cards.set(card.key, new CardView(card.key, card.name, this.ask));
        this.list.append(this.cards.get(card.key).node);
      }
      this.cards.get(card.key).told(card, view.logins[card.key]);
    }
    this.empty.hidden = keys.size > 0;
    say(this.as_of, view.as_of);
  }

  halt() {
    for (const card of this.cards.values()) card.login?.halt();
  }
}

export default {
  initialize({ model }) {
    return inPlaces(model, (root, ask) => new CardsView(root, ask));
  },
};
