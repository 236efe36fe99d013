"""What the two servers publish about themselves (RFC 9728 §2, RFC 8414 §2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_magics.playground.authorization.authentication import ASSERTION_ALGORITHMS, METHODS
from mcp_magics.playground.authorization.enterprise import GRANT_PROFILE
from mcp_magics.playground.authorization.grants import GRANT_TYPES
from mcp_magics.playground.authorization.proof import PROOF_ALGORITHMS
from mcp_magics.playground.authorization.realm import RESOURCE_SCOPES, SCOPES

if TYPE_CHECKING:
    from starlette.responses import Response

    from mcp_magics.playground.authorization.behaviour import Behaviour, Document
    from mcp_magics.playground.authorization.sites import Sites


def resource_metadata(sites: Sites, behaviour: Behaviour, name: str) -> Document | Response | None:
    """The protected resource metadata of the MCP server called ``name``, as its behaviour leaves it."""
    document: Document = {
        "resource": sites.resource,
        "authorization_servers": [sites.issuer],
        "scopes_supported": list(RESOURCE_SCOPES),
        "bearer_methods_supported": ["header"],
        "resource_name": f"{name} of the mcp_magics playground",
    }
    if behaviour.demands_proof:
        document |= {
            "dpop_bound_access_tokens_required": True,
            "dpop_signing_alg_values_supported": list(PROOF_ALGORITHMS),
        }
    return behaviour.resource_metadata(document, sites)


def server_metadata(sites: Sites, behaviour: Behaviour) -> Document | None:
    """The authorization server metadata, as the behaviour leaves it."""
    document: Document = {
        "issuer": sites.issuer,
        "authorization_endpoint": sites.endpoint("authorize"),
        "token_endpoint": sites.endpoint("token"),
        "revocation_endpoint": sites.endpoint("revoke"),
        "jwks_uri": sites.endpoint("jwks"),
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANT_TYPES),
        "authorization_grant_profiles_supported": [GRANT_PROFILE],
        "token_endpoint_auth_methods_supported": list(METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": list(METHODS),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "dpop_signing_alg_values_supported": list(PROOF_ALGORITHMS),
    }
    if behaviour.registers:
        document |= {
            "registration_endpoint": sites.endpoint("register"),
            "client_id_metadata_document_supported": True,
        }
    return behaviour.server_metadata(document, sites)
