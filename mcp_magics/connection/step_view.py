"""One step of an OAuth flow to look at: the request, the answer, the decision, and the section that demands it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.results.sanitise import clean, escaped

if TYPE_CHECKING:
    from mcp_magics.auth.showing import ShownStep


class StepView:
    """One step taken: the request, the answer, the decision, and the section that demands it."""

    def __init__(self, step: ShownStep) -> None:
        self.step = step

    @property
    def name(self) -> str:
        """Which step it is."""
        return self.step.name

    @property
    def section(self) -> str:
        """Where it is specified."""
        return self.step.section

    @property
    def request(self) -> dict[str, str]:
        """The parameters of the request."""
        return dict(self.step.fields)

    @property
    def answer(self) -> dict[str, str]:
        """The parameters of what came back."""
        return dict(self.step.answer)

    @property
    def decision(self) -> str:
        """What was decided."""
        return self.step.decision

    def to_json(self) -> dict[str, Any]:
        """The step as plain JSON."""
        step = self.step
        return {**step.row, "request": dict(step.fields), "answer": dict(step.answer)}

    def __repr__(self) -> str:
        step = self.step
        lines = [f"{step.number}. {step.name} [{step.section}]", f"  {step.method} {step.url}"]
        lines += [f"    {name}: {value}" for name, value in (*step.headers.items(), *step.fields)]
        lines += [f"  → {step.status}", *(f"    {name}: {value}" for name, value in step.answer)]
        return "\n".join(clean(line) for line in [*lines, f"  {step.decision}"])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002
        step = self.step
        asked = _table((*step.headers.items(), *step.fields))
        title = f"<b>{step.number}. {escaped(step.name)}</b> <small>{escaped(step.section)}</small>"
        asking = f"<div><code>{escaped(step.method)} {escaped(step.url)}</code></div>{asked}"
        answer = f"<div>→ <b>{escaped(step.status)}</b></div>{_table(step.answer)}"
        return {"text/plain": repr(self), "text/html": f"{title}{asking}{answer}<i>{escaped(step.decision)}</i>"}


def _table(rows: tuple[tuple[str, str], ...]) -> str:
    cells = "".join(
        f'<tr><td style="text-align:left">{escaped(name)}</td>'
        f'<td style="text-align:left;overflow-wrap:anywhere"><code>{escaped(value)}</code></td></tr>'
        for name, value in rows
    )
    return f"<table>{cells}</table>" if cells else ""
