"""Runs the states of a flow: the one place where a request is sent, and a record of every step taken."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from mcp_magics.auth.flow.authorization import Authorize
from mcp_magics.auth.flow.state import END, Discovered
from mcp_magics.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcp_magics.auth.callback import Callback
    from mcp_magics.auth.flow.state import State
    from mcp_magics.auth.message import Answer, Ask, Conversation

LONGEST = 60
"""Steps after which a flow is ended: no honest one takes half of them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step taken: what was asked, what came back, what was decided and which section says so.

    ``answer`` is None for the browser's hop, which is answered by ``callback``; ``at`` is seconds since the epoch.
    """

    number: int
    at: float
    before: State
    ask: Ask
    answer: Answer | None
    callback: Callback | None
    decision: str
    after: State

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
        """Make the request of the present state, with fields changed if so wished, and decide."""
        if len(self.steps) >= LONGEST:
            raise CommandError(f"the flow did not end within {LONGEST} steps", class_="flow_endless", phase="login")
        before, at = self.state, time.time()
        ask = before.ask()
        ask = ask.changed(changes) if changes else ask
        answer, callback = None, None
        if isinstance(before, Authorize):
            callback = await self._browser.visit(ask, before.expects(ask))
            decision = before.received(callback, ask)
        else:
            answer = await self._conversation.send(ask)
            decision = before.next(answer)
        self.state = decision.state
        if isinstance(decision.state, Discovered) and self._after is not None:
            self.state = self._after(decision.state)
        step = Step(len(self.steps) + 1, at, before, ask, answer, callback, decision.text, self.state)
        self.steps.append(step)
        self._watch(step)
        return step

    def rewind(self, name: str) -> None:
        """Stand again where the last step of that name began; raises ``CommandError`` where there is none."""
        for step in reversed(self.steps):
            if step.name == name:
                self.state = step.before
                return
        taken = ", ".join(dict.fromkeys(step.name for step in self.steps)) or "none yet"
        raise CommandError(
            f"no step {name!r} has been taken", class_="unknown_step", phase="login", evidence=(f"taken: {taken}",)
        )
