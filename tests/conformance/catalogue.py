"""The suite's client scenarios: on which protocol revisions each is run, and what we cannot do yet."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT = "default"
"""No revision asked for: the suite takes the one each scenario is written for. Extensions are run only here."""

_2025_03, _2025_06, _2025_11, _2026_07 = "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"
REVISIONS = (DEFAULT, _2025_03, _2025_06, _2025_11, _2026_07)


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario on one revision."""

    scenario: str
    revision: str

    def __str__(self) -> str:
        return f"{self.revision}:{self.scenario}"


_HANDSHAKE = (_2025_06, _2025_11)
_LATEST = (_2025_11, _2026_07)
_ALL = (_2025_06, _2025_11, _2026_07)

SCENARIOS: dict[str, tuple[str, ...]] = {
    "initialize": _HANDSHAKE,
    "tools_call": _ALL,
    "elicitation-sep1034-client-defaults": (_2025_11,),
    "sse-retry": (_2025_11,),
    "request-metadata": (_2026_07,),
    "auth/metadata-default": _LATEST,
    "auth/metadata-var1": _LATEST,
    "auth/metadata-var2": _LATEST,
    "auth/metadata-var3": _LATEST,
    "auth/basic-cimd": _LATEST,
    "auth/scope-from-www-authenticate": _LATEST,
    "auth/scope-from-scopes-supported": _LATEST,
    "auth/scope-omitted-when-undefined": _LATEST,
    "auth/scope-step-up": _LATEST,
    "auth/scope-retry-limit": _LATEST,
    "auth/token-endpoint-auth-basic": _ALL,
    "auth/token-endpoint-auth-post": _ALL,
    "auth/token-endpoint-auth-none": _ALL,
    "auth/pre-registration": _LATEST,
    "auth/2025-03-26-oauth-metadata-backcompat": (_2025_03,),
    "auth/2025-03-26-oauth-endpoint-fallback": (_2025_03,),
    "auth/resource-mismatch": (_2026_07,),
    "auth/offline-access-scope": (_2026_07,),
    "auth/offline-access-not-supported": (_2026_07,),
    "auth/authorization-server-migration": (_2026_07,),
    "auth/iss-supported": (_2026_07,),
    "auth/iss-not-advertised": (_2026_07,),
    "auth/iss-supported-missing": (_2026_07,),
    "auth/iss-wrong-issuer": (_2026_07,),
    "auth/iss-unexpected": (_2026_07,),
    "auth/iss-normalized": (_2026_07,),
    "auth/metadata-issuer-mismatch": (_2026_07,),
    "auth/client-credentials-jwt": (),
    "auth/client-credentials-basic": (),
    "auth/enterprise-managed-authorization": (),
    "auth/dpop": (),
    "auth/dpop-nonce": (),
    "auth/wif-jwt-bearer": (),
    "sep-2322-client-request-state": (_2026_07,),
    "http-standard-headers": (_2026_07,),
    "http-custom-headers": (_2026_07,),
    "http-invalid-tool-headers": (_2026_07,),
    "json-schema-ref-no-deref": (_2026_07,),
    "json-schema-2020-12-preservation": _LATEST,
    "sep-2640-client-no-prefetch": (),
    "sep-2640-client-verify-digest": (),
    "sep-2640-client-verify-size": (),
    "sep-2640-client-verify-frontmatter": (),
}
"""Scenario → the dated revisions it belongs to, as the suite lists them; a test compares."""

KNOWN_GAPS: dict[str, str] = {}
"""Scenario → why it fails. One that passes must leave this table: the tests are strict about it."""


def cases() -> list[Case]:
    """Every scenario on every revision it is run on, revision by revision."""
    return [
        Case(scenario, revision)
        for revision in REVISIONS
        for scenario, dated in SCENARIOS.items()
        if revision == DEFAULT or revision in dated
    ]
