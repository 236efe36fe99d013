"""What becomes of a command's value: shown, stored, saved, printed as JSON, or nothing of it.

A *hooked* use is the statement IPython's display hook shows, a *statement* any other; a *value* is used by Python.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.errors import CommandError
from mcp_magics.magics.attendant import current_bar
from mcp_magics.magics.cancelling import what_is_ended
from mcp_magics.magics.outcome import Note, Shown
from mcp_magics.magics.progress import ProgressBar, surface_of
from mcp_magics.magics.questions import aside
from mcp_magics.magics.table_panel import offer_tables, parts_of
from mcp_magics.results.answer import Answer
from mcp_magics.results.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

    from mcp_magics.auth.surroundings import Lookout
    from mcp_magics.magics.parse import Command
    from mcp_magics.results.document import Placed
    from mcp_magics.results.media import Bundle

Use = Literal["hooked", "statement", "value"]


class Showing:
    """The showing of one command's value in one shell."""

    def __init__(
        self, shell: InteractiveShell, command: Command, use: Use, progress_after: float, lookout: Lookout | None = None
    ) -> None:
        self._shell = shell
        self._lookout = lookout
        self._options = command.options
        self._hidden = not command.shown
        self._use = use
        self._bar = ProgressBar(progress_after, surface_of(shell), what_is_ended(command))
        self._saved = ""

    @contextmanager
    def progress(self) -> Iterator[None]:
        """While inside, progress of this command's requests is drawn; a failure takes the bar away."""
        token = current_bar.set(None if self._hidden or self._options.flag("json") else self._bar)
        said = aside.set(self._options.flag("json"))
        try:
            yield
        except BaseException:
            self._bar.give_way()
            raise
        finally:
            aside.reset(said)
            current_bar.reset(token)

    def present(self, value: Any) -> Any:
        """Show ``value`` as asked; returns what the expression is worth."""
        try:
            return self._present(value)
        finally:
            self._bar.give_way()

    def _present(self, value: Any) -> Any:
        if value is None:
            return None
        shows_itself = isinstance(value, Shown)
        if isinstance(value, Shown):
            value = value.value
            self._bar.make_room()
        self._keep(value, self._options.text("save") if not shows_itself else None)
        if self._options.flag("json"):
            print(json.dumps(value.to_json(), ensure_ascii=False, indent=2))  # noqa: T201  that is the option
            return None
        if self._use == "value":
            return value
        if self._hidden:
            return None
        if shows_itself:
            return self._worth(value)
        return self._show(value)

    def _keep(self, value: Any, path: str | None) -> None:
        name = self._options.text("out")
        if name is not None:
            if not name.isidentifier():
                raise CommandError(f"-o takes a variable's name, not {name!r}", phase="parse", next_step="-o result")
            self._shell.push({name: value})
        if path is not None:
            from mcp_magics.magics.saving import save

            self._saved = save(value, path)

    def _show(self, value: Any) -> Any:
        """One part goes through the display hook where there is one; several become outputs of their own."""
        if getattr(value, "draws_itself", False):  # and goes on doing so, in an output of its own
            self._bar.make_room()
            return self._worth(value)
        parts, tables = self._parts(value)
        if self._saved:
            parts.append(Note(self._saved)._repr_mimebundle_())
        if self._use == "hooked" and len(parts) == 1 and not tables and not self._bar.on_screen:
            return value
        from IPython.display import display

        first, *others = parts
        if self._bar.on_screen:
            self._bar.give_way(first)
        else:
            display(first, raw=True)
        for part in others:
            display(part, raw=True)
        if tables and self._lookout is not None:
            offer_tables(tables, self._lookout)
        return self._worth(value)

    def _parts(self, value: Any) -> tuple[list[Bundle], list[Placed]]:
        """The outputs of ``value``, and those of its tables a live one may stand for."""
        if isinstance(value, Answer | Listing):
            return parts_of(value, self._lookout)
        parts = list(value.display_parts()) if hasattr(value, "display_parts") else [value._repr_mimebundle_()]
        return parts, []

    def _worth(self, value: Any) -> None:
        """What was shown is the value of the cell's last expression all the same: ``_`` has it."""
        if self._use == "hooked":
            self._shell.displayhook.update_user_ns(value)
