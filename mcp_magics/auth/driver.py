"""Runs the states of a flow: the one place where a request is sent, and a record of every step taken."""

from __future__ import annotations

import difflib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from mcp_magics.auth.flow.authorization import Authorize
from mcp_magics.auth.flow.exchange import Token
from mcp_magics.auth.flow.state import END, Decision, Discovered
from mcp_magics.errors import CommandError, MCPMagicsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcp_magics.auth.callback import Callback
    from mcp_magics.auth.flow.state import State
    from mcp_magics.auth.message import Answer, Ask, Conversation
    from mcp_magics.errors import Failure

LONGEST = 60
"""Steps after which a flow is ended: no honest one takes half of them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step taken: what was asked, what came back, what was decided and which section says so.

    ``answer`` is None for the browser's hop, which is answered by ``callback``; ``at`` is seconds since the epoch.
    ``changes`` are what a person changed of ``own``, the request as the flow would have made it; ``failure`` is why the
    browser did not come back.
    """

    number: int
    at: float
    before: State
    ask: Ask
    answer: Answer | None
    callback: Callback | None
    decision: str
    after: State
    own: Ask | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    failure: Failure | None = None

    @property
    def name(self) -> str:
        """The name of its state."""
        return self.before.name

    @property
    def section(self) -> str:
        """Where its state is specified."""
        return self.before.section


class Browser(Protocol):
    """Whoever makes the browser's hop: a person, or a script that plays one."""

    async def visit(self, ask: Ask, state: str) -> Callback:
        """Have ``ask`` visited and wait for the callback with that ``state``; raises ``MCPMagicsError``."""


class NoBrowser:
    """For flows that make no browser's hop: discovery, refresh, revocation."""

    async def visit(self, ask: Ask, state: str) -> Callback:
        """Nobody is there to visit."""
        raise NotImplementedError(ask.url, state)


class Driver:
    """One flow under way: its present state, the steps taken, and whoever watches them.

    ``after`` says what follows the discovery; None ends the flow there.
    """

    def __init__(
        self,
        state: State,
        conversation: Conversation,
        *,
        browser: Browser | None = None,
        after: Callable[[Discovered], State] | None = None,
        watch: Callable[[Step], None] = lambda _step: None,
    ) -> None:
        self.state = state
        self.steps: list[Step] = []
        self._conversation = conversation
        self._browser: Browser = browser or NoBrowser()
        self._after = after
        self._watch = watch

    @property
    def ended(self) -> bool:
        """Whether nothing follows."""
        return isinstance(self.state, END)

    async def run(self) -> State:
        """Step until the end; returns the last state."""
        while not self.ended:
            await self.step()
        return self.state

    async def step(self, changes: Mapping[str, Any] | None = None) -> Step:
        """Make the request of the present state, with fields changed if so wished, and decide.

        A browser's hop that fails is a step too: it is kept, the flow stays where it is, and the error is raised.
        """
        if len(self.steps) >= LONGEST:
            raise CommandError(f"the flow did not end within {LONGEST} steps", class_="flow_endless", phase="login")
        before, at, changes = self.state, time.time(), changes or {}
        own = before.ask()
        ask = own.changed(changes) if changes else own
        answer, callback, failed = None, None, None
        if isinstance(before, Authorize):
            expected = before.expects(ask)
            try:
                callback = await self._browser.visit(ask, expected)
                decision = before.received(callback, ask)
            except MCPMagicsError as error:
                failed, decision = error, Decision(error.failure.message, before)
        else:
            answer = await self._conversation.send(ask)
            decision = (before.sent(ask) if isinstance(before, Token) else before).next(answer)
        after = self._followed(decision.state)
        failure = failed.failure if failed is not None else None
        number, text = len(self.steps) + 1, decision.text
        step = Step(number, at, before, ask, answer, callback, text, after, own, changes, failure)
        self.steps.append(step)
        if failed is not None:
            raise failed
        self.state = after
        self._watch(step)
        return step

    def _followed(self, state: State) -> State:
        return self._after(state) if isinstance(state, Discovered) and self._after is not None else state

    def rewind(self, name: str) -> None:
        """Stand again where the last step of that name began; raises ``CommandError`` where there is none.

        An authorization request is one of its own: ``state`` and PKCE pair are new (RFC 6749 §10.12, RFC 7636 §4.1).
        """
        for step in reversed(self.steps):
            if step.name == name:
                self.state = step.before.anew() if isinstance(step.before, Authorize) else step.before
                return
        taken = dict.fromkeys(step.name for step in self.steps)
        near = difflib.get_close_matches(name, taken, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise CommandError(
            f"no step {name!r} has been taken{hint}",
            class_="unknown_step",
            phase="login",
            evidence=(f"taken: {', '.join(taken) or 'none yet'}",),
        )
