"""From what a line or a call names to the URI that is read: an address, a template, or the name of one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.line_word import line_word
from mcp_magics.connection.lists.catalog import fetch
from mcp_magics.connection.lists.looked_up import known_items
from mcp_magics.errors import CommandError
from mcp_magics.results.sanitise import one_line
from mcp_magics.schema.uri_template import UriTemplate, Value

if TYPE_CHECKING:
    from mcp_magics.connection.steps import ServerSteps

_NAMES_SHOWN = 8
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
"""How a URI begins (RFC 3986, section 3.1)."""


@dataclass(frozen=True, slots=True)
class Address:
    """The URI to read, and notes on how it came about."""

    uri: str
    notes: tuple[str, ...] = ()


async def address_of(server: ServerSteps, named: str, variables: Mapping[str, Any]) -> Address:
    """Steps: the URI that ``named`` stands for: a URI, a template (RFC 6570) or the name of a resource or a template.

    The server is asked for its lists only where a name has to be looked up. Raises :class:`CommandError` for a
    template without the variables it needs (``template_variable``), for none of that name (``not_listed``), or for a
    name that several resources have (``ambiguous``).
    """
    known = server.connection.known
    if not variables:
        if named in _members(known.get("resources", ()), "uri"):
            return Address(named)
        if "{" not in named and not _named(known.get("templates", ()), named):
            return await _resource_named(server, named)
    return expanded(server.name, await template_named(server, named), variables)


async def _resource_named(server: ServerSteps, named: str) -> Address:
    """Steps: ``named`` where it is a URI or nothing known; else that of the resource, or of the template, it names."""
    if _SCHEME.match(named):
        return Address(named)
    await server.ready_steps()
    resources = await known_items(server, "resources") or ()
    uris = [str(each.get("uri")) for each in resources if named == each.get("name")]
    if len(uris) > 1:
        raise CommandError(
            f"{len(uris)} resources of {server.name} are called {named!r}",
            class_="ambiguous",
            phase="arguments",
            server=server.name,
            evidence=(f"they are: {one_line(', '.join(uris[:_NAMES_SHOWN]), 300)}",),
            next_step=f"%mcp read {line_word(server.name)} {line_word(uris[0])}",
        )
    if not uris and _named(await known_items(server, "templates") or (), named):
        return expanded(server.name, await template_named(server, named), {})
    return Address(uris[0] if uris else named)


async def template_named(server: ServerSteps, named: str) -> str:
    """Steps: ``named`` where it is a template itself, else the template of that name."""
    if "{" in named:
        return named
    if not (items := server.connection.known.get("templates", ())):
        await server.ready_steps()
        items = server.connection.known["templates"] = (await fetch(server, server.name, "templates")).items
    if found := _named(items, named):
        return found[0]
    raise _no_template(server, named, [*_members(items, "name")])


def expanded(server: str, text: str, variables: Mapping[str, Any]) -> Address:
    """The URI a template expands to; raises :class:`CommandError` naming what is missing or does not belong there."""
    template = UriTemplate(text)
    if unknown := [name for name in variables if name not in template.names]:
        raise _unknown(server, template, unknown[0])
    missing = [each for each in template.variables if each.name not in variables]
    if needed := [each.name for each in missing if each.is_needed]:
        raise CommandError(
            f"{one_line(text, 200)} needs {', '.join(needed)}",
            class_="template_variable",
            phase="arguments",
            server=server,
            evidence=(f"given: {', '.join(variables) or 'nothing'}",),
            next_step=_line(server, text, {**dict.fromkeys(variables, "…"), **dict.fromkeys(needed, "…")}),
        )
    left_out = tuple(f"{each.name} was not given and is left out of the URI" for each in missing)
    return Address(template.expand({name: _value(value) for name, value in variables.items()}), left_out)


def _value(value: Any) -> Value:
    """A JSON value as RFC 6570 has values: objects and lists of texts."""
    if isinstance(value, dict):
        return {str(key): _scalar(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_scalar(each) for each in value]
    return value if value is None else _scalar(value)


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise CommandError(
        "a template's variable holds texts and numbers, a list of such or an object of such, nothing deeper",
        class_="template_variable",
        phase="arguments",
        next_step='name:=["a", "b"]',
    )


def _unknown(server: str, template: UriTemplate, name: str) -> CommandError:
    near = get_close_matches(name, template.names, n=1, cutoff=0.5)
    meant = near[0] if near else next(iter(template.names), "")
    return CommandError(
        f"{one_line(template.text, 200)} has no variable {name!r}",
        class_="template_variable",
        phase="arguments",
        server=server,
        evidence=(f"its variables: {', '.join(template.names) or 'none'}",),
        next_step=_line(server, template.text, {meant: "…"} if meant else {}),
    )


def _no_template(server: ServerSteps, named: str, names: list[str]) -> CommandError:
    near = get_close_matches(named, names, n=1, cutoff=0.5)
    shown = one_line(", ".join(names[:_NAMES_SHOWN]), 300)
    word = line_word(server.name)
    return CommandError(
        f"{server.name} lists no template called {named!r}",
        class_="not_listed",
        phase="arguments",
        server=server.name,
        evidence=(f"its templates: {shown or 'none'}",),
        next_step=f"%mcp read {word} {line_word(near[0])} …" if near else f"%mcp templates {word}",
    )


def _line(server: str, text: str, variables: Mapping[str, str]) -> str:
    given = "".join(f" {name}={value}" for name, value in variables.items())
    return f"%mcp read {line_word(server)} {line_word(text)}{given}"


def _named(items: Iterable[Mapping[str, Any]], name: str) -> list[str]:
    return [str(each.get("uriTemplate")) for each in items if name in (each.get("name"), each.get("uriTemplate"))]


def _members(items: Iterable[Mapping[str, Any]], member: str) -> list[str]:
    return [str(each.get(member)) for each in items]
