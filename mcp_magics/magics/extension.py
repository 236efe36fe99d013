"""The magics of a shell: a line goes in, a command is performed, its value is shown as the options say."""

from __future__ import annotations

import asyncio
import linecache
from dataclasses import replace
from functools import cached_property
from inspect import currentframe
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, needs_local_scope, no_var_expand

from mcp_magics.errors import MCPMagicsError, RequestCancelledError, UnknownServerError
from mcp_magics.magics.caller import Names, is_the_cell, joined, names_at
from mcp_magics.magics.settings import Settings, from_pyproject, hold_timeouts

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from mcp_magics.auth.surroundings import Lookout
    from mcp_magics.connection.waiting import Attendant
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.progress import Surface
    from mcp_magics.magics.showing import Use
    from mcp_magics.widgets.frontend import FrontEnds


@magics_class
class MCPMagics(Magics, Settings):
    """``%mcp`` and ``%%mcp_call``. Settings: ``%config MCPMagics``."""

    def __init__(self, shell: InteractiveShell, **settings: Any) -> None:
        super().__init__(shell, **settings)
        hold_timeouts(self)
        self.observe(lambda change: hold_timeouts(change["owner"]), ["startup_timeout", "tool_timeout"])
        self._attendant: Attendant | None = None

    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    def mcp(self, line: str, cell: str | None = None, local_ns: Names | None = None) -> Any:
        """Speak to Model Context Protocol servers; ``%mcp`` alone shows what it can do."""
        return self._block("mcp", line, cell, self._use(), self._names(local_ns))

    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    def mcp_call(self, line: str, cell: str | None = None, local_ns: Names | None = None) -> Any:
        """Call a tool: ``%%mcp_call SERVER.TOOL`` with the arguments as the body."""
        return self._block("mcp_call", line, cell, self._use(), self._names(local_ns))

    def _use(self) -> Use:
        """What becomes of a value where no transformer said so: the rest of the cell that loads this extension."""
        from mcp_magics.magics.autoawait import use_at

        frame = currentframe()
        while frame is not None and "get_ipython" not in frame.f_code.co_names:
            frame = frame.f_back
        if frame is None:
            return "hooked"
        return use_at("".join(linecache.getlines(frame.f_code.co_filename)), frame.f_lineno, self._shell)

    def run(self, name: str, line: str, body: str | None, *, use: Use) -> Any:
        """Perform a line, blocking; ``use`` says what becomes of its value."""
        return self._block(name, line, body, use, names_at(currentframe()))

    def _block(self, name: str, line: str, body: str | None, use: Use, names: Names) -> Any:
        failed: BaseException | None = None
        try:
            from mcp_magics.connection.waiting import run_blocking

            attendant = self.attendant()
            lookout = self._front_ends.memory()
            return run_blocking(self._steps(name, line, body, self._context(names, lookout, use)), attendant)
        except MCPMagicsError as error:
            failed = _bare(error)
        except KeyboardInterrupt:
            failed = interrupted()
        # Raised outside the except, so that no library's frames hang on to it: two lines are all a person needs.
        raise failed

    async def arun(self, name: str, line: str, body: str | None, *, use: Use) -> Any:
        """Perform a line, awaiting: widgets and the user's own tasks go on meanwhile."""
        failed: BaseException | None = None
        names, of_the_cell = names_at(currentframe()), is_the_cell(currentframe())
        try:
            from mcp_magics.connection.waiting import run_awaiting

            attendant = self.attendant()
            lookout = self._front_ends.page()
            return await run_awaiting(self._steps(name, line, body, self._context(names, lookout, use)), attendant)
        except MCPMagicsError as error:
            failed = _bare(error)
        except asyncio.CancelledError as error:
            if not of_the_cell and not was_pressed(error):  # whoever cancelled a task of their own waits for that
                raise
            failed = interrupted() if of_the_cell else pressed()
        except KeyboardInterrupt:
            failed = interrupted()
        raise failed

    async def _steps(self, name: str, line: str, body: str | None, context: Context) -> Any:
        from mcp_magics.magics.commands import perform
        from mcp_magics.magics.parse import parse
        from mcp_magics.magics.showing import Showing

        command = parse(line, body=body, servers=context.names, verb="call" if name == "mcp_call" else None)
        showing = Showing(self._shell, command, context.use, self.progress_after, context.lookout)
        try:
            with showing.progress():
                value = await perform(context, command)
        except UnknownServerError as error:
            raise _with_problems(error, context) from None
        return showing.present(value)

    def _context(self, names: Names, lookout: Lookout | None, use: Use) -> Context:
        from mcp_magics.config.secrets import use_secret_store
        from mcp_magics.connection.manager import servers
        from mcp_magics.magics.context import Context
        from mcp_magics.magics.progress import is_attended

        servers.attendant = self.attendant
        servers.inbox.attended = attended = is_attended(self._shell)
        use_secret_store(self.secret_store)
        return Context(
            servers,
            self,
            lambda source: eval(source, names),  # noqa: S307  the user's own cell
            self._surface,
            lookout,
            use,
            attended,
        )

    def _surface(self) -> Surface:
        """A place of its own in the output, which a bar must not take away with itself."""
        from mcp_magics.magics.attendant import current_bar
        from mcp_magics.magics.progress import display_of

        if (bar := current_bar.get()) is not None:
            bar.make_room()
        return display_of(self._shell)

    @property
    def _shell(self) -> InteractiveShell:
        assert self.shell is not None  # magics live in a shell
        return self.shell

    @cached_property
    def _front_ends(self) -> FrontEnds:
        from mcp_magics.widgets.frontend import FrontEnds

        return FrontEnds(self._shell)

    def _names(self, local: Names | None) -> Names:
        return joined(self._shell.user_global_ns, self._shell.user_ns if local is None else local)

    def attendant(self) -> Attendant | None:
        """Who looks after this shell's waits; made at the first."""
        if self._attendant is None:
            from mcp_magics.connection.questions.inbox import inbox
            from mcp_magics.magics.attendant import CellAttendant

            self._attendant = CellAttendant(inbox, self._front_ends)
        return self._attendant


def _with_problems(error: UnknownServerError, context: Context) -> UnknownServerError:
    """``error`` with what is wrong with a configuration file: the server may stand in it."""
    problems = tuple(problem.failure.message for problem in context.servers.store.problems())
    error.failure = replace(error.failure, evidence=(*problems, *error.failure.evidence))
    return error


def interrupted() -> KeyboardInterrupt:
    """An interrupt that says in one line what has become of the request."""
    text = "interrupted; a request under way was cancelled on its server, and the connection stays usable"
    error = KeyboardInterrupt(text)
    error._render_traceback_ = lambda: [f"KeyboardInterrupt: {text}"]  # type: ignore[attr-defined]
    return error


def was_pressed(error: asyncio.CancelledError) -> bool:
    """Whether it was the button of a line that ended its wait."""
    from mcp_magics.magics.cancelling import LineCancelled

    return isinstance(error, LineCancelled)


def pressed() -> RequestCancelledError:
    """The end of a line in a task of the user's own: an interrupt there would end the kernel's loop."""
    text = "cancelled by its button; the server was told, and the connection stays usable"
    return RequestCancelledError(text, class_="cancelled", phase="call")


def _bare(error: MCPMagicsError) -> MCPMagicsError:
    error.__cause__ = error.__context__ = None
    error.__traceback__ = None
    return error


def load(shell: InteractiveShell) -> None:
    """Register the magics, the input transformer and the completer; idempotent, and touches no network."""
    from mcp_magics.magics import autoawait, completion, computing

    settings = from_pyproject(Path.cwd())
    magics = MCPMagics(shell, parent=shell)
    configured = shell.config.get("MCPMagics", {})
    for name, value in settings.items():
        if name not in configured:
            setattr(magics, name, value)
    shell.register_magics(magics)
    configurables: list[Any] = shell.configurables
    configurables[:] = [each for each in configurables if type(each).__name__ != "MCPMagics"]
    configurables.append(magics)
    autoawait.install(shell)
    completion.install(shell)
    computing.install(shell)
    _sweep()


def unload(shell: InteractiveShell) -> None:
    """Take everything out again and leave every server."""
    import sys

    from mcp_magics.magics import autoawait, completion, computing

    autoawait.uninstall(shell)
    completion.uninstall(shell)
    computing.uninstall(shell)
    magics = shell.magics_manager
    for kind in ("line", "cell"):
        for name in ("mcp", "mcp_call"):
            magics.magics[kind].pop(name, None)
    magics.registry.pop("MCPMagics", None)
    shell.configurables[:] = [each for each in shell.configurables if type(each).__name__ != "MCPMagics"]
    panels = sys.modules.get("mcp_magics.widgets.newest")
    if panels is not None:
        panels.end_all()
    manager = sys.modules.get("mcp_magics.connection.manager")
    if manager is not None:
        manager.servers.close()


def _sweep() -> None:
    """End what a killed kernel and a dead reaper left behind, without holding up the cell."""
    import threading

    def sweep() -> None:
        from mcp_magics.wire.orphans import sweep

        sweep()

    threading.Thread(target=sweep, name="mcp_magics-sweep", daemon=True).start()
