"""Small values commands return: a note of a line or two, a message that was not sent, an error that was expected."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mcp_magics.errors import ExpectedError, MCPMagicsError, ToolError
from mcp_magics.redact import redactor
from mcp_magics.results.sanitise import clean, escaped

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from mcp_magics.connection.server import Server
    from mcp_magics.connection.waiting import Until
    from mcp_magics.magics.parse import Command

_RED = "color:var(--jp-error-color1, #b00020)"


@dataclass(frozen=True)
class Note:
    """What a verb did, in a few lines; ``data`` is the same for ``--json``."""

    text: str
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> Any:
        """The data, or the text where there is none."""
        return dict(self.data) if self.data else {"note": self.text}

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002
        lines = clean(self.text)
        return {"text/plain": lines, "text/html": "<br>".join(escaped(line) for line in self.text.splitlines())}

    def __repr__(self) -> str:
        return clean(self.text)


@dataclass(frozen=True)
class Shown:
    """A value that shows itself while the cell goes on, and saves what it is asked to: neither is done again."""

    value: Any

    def to_json(self) -> Any:
        """The value's own."""
        return self.value.to_json()


@dataclass(frozen=True)
class Message:
    """A JSON-RPC message as it would be sent: over HTTP with MCP's own ``headers``; ``notes`` say how it was made."""

    text: str
    headers: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @classmethod
    def request(cls, server: Server, method: str, members: str, notes: tuple[str, ...] = ()) -> Message:
        """The request ``server`` would be sent; its id is shown as 0."""
        from mcp_magics.connection.preview import headers_of

        envelope = server.connection.envelope
        meta = f',"_meta":{{{envelope.meta}}}' if envelope is not None and envelope.meta else ""
        params = f"{members}{meta}".lstrip(",")
        text = f'{{"jsonrpc":"2.0","id":0,"method":{json.dumps(method)},"params":{{{params}}}}}'
        return cls(text, headers_of(server, method, members), notes)

    def to_json(self) -> Any:
        """The message's value, or its text where that is no JSON."""
        try:
            return json.loads(redactor().text(self.text))
        except ValueError:
            return {"text": redactor().text(self.text)}

    def _lines(self) -> list[str]:
        """Everything there is to show, secrets taken out."""
        told = [*(f"{name}: {value}" for name, value in self.headers.items()), self.text]
        return [clean(redactor().text(line)) for line in (*told, *(f"note: {note}" for note in self.notes))]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002
        shown = "\n".join(self._lines())
        return {
            "text/plain": f"not sent: {shown}",
            "text/html": f"<b>not sent</b><pre>{html.escape(shown)}</pre>",
        }

    def __repr__(self) -> str:
        return f"not sent: {clean(redactor().text(self.text[:2000]))}"


@dataclass(frozen=True)
class Expected:
    """The error ``--expect-error`` waited for."""

    error: MCPMagicsError

    @property
    def failure(self) -> Any:
        """What the error says."""
        return self.error.failure

    def to_json(self) -> Any:
        """The failure as JSON."""
        return {"expected": self.error.failure.to_json()}

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002
        text = "expected, and it came: " + "\n  ".join(clean(line) for line in self.error.failure.lines())
        return {"text/plain": text, "text/html": f'<pre style="{_RED}">{html.escape(text)}</pre>'}

    def __repr__(self) -> str:
        return self._repr_mimebundle_()["text/plain"]


async def expecting(command: Command, work: Coroutine[Until, None, Any], *, fail: bool = False) -> Any:
    """Steps: do ``work`` and hold its end against ``--fail`` and ``--expect-error``."""
    options = command.options
    wanted = options.text("expect-error") if options.given("expect-error") else None
    problem: MCPMagicsError | None = None
    result: Any = None
    try:
        result = await work
    except MCPMagicsError as error:
        if wanted is None:
            raise
        problem = error
    if problem is None and getattr(result, "is_error", False):
        problem = _as_error(result)
        if wanted is None and problem is not None and (fail or options.flag("fail")):
            raise problem
    if wanted is None:
        return result
    return _met(wanted, problem, result)


def _as_error(result: Any) -> MCPMagicsError | None:
    try:
        result.raise_for_error()
    except ToolError as error:
        return error
    return None


def _met(wanted: str, problem: MCPMagicsError | None, result: Any) -> Any:
    if problem is None:
        raise ExpectedError(
            "an error was expected, and the call succeeded",
            phase="call",
            evidence=(repr(result)[:200],),
            next_step="leave --expect-error out, or mend the server",
        )
    names = {problem.failure.class_, type(problem).__name__.lower(), str(getattr(problem, "code", ""))}
    if wanted and wanted.lower() not in names:
        raise ExpectedError(
            f"{wanted} was expected, and {problem.failure.class_} came",
            phase="call",
            evidence=(problem.failure.message,),
            next_step=f"--expect-error {problem.failure.class_}",
        )
    return result if isinstance(problem, ToolError) else Expected(problem)
