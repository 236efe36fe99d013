"""URI Templates (RFC 6570, all four levels): which variables one has, and the URI it expands to. Pure.

The one library for it leaves a space unencoded beside a percent sign and ignores what is malformed, and the SDK's own
lacks prefixes and exploded queries; the grammar is a page long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import quote

from mcp_magics.errors import CommandError

Scalar = str | int | float | bool
Value = Scalar | Sequence[Scalar | None] | Mapping[str, Scalar | None] | None
"""A variable's value: a text or number, a list or an object of such; None leaves the variable out (§2.3)."""

_EXPRESSION = re.compile(r"\{([^{}]*)\}")
_VARIABLE = re.compile(
    r"(?P<name>(?:\w|%[0-9A-Fa-f]{2})(?:\.?(?:\w|%[0-9A-Fa-f]{2}))*)(?::(?P<prefix>[1-9]\d{0,3})|(?P<explode>\*))?",
    re.ASCII,
)
_TRIPLET = re.compile(r"(%[0-9A-Fa-f]{2})")
_RESERVED = ":/?#[]@!$&'()*+,;="
_MOST = 100_000
"""Characters of a template, far beyond any that is meant."""


@dataclass(frozen=True, slots=True)
class _Operator:
    """One line of RFC 6570's Appendix A: what comes first, what between, whether names are written, what stays."""

    first: str = ""
    between: str = ","
    named: bool = False
    if_empty: str = ""
    stays: str = ""


_OPERATORS = {
    "": _Operator(),
    "+": _Operator(stays=_RESERVED),
    "#": _Operator("#", stays=_RESERVED),
    ".": _Operator(".", "."),
    "/": _Operator("/", "/"),
    ";": _Operator(";", ";", named=True),
    "?": _Operator("?", "&", named=True, if_empty="="),
    "&": _Operator("&", "&", named=True, if_empty="="),
}


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable where it stands: ``prefix`` characters of it, or its members one by one (``explode``)."""

    name: str
    operator: str = ""
    prefix: int | None = None
    explode: bool = False

    @property
    def is_needed(self) -> bool:
        """Whether a URI without it can hardly be meant: it stands alone or as part of a path, not in a query."""
        return self.operator in ("", "+")


class UriTemplate:
    """A template understood; raises :class:`CommandError` (``template_invalid``) for one that is none."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._parts = tuple(_parts(text))

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Its variables by their first place, each once."""
        found: dict[str, Variable] = {}
        for part in self._parts:
            for variable in part if isinstance(part, tuple) else ():
                found.setdefault(variable.name, variable)
        return tuple(found.values())

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its variables."""
        return tuple(variable.name for variable in self.variables)

    def expand(self, values: Mapping[str, Value]) -> str:
        """The URI for ``values``; one that is missing or None is left out, as §3.2.1 has it.

        Raises :class:`CommandError` (``template_variable``) for a prefix of a list or of an object.
        """
        return "".join(
            _expanded(part, values) if isinstance(part, tuple) else _encoded(part, _RESERVED) for part in self._parts
        )


def _parts(text: str) -> Iterator[str | tuple[Variable, ...]]:
    if len(text) > _MOST:
        _refuse(text, "it is too long")
    at = 0
    for expression in _EXPRESSION.finditer(text):
        yield _literal(text, text[at : expression.start()])
        yield tuple(_variables(text, expression[1]))
        at = expression.end()
    yield _literal(text, text[at:])


def _literal(template: str, part: str) -> str:
    if "{" in part or "}" in part:
        _refuse(template, "a brace opens or closes nothing")
    return part


def _variables(template: str, expression: str) -> Iterator[Variable]:
    operator = expression[:1] if expression[:1] in _OPERATORS else ""
    for each in expression.removeprefix(operator).split(","):
        found = _VARIABLE.fullmatch(each)
        if found is None:
            _refuse(template, f"{{{expression[:80]}}} is no expression")
        prefix = int(found["prefix"]) if found["prefix"] else None
        yield Variable(found["name"], operator, prefix, bool(found["explode"]))


def _expanded(variables: Sequence[Variable], values: Mapping[str, Value]) -> str:
    operator = _OPERATORS[variables[0].operator]
    pieces = [piece for each in variables for piece in _pieces(each, operator, values.get(each.name))]
    return operator.first + operator.between.join(pieces) if pieces else ""


def _pieces(variable: Variable, operator: _Operator, value: Value) -> Iterator[str]:
    """What the variable adds, each piece to be joined to the others; nothing where it is undefined."""
    if value is None:
        return
    if isinstance(value, (str, int, float, bool)):
        yield _named(operator, variable.name, _encoded(_text(value)[: variable.prefix], operator.stays))
        return
    members = list(_members(value, operator))
    if not members:
        return
    if variable.prefix is not None:
        raise CommandError(
            f"{variable.name}:{variable.prefix} takes the beginning of a text, and its value is no text",
            class_="template_variable",
            phase="arguments",
            next_step=f"{variable.name}=TEXT",
        )
    if not variable.explode:
        flat = ",".join(part for key, each in members for part in ((each,) if key is None else (key, each)))
        yield _named(operator, variable.name, flat)
        return
    for key, each in members:
        if key is None:
            yield _named(operator, variable.name, each)
        else:
            yield _named(operator, key, each) if operator.named else f"{key}={each}"


def _members(
    value: Sequence[Scalar | None] | Mapping[str, Scalar | None], operator: _Operator
) -> Iterator[tuple[str | None, str]]:
    pairs = value.items() if isinstance(value, Mapping) else ((None, each) for each in value)
    for key, each in pairs:
        if each is not None:
            encoded = _encoded(_text(each), operator.stays)
            yield (None if key is None else _encoded(key, operator.stays)), encoded


def _named(operator: _Operator, name: str, text: str) -> str:
    if not operator.named:
        return text
    return f"{name}={text}" if text else f"{name}{operator.if_empty}"


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _encoded(text: str, stays: str) -> str:
    """Percent-encoded UTF-8, except the unreserved and ``stays``; where reserved may stay, triplets do too (§3.2.3)."""
    if not stays:
        return quote(text, safe="~", errors="replace")
    return "".join(
        part if _TRIPLET.fullmatch(part) else quote(part, safe=f"~{stays}", errors="replace")
        for part in _TRIPLET.split(text)
    )


def _refuse(template: str, problem: str) -> NoReturn:
    raise CommandError(
        f"{template[:200]!r} is no URI template: {problem}",
        class_="template_invalid",
        phase="arguments",
        evidence=("RFC 6570 section 2",),
        next_step="'file:///{path}' in quotes, its variables as name=value",
    )
