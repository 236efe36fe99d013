"""The parameters of a query or a form, in which only ``resource`` may be said twice (RFC 6749 §3.1, RFC 8707 §2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl

from mcp_magics.playground.authorization.refusal import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request


@dataclass(frozen=True, slots=True)
class Parameters:
    """Names and values in the order they came."""

    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """The parameters of a query string or of a form's body."""
        return cls(tuple(parse_qsl(text, keep_blank_values=True)))

    @classmethod
    async def of_form(cls, request: Request) -> Self:
        """The parameters of a form that was posted."""
        return cls.of((await request.body()).decode("utf-8", "replace"))

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of that name."""
        return tuple(value for key, value in self.pairs if key == name)

    def get(self, name: str) -> str | None:
        """The value of that name; an empty one counts as left out (RFC 6749 §3.1).

        Raises:
            Refusal: it came more than once.
        """
        values = self.all(name)
        if len(values) > 1:
            raise Refusal("invalid_request", f"{name} was sent {len(values)} times")
        return values[0] or None if values else None

    def need(self, name: str) -> str:
        """The value of that name.

        Raises:
            Refusal: it is missing, or came more than once.
        """
        if (value := self.get(name)) is None:
            raise Refusal("invalid_request", f"{name} is missing")
        return value
