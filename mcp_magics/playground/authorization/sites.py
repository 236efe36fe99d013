"""Where a protected server and its authorization server are."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

PRM_PATH = "/.well-known/oauth-protected-resource"
ASM_PATH = "/.well-known/oauth-authorization-server"


@dataclass(frozen=True, slots=True)
class Sites:
    """``resource`` is the URL of the MCP endpoint, ``issuer`` the authorization server's identifier."""

    resource: str
    issuer: str

    @property
    def resource_path(self) -> str:
        """The path of the MCP endpoint."""
        return urlsplit(self.resource).path

    @property
    def resource_origin(self) -> str:
        """Scheme, host and port of the MCP endpoint."""
        return self.resource.removesuffix(self.resource_path)

    @property
    def resource_metadata(self) -> str:
        """Where the metadata of the protected resource is (RFC 9728 §3.1)."""
        return f"{self.resource_origin}{PRM_PATH}{self.resource_path}"

    @property
    def issuer_path(self) -> str:
        """The path of the issuer: empty, or it starts with a slash."""
        return urlsplit(self.issuer).path

    def endpoint(self, name: str) -> str:
        """The URL of an endpoint of the authorization server."""
        return f"{self.issuer}/{name}"
