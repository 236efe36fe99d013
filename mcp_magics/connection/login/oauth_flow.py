"""The OAuth flow of one server, one request at a time: for teaching it, and for testing servers with it.

The same states, the same driver and the same listener as a login; only that somebody else says when to go on.
"""

from __future__ import annotations

import asyncio
import difflib
import weakref
from typing import TYPE_CHECKING, Any, TypeVar

from mcp_magics.auth.showing import COLUMNS, ShownStep, shown
from mcp_magics.auth.stepwise import STEPS
from mcp_magics.connection.exchange import on_loop
from mcp_magics.connection.login.step_view import NextStep, StepView
from mcp_magics.connection.loop import background
from mcp_magics.connection.variable import variable_of
from mcp_magics.connection.waiting import run_blocking
from mcp_magics.errors import CommandError, MCPMagicsError
from mcp_magics.results.sanitise import clean, escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    import pandas as pd

    from mcp_magics.auth.flow.state import State
    from mcp_magics.auth.stepwise import Stepwise
    from mcp_magics.connection.waiting import Attendant, Until
    from mcp_magics.results.diagram import Diagram

Stop = TypeVar("Stop", KeyboardInterrupt, asyncio.CancelledError)


class OAuthFlow:
    """A flow to step through: :meth:`step`, :meth:`run`, :meth:`rerun`; ``df`` has a row a step.

    ``reveal`` shows secrets as they are, and is only for servers of the playground.
    """

    def __init__(
        self, server: str, stepwise: Stepwise, *, reveal: bool, attendant: Callable[[], Attendant | None]
    ) -> None:
        self.server = server
        self._stepwise = stepwise
        self._reveal = reveal
        self._attendant = attendant
        self._closed = False
        self.draws_itself = False
        """Whether the cell it was made in shows how it goes on."""
        self.wished_name = ""
        """What it is going to be called, until a variable has it."""
        self._watchers: list[Callable[[], None]] = []
        weakref.finalize(self, _close, stepwise)

    # -- going on ------------------------------------------------------------------------------------------

    def step(self, **changes: Any) -> StepView:
        """Make the next request, fields replaced or (None) left out; blocks for the browser at ``authorize``."""
        return self._block(self.step_steps(changes))

    async def astep(self, **changes: Any) -> StepView:
        """The same, awaiting."""
        from mcp_magics.connection.waiting import run_awaiting

        try:
            return await run_awaiting(self.step_steps(changes), self._attendant())
        except asyncio.CancelledError as error:  # the stop button's, or that of a task of the person's own
            raise _in_one_line(error, self.server) from None

    def run(self, until: str | None = None) -> OAuthFlow:
        """Step until the end, or until the next step is the one of that name."""
        if until is not None and until not in STEPS:
            raise self._no_step(until)
        while not self.ended and (until is None or self.next != until):
            self.step()
        return self

    def rerun(self, name: str, **changes: Any) -> StepView:
        """Repeat the last step of that name with fields changed, and go on from there.

        At ``authorize``, ``state`` and the PKCE pair are new ones unless they are among the changes.
        """
        self.rewind(name)
        return self.step(**changes)

    def rewind(self, name: str) -> None:
        """Stand again before the last step of that name, without making it."""
        self._refuse_closed()
        try:
            self._stepwise.driver.rewind(name)
        except MCPMagicsError as error:
            near = difflib.get_close_matches(name, self._taken, n=1)
            raise error.at(server=self.server, next_step=self._again(*near)) from None
        self._tell()

    def on_change(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher``, on any thread, whenever a step was taken or taken back."""
        self._watchers.append(watcher)

    def _tell(self) -> None:
        for watcher in self._watchers:
            watcher()

    async def step_steps(self, changes: Mapping[str, Any]) -> StepView:
        """Steps: make the next request, fields replaced or (None) left out."""
        self._refuse_closed()
        if self.ended:
            raise self._over(self.outcome, self._again())
        try:
            step = await on_loop(self.server, self._stepwise.step(changes))
        except MCPMagicsError as error:
            endless = error.failure.class_ == "flow_endless"
            line = self._another if endless else f"{self._name}.step()"
            raise error.at(server=self.server, next_step=line) from None
        finally:
            self._tell()
        return StepView(shown(step, reveal=self._reveal))

    def _block(self, steps: Coroutine[Until, None, StepView]) -> StepView:
        try:
            return run_blocking(steps, self._attendant())
        except KeyboardInterrupt:
            failed = _in_one_line(KeyboardInterrupt(), self.server)
        # Raised outside the except, so that no library's frames hang on to it.
        raise failed

    # -- what to type next ---------------------------------------------------------------------------------

    @property
    def _name(self) -> str:
        return variable_of(self) or self.wished_name or "flow"

    @property
    def _taken(self) -> list[str]:
        return list(dict.fromkeys(step.name for step in self._stepwise.driver.steps))

    def _again(self, name: str = "") -> str:
        """The line that goes on: that step again, else the browser's hop for a new code, else the last one."""
        taken = self._taken
        if not taken:
            return f"{self._name}.step()"
        return f'{self._name}.rerun("{name or ("authorize" if "authorize" in taken else taken[-1])}")'

    @property
    def _another(self) -> str:
        """The line that begins a new flow."""
        return f"%mcp oauth {self.server} -o {self._name}"

    def _refuse_closed(self) -> None:
        if self._closed:
            raise self._over("it was closed", self._another)

    def _over(self, how: str, next_step: str) -> CommandError:
        message = f"this flow has ended: {how}"
        return CommandError(message, class_="flow_ended", phase="login", server=self.server, next_step=next_step)

    def _no_step(self, name: str) -> CommandError:
        near = difflib.get_close_matches(name, STEPS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return CommandError(
            f"{name!r} is no step of a flow{hint}",
            class_="unknown_step",
            phase="login",
            server=self.server,
            evidence=(f"steps: {', '.join(STEPS)}",),
            next_step=f'{self._name}.run(until="{near[0] if near else "token"}")',
        )

    def close(self) -> None:
        """Stop listening for the callback; no further step can be made, what was taken can still be looked at."""
        self._closed = True
        _close(self._stepwise)

    # -- what it is ----------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """Where it stands."""
        return self._stepwise.driver.state

    @property
    def next(self) -> str:
        """The name of the next step, or of the end."""
        return self.state.name

    @property
    def upcoming(self) -> NextStep | None:
        """The request of the next step, to look at and to change; None where nothing follows."""
        state = self.state
        if self._closed or self.ended:
            return None
        return NextStep(state.name, state.section, state.ask(), reveal=self._reveal)

    @property
    def ended(self) -> bool:
        """Whether nothing follows."""
        return self._stepwise.driver.ended

    @property
    def url(self) -> str | None:
        """The address to open in a browser, when that is the next step or the present one."""
        return self._stepwise.url

    @property
    def outcome(self) -> str:
        """How it ended, or what comes next."""
        failure = getattr(self.state, "failure", None)
        if failure is not None:
            return f"refused: {failure.class_}: {failure.message}"
        return "granted" if self.next == "granted" else f"next: {self.next}"

    @property
    def way_on(self) -> str:
        """The line that gets a new code, where the token endpoint takes this one no more; else empty."""
        failure = getattr(self.state, "failure", None)
        is_spent = failure is not None and failure.class_ == "invalid_grant" and "authorize" in self._taken
        return f'{self._name}.rewind("authorize")' if is_spent else ""

    @property
    def steps(self) -> list[ShownStep]:
        """The steps taken, secrets as placeholders."""
        return [shown(step, reveal=self._reveal) for step in self._stepwise.driver.steps]

    @property
    def df(self) -> pd.DataFrame:
        """A row a step: step, name, method, url, status, error, changed, decision, section."""
        import pandas as pd

        return pd.DataFrame([step.row for step in self.steps], columns=["step", *COLUMNS[1:]])

    def diagram(self) -> Diagram:
        """The steps so far as a sequence diagram, secrets as placeholders."""
        from mcp_magics.auth.step_arrows import interaction_of_steps
        from mcp_magics.results.diagram import Diagram

        return Diagram(interaction_of_steps(self.steps))

    def to_json(self) -> dict[str, Any]:
        """The steps so far, and where it stands."""
        return {"server": self.server, "outcome": self.outcome, "steps": [step.row for step in self.steps]}

    def _lines(self) -> list[str]:
        return [f"OAuth flow of {self.server}", *map(_told, self.steps), f"{self.outcome}{self._call}"]

    @property
    def _call(self) -> str:
        """How the next step is made: with its own name, or after it has been given one; or how a new code is got."""
        if self.ended:
            return f" · for a new code: {self.way_on}" if self.way_on else ""
        name = variable_of(self) or self.wished_name
        first = "" if name else f"%mcp oauth {self.server} -o flow, then "
        return f" · {first}{name or 'flow'}.step() makes it ({self.state.section})"

    def __repr__(self) -> str:
        return "\n".join(clean(line) for line in self._lines())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002
        head, *rest = self._lines()
        body = "<br>".join(escaped(line) for line in rest)
        return {"text/plain": repr(self), "text/html": f"<b>{escaped(head)}</b><br>{body}"}


def _told(step: ShownStep) -> str:
    changed = f", {step.changed}" if step.changed else ""
    return f"{step.number}. {step.name}{changed}: {step.decision} [{step.section}]"


def _in_one_line(error: Stop, server: str) -> Stop:
    """``error``, saying what has become of the flow instead of where in a library it was."""
    text = f"the flow of {server} was interrupted; nothing was stored"
    line = f"{type(error).__name__}: {text}"
    error.args = (text,)
    error._render_traceback_ = lambda: [line]  # type: ignore[attr-defined]
    return error


def _close(stepwise: Stepwise) -> None:
    if background.running:
        background.start(stepwise.close())
