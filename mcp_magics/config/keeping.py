"""Literal secrets in a configuration that is kept: advice in a notebook, references in a project's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_magics.config.expand import lookup
from mcp_magics.config.literals import LiteralSecret, literal_secrets, with_references
from mcp_magics.config.names import alias
from mcp_magics.config.secrets import session_secrets
from mcp_magics.errors import ConfigurationError
from mcp_magics.redact import redactor

if TYPE_CHECKING:
    from mcp_magics.config.model import ServerSpec


def advice(spec: ServerSpec, place: str) -> tuple[str, ...]:
    """A line for each literal secret in ``spec``, which is kept in ``place``; redaction learns of them."""
    literals = literal_secrets(spec)
    for literal in literals:
        redactor().register(literal.secret, literal.variable)
    return tuple(
        f"{each.where} holds {each.why}, in {place}: %mcp secret {each.variable}, then write ${{{each.variable}}}"
        for each in literals
    )


def with_kept_secrets(spec: ServerSpec) -> tuple[ServerSpec, tuple[str, ...]]:
    """``spec`` with references instead of literal secrets, whose values this session remembers, and a note for each."""
    variables = remember(spec)
    notes = tuple(
        f"{each.where} held {each.why}: the file says ${{{name}}}, this session knows it; to keep: %mcp secret {name}"
        for each, name in variables.items()
    )
    return with_references(spec, variables), notes


def remember(spec: ServerSpec) -> dict[LiteralSecret, str]:
    """A variable for each literal secret of ``spec``, each of them set for this session."""
    variables: dict[LiteralSecret, str] = {}
    for literal in literal_secrets(spec):
        name = _free_name(spec, literal)
        variables[literal] = name
        redactor().register(literal.secret, name)
        if _value(spec, name) != literal.secret:
            session_secrets().set(name, literal.secret)
    return variables


def _free_name(spec: ServerSpec, literal: LiteralSecret) -> str:
    """The literal's variable, or one like it where that has another value: never two secrets under one name."""
    stem = alias(spec.name).upper().replace("-", "_")
    own = literal.variable if literal.variable.startswith(stem) else f"{stem}_{literal.variable}"
    candidates = [literal.variable, own, *(f"{own}_{number}" for number in range(2, 100))]
    return next((name for name in candidates if _value(spec, name) in (None, "", literal.secret)), candidates[-1])


def _value(spec: ServerSpec, name: str) -> str | None:
    try:
        return lookup(spec)(name)
    except ConfigurationError:
        return None  # a store that cannot be read keeps nothing from being remembered here
