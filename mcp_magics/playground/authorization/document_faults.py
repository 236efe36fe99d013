"""What protected servers and authorization servers publish wrongly, or leave out; each docstring is a description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_magics.playground.authorization.behaviour import Behaviour, Document

if TYPE_CHECKING:
    from starlette.responses import Response

    from mcp_magics.playground.authorization.sites import Sites

_HUGE_BYTES = 10_000_000


class _NoWwwAuthenticate(Behaviour):
    """Answers 401 without WWW-Authenticate; the well-known documents are there."""

    name = "no-www-authenticate"

    def challenge(self, parameters: dict[str, str]) -> None:  # noqa: ARG002 - for other faults
        return None


class _NoMetadata(Behaviour):
    """Answers 401 and publishes no documents at all."""

    name = "no-metadata"

    def challenge(self, parameters: dict[str, str]) -> None:  # noqa: ARG002 - for other faults
        return None

    def server_metadata(self, document: Document, sites: Sites) -> None:  # noqa: ARG002 - for other faults
        return None

    def resource_metadata(self, document: Document, sites: Sites) -> None:  # noqa: ARG002 - for other faults
        return None


class _Get200(Behaviour):
    """Answers a GET of the MCP URL with 200 and text, without asking who it is; a POST is 401."""

    name = "get-200"

    def unauthenticated_get(self) -> str:
        return "This is an MCP server. POST to it.\n"


class _Prm500(Behaviour):
    """Answers requests for the protected resource metadata with status 500."""

    name = "prm-500"

    def resource_metadata(self, document: Document, sites: Sites) -> Response:  # noqa: ARG002 - for other faults
        from starlette.responses import PlainTextResponse

        return PlainTextResponse("Internal Server Error", 500)


class _WrongResource(Behaviour):
    """Publishes protected resource metadata about another resource."""

    name = "wrong-resource"

    def resource_metadata(self, document: Document, sites: Sites) -> Document:
        return document | {"resource": f"{sites.resource_origin}/another"}


class _LinkLocalMetadata(Behaviour):
    """Names an authorization server on a link-local address, where clouds keep their secrets."""

    name = "link-local-metadata"

    def resource_metadata(self, document: Document, sites: Sites) -> Document:  # noqa: ARG002 - for other faults
        return document | {"authorization_servers": ["http://169.254.169.254/latest"]}


class _Legacy(Behaviour):
    """Does as in 2025-03-26: no protected resource metadata, all at the MCP server's origin, resource not needed."""

    name = "legacy-2025-03-26"
    at_resource = True
    wants_resource = False

    def challenge(self, parameters: dict[str, str]) -> dict[str, str]:
        unknown_then = {"resource_metadata"} if "error" in parameters else {"resource_metadata", "scope"}
        return {name: value for name, value in parameters.items() if name not in unknown_then}

    def resource_metadata(self, document: Document, sites: Sites) -> None:  # noqa: ARG002 - for other faults
        return None


class _MetadataAtRoot(Behaviour):
    """Has an issuer with a path, and its metadata at the root of the host only."""

    name = "metadata-at-root"
    issuer_path = "/tenant"

    def root_metadata_only(self) -> bool:
        return True


class _WrongIssuer(Behaviour):
    """Publishes authorization server metadata whose issuer is another one."""

    name = "wrong-issuer"

    def server_metadata(self, document: Document, sites: Sites) -> Document:
        return document | {"issuer": f"{sites.issuer}/another"}


class _IssuerSlash(Behaviour):
    """Publishes authorization server metadata whose issuer ends with a slash, and names itself so on callbacks."""

    name = "issuer-slash"

    def server_metadata(self, document: Document, sites: Sites) -> Document:
        return document | {"issuer": f"{sites.issuer}/"}

    def callback(self, parameters: dict[str, str]) -> dict[str, str]:
        return parameters | {"iss": f"{parameters['iss']}/"}


class _HugeMetadata(Behaviour):
    """Publishes authorization server metadata of ten megabytes."""

    name = "huge-metadata"

    def server_metadata(self, document: Document, sites: Sites) -> Document:  # noqa: ARG002 - for other faults
        return document | {"filling": "x" * _HUGE_BYTES}


class _JavascriptEndpoint(Behaviour):
    """Publishes an authorization endpoint that is a javascript: URL."""

    name = "javascript-endpoint"

    def server_metadata(self, document: Document, sites: Sites) -> Document:  # noqa: ARG002 - for other faults
        return document | {"authorization_endpoint": "javascript:alert(1)"}


class _PlainHttpEndpoint(Behaviour):
    """Publishes an authorization endpoint that is plain http and not on this machine."""

    name = "plain-http-endpoint"

    def server_metadata(self, document: Document, sites: Sites) -> Document:  # noqa: ARG002 - for other faults
        return document | {"authorization_endpoint": "http://authorize.example/authorize"}


DOCUMENT_FAULTS: tuple[type[Behaviour], ...] = (
    _NoWwwAuthenticate,
    _NoMetadata,
    _Get200,
    _Prm500,
    _WrongResource,
    _LinkLocalMetadata,
    _Legacy,
    _MetadataAtRoot,
    _WrongIssuer,
    _IssuerSlash,
    _HugeMetadata,
    _JavascriptEndpoint,
    _PlainHttpEndpoint,
)
