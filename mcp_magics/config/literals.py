"""Secrets written out in a configuration: where they stand, and the same configuration with references instead."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote

from mcp_magics.config.model import HttpTransport, ServerSpec, StdioTransport, Transport
from mcp_magics.config.names import alias
from mcp_magics.redact import MASK, is_secret_name, looks_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Field = Literal["env", "headers", "args", "url"]

_SCHEME = re.compile(r"\s*(?:bearer|basic|token|dpop|apikey|key)\s+(?P<secret>\S.*?)\s*", re.IGNORECASE)
_NAMED = re.compile(r"(?:--?)?(?P<name>[A-Za-z][\w.-]*)(?:=|:[ \t]*)(?P<value>.+)", re.DOTALL)
_OPTION = re.compile(r"--?(?P<name>[A-Za-z][\w.-]*)")
_ADDRESS = re.compile(r"[A-Za-z][\w+.-]*://")
_PASSWORD = re.compile(r"//[^/?#:@]*:(?P<secret>[^/?#@]+)@")


@dataclass(frozen=True, slots=True)
class LiteralSecret:
    """One literal: the ``secret`` within ``field[key]``, why it looks like one, what a variable for it is called."""

    field: Field
    key: str | int
    secret: str
    why: str
    variable: str

    @property
    def where(self) -> str:
        """The place, for people: ``env API_KEY``, ``header Authorization``, ``argument 3``, ``the address``."""
        if self.field == "url":
            return "the address"
        return f"argument {int(self.key) + 1}" if self.field == "args" else f"{self.field.removesuffix('s')} {self.key}"


def literal_secrets(spec: ServerSpec) -> list[LiteralSecret]:
    """Every literal in ``spec`` that looks like a secret."""
    transport = spec.transport
    if isinstance(transport, StdioTransport):
        return [*_in_mapping("env", transport.env, spec.name), *_in_args(transport.args, spec.name)]
    if isinstance(transport, HttpTransport):
        found = _in_address(transport.url, spec.name)
        address = [LiteralSecret("url", "", secret, why, variable) for secret, why, variable in found]
        return [*_in_mapping("headers", transport.headers, spec.name), *address]
    return []


def with_references(spec: ServerSpec, variables: Mapping[LiteralSecret, str]) -> ServerSpec:
    """``spec`` with each of the literals replaced by ``${VARIABLE}``."""
    return _replaced(spec, {literal: f"${{{name}}}" for literal, name in variables.items()})


def masked_args(spec: ServerSpec) -> tuple[str, ...]:
    """The arguments as they may be shown."""
    literals = {literal: MASK for literal in literal_secrets(spec) if literal.field == "args"}
    transport = _replaced(spec, literals).transport
    return transport.args if isinstance(transport, StdioTransport) else ()


def _replaced(spec: ServerSpec, texts: Mapping[LiteralSecret, str]) -> ServerSpec:
    def change(field: Field, key: str | int, text: str) -> str:
        for literal, instead in texts.items():
            if (literal.field, literal.key) == (field, key):
                text = text.replace(literal.secret, instead)
        return text

    return replace(spec, transport=_changed(spec.transport, change)) if texts else spec


def _changed(transport: Transport, change: Callable[[Field, str | int, str], str]) -> Transport:
    if isinstance(transport, StdioTransport):
        env = {key: change("env", key, value) for key, value in transport.env.items()}
        args = tuple(change("args", index, value) for index, value in enumerate(transport.args))
        return replace(transport, env=MappingProxyType(env), args=args)
    if isinstance(transport, HttpTransport):
        headers = {key: change("headers", key, value) for key, value in transport.headers.items()}
        return replace(transport, headers=MappingProxyType(headers), url=change("url", "", transport.url))
    return transport


def _in_mapping(field: Field, values: Mapping[str, str], server: str) -> Iterator[LiteralSecret]:
    for key, value in values.items():
        scheme = _SCHEME.fullmatch(value)
        why = looks_secret(value, key)
        if why is None and scheme and is_secret_name(key):
            why = looks_secret(scheme["secret"], key)
        if why is not None:
            variable = _variable(key) if field == "env" else _variable(server, _header_noun(key))
            secret = scheme["secret"] if scheme else value.strip()
            yield LiteralSecret(field, key, secret, why, variable)
            continue
        for secret, because, variable in _in_address(value, server):
            yield LiteralSecret(field, key, secret, because, variable)


def _header_noun(name: str) -> str:
    return "token" if name.lower() == "authorization" else re.sub(r"^x-", "", name, flags=re.IGNORECASE)


def _in_args(args: tuple[str, ...], server: str) -> Iterator[LiteralSecret]:
    previous = ""
    for index, text in enumerate(args):
        for secret, why, variable in _in_arg(text, previous, server):
            yield LiteralSecret("args", index, secret, why, variable)
        option = _OPTION.fullmatch(text)
        previous = option["name"] if option else ""


def _in_arg(text: str, previous: str, server: str) -> Iterator[tuple[str, str, str]]:
    """The secret, why it is one, and a variable's name; ``previous`` is the option this may be the value of."""
    if _ADDRESS.match(text):
        yield from _in_address(text, server)
        return
    named = _NAMED.fullmatch(text)
    name, value = (named["name"], named["value"].strip()) if named else (previous, text.strip())
    scheme = _SCHEME.fullmatch(value)
    why = looks_secret(value, name) or (looks_secret(scheme["secret"], name) if scheme else None)
    if why is not None:
        noun = _header_noun(name) if is_secret_name(name) else "secret"
        variable = name if named and name.isupper() else _variable(server, noun)
        yield (scheme["secret"] if scheme else value), why, variable
    elif named:
        yield from _in_address(value, server)


def _in_address(text: str, server: str) -> Iterator[tuple[str, str, str]]:
    """The secrets of an address: its password, its path's and its query's."""
    if not _ADDRESS.match(text):
        return
    password = _PASSWORD.search(text)
    if password and "${" not in password["secret"]:
        yield password["secret"], "a password in an address", _variable(server, "password")
    bare, _, query = text.partition("#")[0].partition("?")
    for segment in bare.split("/")[3:]:
        if why := looks_secret(segment):
            yield segment, why, _variable(server, "secret")
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if why := looks_secret(unquote(value), name):
            yield value, why, _variable(server, name)


def _variable(*words: str) -> str:
    """A name for an environment variable, made of ``words``."""
    name = re.sub(r"\W+", "_", "_".join(alias(word) for word in words if word), flags=re.ASCII).strip("_").upper()
    return f"_{name}" if name[:1].isdigit() or not name else name
