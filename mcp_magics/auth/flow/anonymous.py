"""What a server says to someone without a credential: the only measure of whether it requires one.

Published metadata offers a login; only a refused request demands it. The session that is begun here ends here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mcp_types.version import LATEST_HANDSHAKE_VERSION, LATEST_MODERN_VERSION

from mcp_magics.auth.flow.discovery import look_for_resource
from mcp_magics.auth.flow.state import Decision, FlowSettings, Found, Refused
from mcp_magics.auth.message import Ask
from mcp_magics.auth.unauthorized import is_error, unauthorized
from mcp_magics.wire.challenge import oauth_challenge
from mcp_magics.wire.verdict import http_failure

if TYPE_CHECKING:
    from mcp_magics.auth.message import Answer, Fields

Method = Literal["initialize", "notifications/initialized", "tools/list", "GET", "DELETE"]

_BOTH = "application/json, text/event-stream"
_CLIENT = {"name": "mcp_magics", "version": "probe"}
_NEXT: dict[Method, Method] = {
    "initialize": "notifications/initialized",
    "notifications/initialized": "tools/list",
}


@dataclass(frozen=True, slots=True)
class Anonymous:
    """One anonymous request; ``session`` and ``version`` are what ``initialize`` gave (empty: 2026-07-28, none)."""

    name: ClassVar[str] = "anonymous"
    section: ClassVar[str] = "MCP authorization: Protected Resource Metadata Discovery"
    settings: FlowSettings
    method: Method = "initialize"
    session: str = ""
    version: str = LATEST_HANDSHAKE_VERSION
    found: Found = Found()  # noqa: RUF009  frozen

    def ask(self) -> Ask:
        """The request, as a client without a credential makes it."""
        headers = (*self.settings.headers, *self._headers())
        if self.method in ("GET", "DELETE"):
            return Ask("GET" if self.method == "GET" else "DELETE", self.settings.url, headers)
        return Ask("POST", self.settings.url, headers, body=self._message())

    def next(self, answer: Answer) -> Decision:
        """On to the next method, or to the metadata: at once where a credential is demanded."""
        if self.method == "DELETE":
            return self._accepted("the session of this check is ended")
        if answer.failure is not None:
            return Decision(f"could not check: {answer.failure.message}", Refused(answer.failure, self.found))
        status = answer.status or 0
        challenge = oauth_challenge(answer.headers.get("www-authenticate"))
        if status == 401 or (status == 403 and challenge is not None):
            found = replace(self.found, refused=self.method, challenge=challenge)
            text = f"{self.method} is refused without a credential ({status}): authorization is required"
            return Decision(text, look_for_resource(self.settings, found))
        if (said := unauthorized(answer.body)) is not None and self.method != "GET":
            odd = f"{self.method} is refused with {answer.status} and a JSON-RPC error in place of a 401: {said}"
            problems = (*self.found.problems, odd)
            found = replace(self.found, refused=self.method, said=said, challenge=challenge, problems=problems)
            text = f"{self.method} is answered with an error that asks for authorization: {said}"
            return Decision(text, look_for_resource(self.settings, found))
        if answer.ok and not (self.method == "initialize" and is_error(answer.body)):
            return self._onward(answer)
        return self._otherwise(answer)

    def _onward(self, answer: Answer) -> Decision:
        state = replace(self, session=answer.headers.get("mcp-session-id", self.session))
        following = _NEXT.get(self.method)
        if following is not None:
            return Decision(f"{self.method} is answered without a credential", replace(state, method=following))
        refused = self.found.refused
        verdict = f"{refused} was not" if refused is not None else "none is required"
        text = f"{self.method} is answered without a credential: {verdict}"
        if state.session:
            return Decision(text, replace(state, method="DELETE"))
        return state._accepted(text)  # noqa: SLF001  itself

    def _otherwise(self, answer: Answer) -> Decision:
        """Neither accepted nor refused: another era, another transport, or no MCP server at all."""
        status = answer.status or 0
        if self.method == "initialize" and b'"jsonrpc"' in answer.body[:8192]:
            modern = replace(self, method="tools/list", session="", version=LATEST_MODERN_VERSION)
            return Decision(f"initialize is unknown here ({status}): asked as in {LATEST_MODERN_VERSION}", modern)
        if self.method == "initialize" and status in (404, 405):
            return Decision(f"no POST here ({status}): asked as the older SSE transport does", self._with("GET"))
        if b'"jsonrpc"' in answer.body[:8192] and self.method != "GET":
            return self._onward(answer)
        name, url = self.settings.server, self.settings.url
        failure = http_failure(name, url, status, answer.headers, answer.body[:8192], in_session=bool(self.session))
        return Decision(f"could not check: {failure.message}", Refused(failure, self.found))

    def _accepted(self, text: str) -> Decision:
        return Decision(text, look_for_resource(self.settings, self.found))

    def _with(self, method: Method) -> Anonymous:
        return replace(self, method=method)

    def _headers(self) -> Fields:
        headers = [("accept", "text/event-stream" if self.method == "GET" else _BOTH)]
        if self.session:
            headers.append(("mcp-session-id", self.session))
        if self.version == LATEST_MODERN_VERSION:
            headers.append(("mcp-method", self.method))
        if self.method != "initialize":
            headers.append(("mcp-protocol-version", self.version))
        return tuple(headers)

    def _message(self) -> dict[str, Any]:
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": self.method}
        if self.method == "initialize":
            params = {"protocolVersion": self.version, "capabilities": {}, "clientInfo": _CLIENT}
            return {**message, "id": 1, "params": params}
        if self.method == "notifications/initialized":
            return message
        return {**message, "id": 2, "params": {"_meta": self._meta()} if self._meta() else {}}

    def _meta(self) -> dict[str, Any]:
        if self.version != LATEST_MODERN_VERSION:
            return {}
        prefix = "io.modelcontextprotocol/"
        return {
            f"{prefix}protocolVersion": self.version,
            f"{prefix}clientInfo": _CLIENT,
            f"{prefix}clientCapabilities": {},
        }
