"""What an authorization server answers when it does not do what it was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.responses import Response

_UNAUTHORIZED = 401


class Refusal(Exception):  # noqa: N818 - the RFCs' word for its answer, "error", is a field of it
    """An error response: ``error`` and its description as JSON (RFC 6749 §5.2, RFC 7591 §3.2.2, RFC 8707 §2)."""

    def __init__(self, error: str, description: str, status: int = 400, headers: dict[str, str] | None = None) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
        self.headers = headers or {}

    def response(self) -> Response:
        """The answer at the token, registration and revocation endpoints."""
        from starlette.responses import JSONResponse

        body = {"error": self.error, "error_description": self.description}
        headers = {"Cache-Control": "no-store", **self.headers}
        return JSONResponse(body, status_code=self.status, headers=headers)


class Redirection(Refusal):
    """An error of the authorization endpoint that the client is told, by a redirect (RFC 6749 §4.1.2.1)."""

    def __init__(self, error: str, description: str, uri: str | None = None) -> None:
        super().__init__(error, description)
        self.uri = uri


def invalid_client(description: str, *, tried_basic: bool = False) -> Refusal:
    """The client could not be authenticated (RFC 6749 §5.2)."""
    headers = {"WWW-Authenticate": 'Basic realm="playground"'} if tried_basic else {}
    return Refusal("invalid_client", description, _UNAUTHORIZED, headers)
