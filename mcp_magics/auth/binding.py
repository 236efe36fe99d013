"""What a credential must be bound to before it is sent anywhere: pure comparison of configuration and store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcp_magics.auth.metadata import canonical
from mcp_magics.errors import Failure
from mcp_magics.redact import redactor

if TYPE_CHECKING:
    from mcp_magics.auth.credential import OAuthCredential
    from mcp_magics.config.model import ServerSpec


@dataclass(frozen=True, slots=True)
class Binding:
    """The server as configured; ``resource`` and ``client_id`` None bind to nothing."""

    server: str
    server_url: str
    resource: str | None = None
    client_id: str | None = None

    @classmethod
    def of(cls, spec: ServerSpec) -> Binding:
        """What ``spec`` binds to; raises ``ConfigurationError`` for an address that cannot be expanded."""
        from mcp_magics.auth.order import server_url

        return cls(spec.name, server_url(spec), spec.oauth.resource, spec.oauth.client_id)

    def breach(self, credential: OAuthCredential) -> Failure | None:
        """Why no token of ``credential`` is sent to this server (class ``credential_mismatch``), or None."""
        if canonical(credential.server_url) != canonical(self.server_url):
            return self._mismatch("server", credential.server_url, self.server_url)
        if self.resource is not None and not _same_resource(credential.resource, self.resource):
            return self._mismatch("resource", credential.resource or "", self.resource)
        if self.client_id is not None and credential.client.client_id != self.client_id:
            return self._mismatch("client", credential.client.client_id, self.client_id)
        return None

    def _mismatch(self, what: str, stored: str, configured: str) -> Failure:
        show = redactor().text if what == "client" else redactor().url
        return Failure(
            "credential_mismatch",
            f"the stored login is for the {what} {show(stored)!r}, and {show(configured)!r} is configured",
            "login",
            self.server,
            ("no token was sent",),
            f"%mcp login {self.server} --again",
        )


def _same_resource(stored: str | None, configured: str) -> bool:
    return stored is not None and canonical(stored) == canonical(configured)
