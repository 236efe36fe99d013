"""What every content block has (MCP "Data types: ContentBlock"): the server's own JSON underneath, never copied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Block:
    """One content block; ``raw`` is what the server sent."""

    raw: Any

    @property
    def type(self) -> str | None:
        """The block's own ``type``, known to the specification or not."""
        return self._text("type")

    @property
    def meta(self) -> Any:
        """The block's ``_meta``, or None."""
        return self.raw.get("_meta") if isinstance(self.raw, dict) else None

    @property
    def annotations(self) -> Any:
        """The block's ``annotations`` (audience, priority, lastModified), or None."""
        return self.raw.get("annotations") if isinstance(self.raw, dict) else None

    def _text(self, key: str) -> str | None:
        value = self.raw.get(key) if isinstance(self.raw, dict) else None
        return value if isinstance(value, str) else None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._summary()[:200]!r}>"

    def _summary(self) -> str:
        return self.type or type(self.raw).__name__
