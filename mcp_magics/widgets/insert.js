// A cell below the one a panel stands in: where the front end's widget manager knows its notebook, and nowhere else.
// JupyterLab and Notebook 7 share a notebook as @jupyter/ydoc has it. It is looked for in the model and not on the
// page, which leaves out the cells that are scrolled away.

function stands(cell, mark) {
  const outputs = cell.cell_type === "code" ? cell.getOutputs() : [];
  return outputs.some((output) => [output.data?.["text/html"] ?? ""].flat().join("").includes(mark));
}

// `insert(source)` makes a cell below the panel's, and below those it made there before; how many by now, 0 where the
// panel is in no cell. null where the front end has no such notebook.
function cellsBelow(model) {
  const notebook = model.widget_manager?.context?.model?.sharedModel;
  if (typeof notebook?.insertCell !== "function") return null;
  const mark = `data-mcp-live="${model.get("place")}"`;
  const made = new Set();
  return (source) => {
    const at = notebook.cells.findIndex((cell) => stands(cell, mark));
    if (at < 0) return 0;
    let below = at + 1;
    while (made.has(notebook.cells[below]?.id)) below += 1;
    notebook.undoManager?.stopCapturing(); // a step of its own, however soon it comes
    made.add(notebook.insertCell(below, { cell_type: "code", source, metadata: {} }).id);
    return made.size;
  };
}
