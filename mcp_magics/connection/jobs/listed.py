"""What stands in ``%mcp jobs``, whatever it is: as much of it as the list has to know."""

from __future__ import annotations

from typing import Any, Literal, Protocol

State = Literal["running", "waiting", "succeeded", "failed", "cancelled"]


class Listed(Protocol):
    """What stands in ``%mcp jobs``: a call that was left to run, or a login under way."""

    number: int
    server: str
    what: str
    began: float

    @property
    def state(self) -> State:
        """One word for where it stands."""

    @property
    def verdict(self) -> str:
        """The state as it is listed, with what else is to be known of the end."""

    @property
    def line(self) -> str:
        """One line for where it stands."""

    @property
    def done(self) -> bool:
        """Whether it has ended."""

    def cancel(self) -> None:
        """End it."""

    def to_json(self) -> dict[str, Any]:
        """Where it stands, as plain JSON."""
