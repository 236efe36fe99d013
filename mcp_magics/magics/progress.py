"""A progress bar: in a kernel a display that the result takes over, in a terminal one line that is wiped away."""

from __future__ import annotations

import html
import re
import shutil
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from mcp_magics.results.sanitise import clean

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from IPython.core.display_functions import DisplayHandle
    from IPython.core.interactiveshell import InteractiveShell

    from mcp_magics.widgets.cancel import CancelPanel
    from mcp_magics.wire.pending import Progress

Bundle = dict[str, Any]

REDRAW_EVERY = 0.1
MOVE_EVERY = 0.5
GONE_AFTER = 1.0
"""Seconds between two drawings, between two moves of a bar without a total, and until a bar nobody looks at goes."""
MOST_BARS = 20
WIDTH = 30
_BLOCK = 6
LONGEST_MESSAGE = 120
_OURS = re.compile(r"\s*(?:[\w.]+\s*=\s*)?%mcp\w*\s")


@dataclass(frozen=True, slots=True)
class Row:
    """One request under way: its newest progress, the ``elapsed`` seconds, and when that was looked at."""

    progress: Progress
    elapsed: float
    looked: float


class ProgressBar:
    """The bars of one command, a line for each of its requests; ``what`` a button beside them would end, if any.

    Drawn once the server has reported progress and ``after`` seconds have passed, and redrawn at most every
    :data:`REDRAW_EVERY` seconds, however much is reported. A ``panel`` draws them itself, in the same output.
    """

    def __init__(self, after: float, surface: Surface | None, what: str = "") -> None:
        self._after = after
        self._surface = surface
        self._rows: dict[Hashable, Row] = {}
        self._drawn: Bundle = {}
        self._drawn_at = -REDRAW_EVERY
        self.what = what
        self.began = self.waited_since = time.monotonic()
        self.on_screen = self.is_over = self.is_cancelled = False
        self.panel: CancelPanel | None = None

    def draw(self, progress: Progress | None, elapsed: float, request: Hashable = None) -> None:
        """Show the ``progress`` of one ``request``, if there is any news; one that nobody asks after is gone."""
        if self._surface is None or progress is None or elapsed < self._after:
            return
        now = time.monotonic()
        self._rows[request] = Row(progress, elapsed, now)
        if now - self._drawn_at < REDRAW_EVERY:
            return
        self._rows = {key: row for key, row in self._rows.items() if now - row.looked < GONE_AFTER}
        self._draw(self._surface, now)

    def accompany(self, panel: CancelPanel) -> None:
        """Let ``panel`` stand beside the bars, or where they would be, until they give way."""
        self.panel = panel
        if self._surface is not None:
            self._draw(self._surface, time.monotonic())

    def _draw(self, surface: Surface, now: float) -> None:
        rows = tuple(self._rows.values())
        if self.panel is not None:
            self.panel.show_bars(*views(rows))
            if self.panel.is_drawn:  # a new drawing of the output would take the button from under the mouse
                self._drawn_at = now
                return
        shown = stacked(rows) if self.panel is None else self.panel.beside(stacked(rows))
        if shown != self._drawn:
            self._drawn, self._drawn_at, self.on_screen = shown, now, True
            surface.show(shown)

    def cancel(self) -> None:
        """A person has had enough; may be called on any thread, and is seen at the next tick of the wait."""
        self.is_cancelled = True

    def make_room(self) -> None:
        """Something else is shown in the same output now, which must outlive the bar."""
        if isinstance(self._surface, _OnlyDisplay):
            self._surface.alone = False

    def give_way(self, data: Bundle | None = None) -> None:
        """Leave the saved output: to ``data``, or to nothing."""
        if self._surface is not None and self.on_screen:
            self._surface.end(data)
            self.on_screen = False
        self.is_over = True
        if self.panel is not None:
            self.panel.close()


class Surface(Protocol):
    """What a bar is drawn on."""

    def show(self, data: Bundle) -> None:
        """Draw this in the place of what was drawn before."""

    def end(self, data: Bundle | None) -> None:
        """Take the bar away and show ``data``, if any, in its place."""


def surface_of(shell: InteractiveShell) -> Surface | None:
    """Where ``shell`` can redraw something; nowhere where its output goes to a file."""
    if hasattr(shell, "kernel"):
        return _OnlyDisplay() if _is_all_of(_cell_of(shell)) else _Display()
    return _TerminalLine() if sys.stdout.isatty() else None


def is_attended(shell: InteractiveShell) -> bool:
    """Whether somebody may be at the keyboard: nbclient, nbconvert and papermill say in each request that nobody is."""
    request: dict[str, Any] = getattr(shell, "get_parent", dict)() if hasattr(shell, "kernel") else {}
    return bool(request.get("content", {}).get("allow_stdin", True))


def display_of(shell: InteractiveShell) -> Surface:
    """A display of its own, redrawn in a kernel; elsewhere what is shown is printed, and stays."""
    return _Display() if hasattr(shell, "kernel") else _Printed()


class _Printed:
    """Text that is printed when it is new."""

    def __init__(self) -> None:
        self._last = ""

    def show(self, data: Bundle) -> None:
        if data["text/plain"] != self._last:
            self._last = data["text/plain"]
            print(self._last)  # noqa: T201  the person reads it in the cell

    def end(self, data: Bundle | None) -> None:
        """What was printed stays; the result follows it."""


class _Display:
    """A display of its own. The protocol cannot delete one alone, so an ended one is empty."""

    def __init__(self) -> None:
        self._handle: DisplayHandle | None = None

    def show(self, data: Bundle) -> None:
        from IPython.display import display

        if self._handle is None:
            self._handle = display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)

    def end(self, data: Bundle | None) -> None:
        self.show(data or {"text/plain": "", "text/html": ""})


class _OnlyDisplay(_Display):
    """A display in a cell that shows nothing else: an ended one goes with the cell's output, while it is ``alone``."""

    alone = True

    def end(self, data: Bundle | None) -> None:
        from IPython.display import clear_output

        if data is None and self.alone:
            clear_output()
        else:
            super().end(data)


def _cell_of(shell: InteractiveShell) -> str:
    """The code of the request the kernel works on, as it was sent."""
    parent: Any = getattr(shell, "get_parent", dict)()
    return str(parent.get("content", {}).get("code", ""))


def _is_all_of(cell: str) -> bool:
    """Whether one line of ours is all there is, so that nothing else can have been shown."""
    lines = [line for line in cell.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return len(lines) == 1 and _OURS.match(lines[0]) is not None


class _TerminalLine:
    """The line the cursor is on; commands that run side by side share it."""

    _on_it: ClassVar[dict[int, str]] = {}

    def show(self, data: Bundle) -> None:
        self._on_it[id(self)] = " | ".join(data["text/plain"].splitlines())
        self._write()

    def end(self, data: Bundle | None) -> None:
        from IPython.display import display

        self._on_it.pop(id(self), None)
        self._write()
        if data is not None:
            display(data, raw=True)

    def _write(self) -> None:
        width = shutil.get_terminal_size().columns - 1
        sys.stdout.write(f"\r{' | '.join(self._on_it.values())[:width]}\x1b[K")
        sys.stdout.flush()


def stacked(rows: Sequence[Row]) -> Bundle:
    """Several bars, a line each; of very many the first."""
    parts = [bundle(row.progress, row.elapsed) for row in rows[:MOST_BARS]]
    more = [f"… and {len(rows) - MOST_BARS:,} more"] if len(rows) > MOST_BARS else []
    return {
        "text/plain": "\n".join([*(part["text/plain"] for part in parts), *more]),
        "text/html": "<br>".join([*(part["text/html"] for part in parts), *more]),
    }


def views(rows: Sequence[Row]) -> tuple[list[Bundle], str]:
    """The same for a page that draws them: the ``share`` of the whole (None: it moves) and the ``text`` of each."""
    shown = [(share_of(row.progress), _words(row.progress)) for row in rows[:MOST_BARS]]
    more = f"… and {len(rows) - MOST_BARS:,} more" if len(rows) > MOST_BARS else ""
    return [{"share": share, "text": text} for share, text in shown], more


def share_of(progress: Progress) -> float | None:
    """How much of the total, from 0 to 1; None where there is none."""
    if not progress.total or progress.total < 0:
        return None
    return min(max(progress.progress / progress.total, 0), 1)


def bundle(progress: Progress, elapsed: float = 0.0) -> Bundle:
    """One bar, rich and plain: how much of the total; where there is none, that it moves, and for how long."""
    share, told = share_of(progress), _words(progress)
    if share is None:
        return _moving(f"{told} · {elapsed:.0f} s", elapsed)
    filled = round(share * WIDTH)
    return {
        "text/plain": f"[{'█' * filled}{'·' * (WIDTH - filled)}] {told}",
        "text/html": f'<progress value="{share:.4f}" max="1"></progress> {html.escape(told)}',
    }


def _words(progress: Progress) -> str:
    """What the server has counted and said."""
    message = clean(progress.message or "")[:LONGEST_MESSAGE]
    of = "" if share_of(progress) is None else f"/{progress.total:g}"
    return f"{progress.progress:g}{of} {message}".rstrip()


def _moving(told: str, elapsed: float) -> Bundle:
    turn = int(elapsed / MOVE_EVERY) % (2 * (WIDTH - _BLOCK))
    at = min(turn, 2 * (WIDTH - _BLOCK) - turn)
    return {
        "text/plain": f"[{'·' * at}{'█' * _BLOCK}{'·' * (WIDTH - _BLOCK - at)}] {told}",
        "text/html": f"<progress></progress> {html.escape(told)}",
    }
