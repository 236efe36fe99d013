"""What faults have in common that only spoil calls of tools."""

from __future__ import annotations

from mcp_magics.playground.plain_server import Message, WellBehaved


class OnCalls(WellBehaved):
    """A server that behaves until a tool is called."""

    def respond(self, request: Message) -> None:
        """Answer a request, or spoil it where it is a call."""
        if request["method"] == "tools/call":
            self.spoil(request)
        else:
            super().respond(request)

    def spoil(self, request: Message) -> None:
        """Do to a call what this fault does."""
        raise NotImplementedError
