"""A progress bar in a display of its own, which the result takes over or which ends empty."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from mcp_magics.results.sanitise import clean

if TYPE_CHECKING:
    from IPython.core.display_functions import DisplayHandle

    from mcp_magics.wire.pending import Progress

WIDTH = 30
LONGEST_MESSAGE = 120


class ProgressBar:
    """Drawn once the server has reported progress and ``after`` seconds have passed; redrawn when that changes."""

    def __init__(self, after: float) -> None:
        self._after = after
        self._drawn: Progress | None = None
        self._handle: DisplayHandle | None = None

    def draw(self, progress: Progress | None, elapsed: float) -> None:
        """Show ``progress`` if there is any news."""
        if progress is None or progress is self._drawn or elapsed < self._after:
            return
        self._drawn = progress
        self._publish(bundle(progress))

    def _publish(self, data: dict[str, Any]) -> None:
        from IPython.display import display

        if self._handle is None:
            self._handle = display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)

    @property
    def on_screen(self) -> bool:
        """Whether anything has been drawn."""
        return self._handle is not None

    def give_way(self, data: dict[str, Any] | None = None) -> None:
        """Leave the saved output: to ``data``, or to nothing."""
        if self._handle is not None:
            self._handle.update(data or {"text/plain": ""}, raw=True)
            self._handle = None


def bundle(progress: Progress) -> dict[str, Any]:
    """One state of the bar, rich and plain."""
    message = clean(progress.message or "")[:LONGEST_MESSAGE]
    if not progress.total:
        return {
            "text/plain": f"… {progress.progress:g} {message}".rstrip(),
            "text/html": f"<progress></progress> {progress.progress:g} {html.escape(message)}",
        }
    share = min(max(progress.progress / progress.total, 0), 1)
    filled = round(share * WIDTH)
    count = f"{progress.progress:g}/{progress.total:g}"
    return {
        "text/plain": f"[{'█' * filled}{'·' * (WIDTH - filled)}] {count} {message}".rstrip(),
        "text/html": f'<progress value="{share:.4f}" max="1"></progress> {count} {html.escape(message)}',
    }
