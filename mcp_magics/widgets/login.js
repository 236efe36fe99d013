// The live panel of one login.

class LoginPanel {
  constructor(root, ask) {
    this.root = root;
    this.ask = ask;
    this.login = null;
  }

  told({ view, problem }) {
    if (view !== undefined) {
      if (this.login === null) {
        const own = element("div", { role: "group", "aria-label": `login of ${view.server}` });
        this.root.append(own);
        this.login = new LoginView(own, this.ask);
      }
      this.login.told(view);
    }
    if (problem !== undefined) this.login?.problem(problem);
  }

  halt() {
    this.login?.halt();
  }
}

export default {
  initialize({ model }) {
    return inPlaces(model, (root, ask) => new LoginPanel(root, ask));
  },
};
