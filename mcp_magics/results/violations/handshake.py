"""The results of ``initialize`` and ``server/discover``: what a server says it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mcp_magics.results.violations.rule import (
    CACHED,
    STATELESS,
    Finding,
    Member,
    Violation,
    in_members,
    in_result,
    name_of,
    stated,
)

_HANDSHAKE = "2025-11-25"
_SAID = (Member("capabilities", "an object", is_required=True), Member("instructions", "a string"))
_INITIALIZE = (
    Member("protocolVersion", "a string", is_required=True),
    *_SAID,
    Member("serverInfo", "an object", is_required=True),
)
_DISCOVER = (Member("supportedVersions", "a list", is_required=True), *_SAID, *CACHED)
_INFO = (
    Member("name", "a string", is_required=True),
    Member("version", "a string", is_required=True),
    Member("title", "a string"),
)
_CAPABILITIES = tuple(
    Member(name, "an object")
    for name in ("experimental", "logging", "completions", "prompts", "resources", "tools", "tasks", "extensions")
)
_SWITCHES = (Member("listChanged", "a boolean"), Member("subscribe", "a boolean"))


def in_handshake(method: str, raw: Any) -> Iterator[Violation]:
    """Violations in the result of ``initialize`` or ``server/discover``."""
    if method == "initialize":
        version = raw.get("protocolVersion") if isinstance(raw, dict) else None
        revision = version if isinstance(version, str) and "2024" <= version < STATELESS else _HANDSHAKE
        yield from stated(_initialize(raw, revision), revision)
    else:
        yield from stated(_discover(raw), STATELESS)


def _initialize(raw: Any, revision: str) -> Iterator[Finding]:
    yield from in_result(raw, revision, _INITIALIZE)
    if isinstance(raw, dict):
        if isinstance(raw.get("serverInfo"), dict):
            yield from in_members(raw["serverInfo"], "serverInfo", _INFO)
        yield from _capabilities(raw.get("capabilities"))


def _discover(raw: Any) -> Iterator[Finding]:
    yield from in_result(raw, STATELESS, _DISCOVER)
    if not isinstance(raw, dict):
        return
    yield from _capabilities(raw.get("capabilities"))
    versions = raw.get("supportedVersions")
    for index, version in enumerate(versions[:100] if isinstance(versions, list) else ()):
        if not isinstance(version, str):
            path = f"supportedVersions[{index}]"
            yield Finding("wrong_type", path, version, f"must be a string, is {name_of(version)}")


def _capabilities(capabilities: Any) -> Iterator[Finding]:
    if not isinstance(capabilities, dict):
        return
    yield from in_members(capabilities, "capabilities", _CAPABILITIES)
    for name in ("prompts", "resources", "tools"):
        if isinstance(capabilities.get(name), dict):
            yield from in_members(capabilities[name], f"capabilities.{name}", _SWITCHES)
