"""What a cell left behind, put together from its messages as a front end does."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, Any]
Bundle = dict[str, Any]
ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


@dataclass(frozen=True)
class CellError:
    """The error of a cell: class name, message and traceback lines without colours."""

    ename: str
    evalue: str
    traceback: tuple[str, ...]

    @property
    def text(self) -> str:
        """The traceback as one text."""
        return "\n".join(self.traceback)


@dataclass
class CellOutcome:
    """A cell's output so far.

    ``outputs`` are the MIME bundles of every display and of the result, in order, display updates applied;
    ``status`` is ``ok``, ``error``, ``aborted`` or, while the cell runs, empty.
    """

    status: str = ""
    stdout: str = ""
    stderr: str = ""
    outputs: list[Bundle] = field(default_factory=list)
    result: Bundle | None = None
    error: CellError | None = None
    prompts: list[str] = field(default_factory=list)
    execution_count: int | None = None
    idle: bool = False

    @property
    def plain(self) -> list[str]:
        """The ``text/plain`` form of every output, in order."""
        return [bundle.get("text/plain", "") for bundle in self.outputs]

    @property
    def text(self) -> str:
        """Everything a reader sees as plain text: standard output, then the outputs."""
        return "\n".join(part for part in (self.stdout.rstrip("\n"), *self.plain) if part)


class Screen:
    """The outputs of all cells of one kernel: a later update reaches an earlier cell's display."""

    def __init__(self) -> None:
        self._displays: dict[str, list[Bundle]] = {}
        self._clear_before_next: set[int] = set()

    def show(self, cell: CellOutcome, message: Message) -> None:
        """Apply one IOPub message of ``cell``'s."""
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "status":
            cell.idle = content["execution_state"] == "idle"
        elif kind == "clear_output":
            self._clear(cell, wait=content["wait"])
        elif kind == "error":
            cell.error = _error(content)
        elif kind in {"stream", "display_data", "execute_result"}:
            self._append(cell, kind, content)

    def _clear(self, cell: CellOutcome, *, wait: bool) -> None:
        if wait:
            self._clear_before_next.add(id(cell))
            return
        cell.stdout = cell.stderr = ""
        cell.outputs.clear()
        cell.result = None

    def _append(self, cell: CellOutcome, kind: str, content: Message) -> None:
        if id(cell) in self._clear_before_next:
            self._clear_before_next.discard(id(cell))
            self._clear(cell, wait=False)
        if kind == "stream":
            setattr(cell, content["name"], getattr(cell, content["name"]) + content["text"])
            return
        bundle = dict(content["data"])
        cell.outputs.append(bundle)
        if kind == "execute_result":
            cell.result = bundle
        if name := content.get("transient", {}).get("display_id"):
            self._displays.setdefault(name, []).append(bundle)

    def update(self, content: Message) -> None:
        """Apply an ``update_display_data``: a front end goes by the display's id, whatever cell or click it is from."""
        for bundle in self._displays.get(content["transient"]["display_id"], []):
            bundle.clear()
            bundle.update(content["data"])


def _error(content: Message) -> CellError:
    lines = tuple(ANSI.sub("", line) for line in content["traceback"])
    return CellError(content["ename"], ANSI.sub("", content["evalue"]), lines)
