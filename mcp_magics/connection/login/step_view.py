"""One step of an OAuth flow to look at: the request, the answer, the decision, and the section that demands it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mcp_magics.auth.showing import shown_address, shown_fields
from mcp_magics.results.sanitise import clean, escaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mcp_magics.auth.message import Ask
    from mcp_magics.auth.showing import ShownStep

Row = tuple[str, str, str]
"""Name, value, and what a person did to it."""


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
        """The parameters of the request, as they were sent."""
        return dict(self.step.fields)

    @property
    def answer(self) -> dict[str, str]:
        """The parameters of what came back."""
        return dict(self.step.answer)

    @property
    def decision(self) -> str:
        """What was decided."""
        return self.step.decision

    @property
    def changed(self) -> str:
        """What you changed: ``scope (changed), code_verifier (left out)``."""
        return self.step.changed

    @property
    def notes(self) -> tuple[str, ...]:
        """Changes that are no field of this step."""
        return self.step.notes

    def to_json(self) -> dict[str, Any]:
        """The step as plain JSON."""
        step = self.step
        return {**step.row, "notes": list(step.notes), "request": dict(step.fields), "answer": dict(step.answer)}

    @property
    def _asked(self) -> tuple[Row, ...]:
        fields = ((each.name, each.value, each.mark and f"({each.mark})") for each in self.step.marked)
        return (*((name, value, "") for name, value in self.step.headers.items()), *fields)

    def __repr__(self) -> str:
        step = self.step
        lines = [f"{step.number}. {step.name} [{step.section}]", f"  {step.method} {step.url}"]
        lines += [f"    {name}: {' '.join(filter(None, (value, mark)))}" for name, value, mark in self._asked]
        lines += [f"  → {step.status}", *(f"    {name}: {value}" for name, value in step.answer)]
        return "\n".join(clean(line) for line in [*lines, f"  {step.decision}", *(f"  {note}" for note in step.notes)])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002
        step = self.step
        title = f"<b>{step.number}. {escaped(step.name)}</b> <small>{escaped(step.section)}</small>"
        asking = f"<div><code>{escaped(step.method)} {escaped(step.url)}</code></div>{_table(self._asked)}"
        answers = ((name, value, "") for name, value in step.answer)
        answer = f"<div>→ <b>{escaped(step.status)}</b></div>{_table(answers)}"
        notes = "".join(f"<br>{escaped(note)}" for note in step.notes)
        html = f"{title}{asking}{answer}<i>{escaped(step.decision)}</i>{notes}"
        return {"text/plain": repr(self), "text/html": html}


class NextStep:
    """The request a flow makes next: its fields as they may be shown, and what a person would have changed in them."""

    def __init__(self, name: str, section: str, ask: Ask, *, reveal: bool) -> None:
        self.name = name
        self.section = section
        self.method = "browser" if ask.browser else ask.method
        self.url = shown_address(ask, reveal=reveal)
        self.fields = shown_fields(ask, reveal=reveal)
        self._ask = ask

    def is_secret(self, index: int) -> bool:
        """Whether the field of that place is shown by what stands for it, and not as it is."""
        return self.fields[index] != self._ask.fields[index]

    def changes(self, edited: Mapping[int, str | None], added: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
        """What :meth:`OAuthFlow.step` takes, from texts by the places of fields (None: left out) and fields to add.

        A name that stands more than once keeps its other values. A member of a JSON body that was no text is read as
        JSON, where the text is any.
        """
        touched = {self.fields[index][0] for index in edited if 0 <= index < len(self.fields)}
        changes: dict[str, Any] = {}
        for name in touched:
            values = [self._value(index, edited) for index, (each, _) in enumerate(self.fields) if each == name]
            kept = [value for value in values if value is not None]
            changes[name] = None if not kept else kept[0] if len(values) == 1 else kept
        return {**changes, **{name: self._read(name, text) for name, text in added if name}}

    def _value(self, index: int, edited: Mapping[int, str | None]) -> Any:
        name, value = self._ask.fields[index]
        if index not in edited:
            return value
        text = edited[index]
        return None if text is None else self._read(name, text)

    def _read(self, name: str, text: str) -> Any:
        body = self._ask.body
        if body is None or isinstance(body.get(name, ""), str):
            return text
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text


def _table(rows: Iterable[Row]) -> str:
    cells = "".join(
        f'<tr><td style="text-align:left">{escaped(name)}</td>'
        f'<td style="text-align:left;overflow-wrap:anywhere">{_value(value, mark)}</td></tr>'
        for name, value, mark in rows
    )
    return f"<table>{cells}</table>" if cells else ""


def _value(value: str, mark: str) -> str:
    marking = f"<b>{escaped(mark)}</b>" if mark else ""
    text = f"<code>{escaped(value)}</code>" if value or not mark else ""
    return " ".join(filter(None, (text, marking)))
