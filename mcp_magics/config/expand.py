"""From a spec to what is really run and sent: references resolved at the last moment, every value known to redaction.

A variable is looked for in the kernel's environment, then in the server's ``env_file``, then among the secrets
(``%mcp secret NAME``). Warnings are values; nothing is printed here.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from mcp_magics.config.address import check_address
from mcp_magics.config.childenv import inherited
from mcp_magics.config.environment import Environment, Found, lookup
from mcp_magics.config.literals import literal_secrets
from mcp_magics.config.model import HttpTransport, StdioTransport
from mcp_magics.config.references import Reference, parse
from mcp_magics.errors import ConfigurationError
from mcp_magics.redact import is_secret_name, redactor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.config.model import ServerSpec

__all__ = [
    "Environment",
    "ExpandedHttp",
    "ExpandedStdio",
    "expand",
    "expand_http",
    "expand_stdio",
    "is_worth_hiding",
    "lookup",
]

MIN_SECRET = 6
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_BEARER = re.compile(r"bearer\s+", re.IGNORECASE)
_PLAIN_NAMES = re.compile(
    r"HOME|PATH|PWD|USER|LOGNAME|SHELL|LANG|TERM|TMPDIR|TMP|TEMP|TZ|EDITOR|HOSTNAME|LC_\w+|XDG_\w+"
    r"|\w*_(?:DIR|PATH|HOME|FILE|HOST|PORT|REGION|LEVEL|ENV|MODE|NAME|USER|VERSION)",
    re.IGNORECASE,
)
_PLAIN_VALUE = re.compile(r"[a-z]{1,12}|[+-]?[\d.:]{1,10}|true|false|[~.]?/.*|https?://[^?@]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ExpandedStdio:
    """A command ready to run: all of its environment, every reference resolved."""

    command: str
    args: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpandedHttp:
    """An address ready to be asked, with every header that goes along."""

    url: str
    headers: Mapping[str, str]
    warnings: tuple[str, ...] = ()


def expand(spec: ServerSpec, environment: Environment | None = None) -> ExpandedStdio | ExpandedHttp:
    """What is run or asked for ``spec``; raises ``ConfigurationError`` naming a variable that is not set, and where."""
    if isinstance(spec.transport, StdioTransport):
        return expand_stdio(spec, environment)
    return expand_http(spec, environment)


def expand_stdio(spec: ServerSpec, environment: Environment | None = None) -> ExpandedStdio:
    """The command of ``spec``, and its child's whole environment.

    That is the system's core variables (``PATH`` untouched), those of ``env_file``, those named in ``env_vars``, and
    ``env``, which wins. No other variable of the kernel reaches the server.
    """
    transport = spec.transport
    assert isinstance(transport, StdioTransport)
    expander = _Expander(spec, environment or lookup(spec))
    cwd = expander.text(transport.cwd, "cwd") if transport.cwd else None
    return ExpandedStdio(
        os.path.expanduser(expander.text(transport.command, "command")),  # noqa: PTH111  a Path loses "./"
        tuple(expander.text(arg, f"argument {index}") for index, arg in enumerate(transport.args, 1)),
        MappingProxyType(expander.child_env(transport)),
        os.path.expanduser(cwd) if cwd else None,  # noqa: PTH111
        tuple(expander.warnings),
    )


def expand_http(spec: ServerSpec, environment: Environment | None = None) -> ExpandedHttp:
    """The address and headers of ``spec``: ``headers``, over them ``env_headers``, over both the bearer token.

    An unset or empty ``bearer_token_env_var`` is an error; an unset or blank env header and a header that HTTP does
    not allow (RFC 9110 §5.1) are left out with a warning.
    """
    transport = spec.transport
    assert isinstance(transport, HttpTransport)
    expander = _Expander(spec, environment or lookup(spec))
    url = check_address(expander.text(transport.url, "url").strip(), spec.name)
    return ExpandedHttp(url, MappingProxyType(expander.headers(transport)), tuple(expander.warnings))


class _Expander:
    """Expands the texts of one spec and collects warnings."""

    def __init__(self, spec: ServerSpec, environment: Environment) -> None:
        self.server = spec.name
        self.environment = environment
        self.warnings: list[str] = []
        for literal in literal_secrets(spec):
            redactor().register(literal.secret, literal.variable)

    def text(self, text: str, where: str) -> str:
        return "".join(piece if isinstance(piece, str) else self._value(piece, where) for piece in parse(text))

    def _value(self, reference: Reference, where: str) -> str:
        found = self.environment.find(reference.name) if not reference.predefined else None
        if found is not None and (found.value or reference.default is None):
            return self._known(reference.name, found)
        if reference.predefined is not None:
            return reference.predefined
        if reference.default is not None:
            return self.text(reference.default, where)
        raise self._missing(f"{reference} in {where} of MCP server '{self.server}' is not set", reference.name)

    def _known(self, name: str, found: Found) -> str:
        if found.source == "secret" or is_worth_hiding(name, found.value):
            redactor().register(found.value, name)
        return found.value

    def _missing(self, message: str, name: str) -> ConfigurationError:
        return ConfigurationError(
            message,
            class_="env_missing",
            phase="config",
            server=self.server,
            evidence=(self.environment.places,),
            next_step=f"%mcp secret {name}",
        )

    # -- stdio ---------------------------------------------------------------------------------------------

    def child_env(self, transport: StdioTransport) -> dict[str, str]:
        env = inherited(self.environment.variables)
        for name, value in self.environment.file.items():
            env[name] = self._known(name, Found(value, "env file"))
        for name in transport.env_vars:
            found = self.environment.find(name)
            if found is None:
                self.warnings.append(f"{name} of env_vars is not set: {self.server} does not get it")
            else:
                env[name] = self._known(name, found)
        for name, value in transport.env.items():
            env[name] = self.text(value, f"env {name}")
        return env

    # -- HTTP ----------------------------------------------------------------------------------------------

    def headers(self, transport: HttpTransport) -> dict[str, str]:
        headers: dict[str, tuple[str, str]] = {}
        for name, value in transport.headers.items():
            self._put(headers, name, self.text(value, f"header {name}"))
        for name, variable in transport.env_headers.items():
            found = self.environment.find(variable)
            if found is None or not found.value.strip():
                self.warnings.append(f"header {name} is not sent: {variable} is {'empty' if found else 'not set'}")
            else:
                self._put(headers, name, self._known(variable, found))
        if transport.bearer_token_env_var:
            self._put(headers, "Authorization", f"Bearer {self._bearer(transport.bearer_token_env_var)}")
        return dict(headers.values())

    def _put(self, headers: dict[str, tuple[str, str]], name: str, value: str) -> None:
        value = value.strip()
        if not _TOKEN.fullmatch(name):
            self.warnings.append(f"header {name!r} is not sent: that is no header name")
        elif _UNSENDABLE.search(value):
            self.warnings.append(f"header {name} is not sent: its value has a line end or another control character")
        else:
            if name.lower() == "authorization":
                value = self._once(value)
            headers[name.lower()] = (name, value)

    def _once(self, value: str) -> str:
        """``value`` with the scheme ``Bearer`` once, where a variable brought it a second time."""
        scheme = _BEARER.match(value)
        if scheme is None or not _BEARER.match(value, scheme.end()):
            return value
        self.warnings.append("the token begins with 'Bearer ' already: it is sent once")
        return f"Bearer {_bare(value)}"

    def _bearer(self, variable: str) -> str:
        found = self.environment.find(variable)
        value = found.value.strip() if found else ""
        token = _bare(value)
        if found is None or not token or token.lower() == "bearer":
            raise self._missing(f"Environment variable {variable} for MCP server '{self.server}' is not set", variable)
        if _UNSENDABLE.search(token):
            message = (
                f"Environment variable {variable} for MCP server '{self.server}' has a line end inside: no token does"
            )
            raise ConfigurationError(
                message, class_="env_invalid", phase="config", server=self.server, next_step=f"%mcp secret {variable}"
            )
        if token != value:
            self.warnings.append(f"{variable} begins with 'Bearer ' already: it is sent once")
        redactor().register(token, variable)
        return token


def _bare(token: str) -> str:
    """``token`` without the scheme ``Bearer``, however often it is there."""
    while scheme := _BEARER.match(token):
        token = token[scheme.end() :]
    return token


def is_worth_hiding(name: str, value: str) -> bool:
    """Whether the value of a variable is kept out of logs: any but short, plain ones and those of harmless names."""
    if len(value) < MIN_SECRET:
        return False
    return is_secret_name(name) or not (_PLAIN_NAMES.fullmatch(name) or _PLAIN_VALUE.fullmatch(value))
