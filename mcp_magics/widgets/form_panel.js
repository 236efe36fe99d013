// One tool's form, alone.

export default {
  initialize({ model }) {
    const insert = cellsBelow(model);
    return inPlaces(model, (body, ask) => {
      const view = crypto.randomUUID?.() ?? `${Math.random()}`;
      const form = new FormView(body, (content) => ask({ ...content, view }), insert);
      return {
        told(content) {
          if (content.to !== undefined && content.to !== view) return;
          if (content.view && !form.form) {
            form.open(content.view.opened);
            form.told({ run: content.view.run, states: content.view.states });
          }
          form.told(content);
        },
        halt: () => form.halt(),
      };
    });
  },
};
