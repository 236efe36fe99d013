"""The words of an ``add`` as a spec."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp_magics.config.document import spec_from_options, spec_with
from mcp_magics.errors import CommandError
from mcp_magics.magics.oauth_options import oauth_entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp_magics.config.model import ServerSpec
    from mcp_magics.magics.parse import Command

_PYTHON = re.compile(r"\{.+\}|\$[^\W\d]\w*", re.DOTALL)


def spec_from_command(command: Command) -> ServerSpec:
    """What ``%mcp add NAME …`` describes; raises ``CommandError`` or ``ConfigurationError``."""
    name = command.word(0)
    if name is None:
        raise CommandError("add needs a NAME", phase="parse", next_step=command.verb.example)
    url, words = _address(command)
    options = _given(command)
    kind = command.options.text("transport")
    if kind == "sse":
        options["type"] = "sse"
    if (kind == "stdio" and url is not None) or (kind in ("http", "sse") and words):
        raise CommandError(
            f"--transport {kind} does not fit what is to be added", phase="parse", next_step=command.verb.example
        )
    return spec_from_options(name, command=words or None, url=url, **options)


def _address(command: Command) -> tuple[str | None, tuple[str, ...]]:
    """The address or the command's words, from wherever on the line they stand."""
    url, rest = command.options.text("url"), [word.text for word in command.words[1:]]
    if rest and "://" in rest[0]:
        if url is not None:
            raise CommandError(
                "two addresses: one as a word, one as --url", phase="parse", next_step=command.verb.example
            )
        url, rest = rest[0], rest[1:]
        if rest:
            raise CommandError(f"{rest[0]!r} after an address", phase="parse", next_step=command.verb.example)
    _refuse_python(command)
    words = tuple(rest) + (command.literal or ())
    if not words and url is None:
        raise CommandError(
            f"what is {command.word(0)}: a command or an address?",
            phase="parse",
            next_step=f"%mcp add {command.word(0)} -- COMMAND ARG…, or %mcp add {command.word(0)} https://…",
        )
    return url, words


def _refuse_python(command: Command) -> None:
    """Raise where Python stands for the program: a command line is text, which a file can keep."""
    program = next(iter(command.literal or ()), "")
    if not _PYTHON.fullmatch(program):
        return
    inner = program[1:-1].strip() if program.startswith("{") else program[1:]
    name = "PYTHON" if "executable" in inner else "PROGRAM"
    line = command.line.text.strip().replace(program, f"${{{name}}}", 1)
    raise command.line.error(
        f"{program}: what follows -- is taken as it is, and no Python is evaluated in it; ${{NAME}} is a variable of "
        "the environment",
        command.line.text.find(program),
        next_step=f'import os; os.environ["{name}"] = {inner}; then %mcp {line}',
    )


def _given(command: Command) -> dict[str, Any]:
    options = command.options
    given: dict[str, Any] = {
        "env": dict(options.pairs("env")),
        "env_vars": options.many("env-var"),
        "env_file": options.text("env-file"),
        "cwd": options.text("cwd"),
        "headers": dict(options.pairs("header")),
        "env_headers": dict(options.pairs("env-header")),
        "bearer_token_env_var": options.text("bearer-token-env-var"),
        "startup_timeout": options.seconds("startup-timeout"),
        "tool_timeout": options.seconds("tool-timeout"),
        "enabled_tools": options.many("enabled-tools") if options.given("enabled-tools") else None,
        "disabled_tools": options.many("disabled-tools"),
        "protocol": options.text("protocol"),
        "approval": options.text("approval"),
        "reload": options.many("reload"),
        "capabilities": _declared(options.many("capability"), "capability"),
        "extensions": _declared(options.many("extension"), "extension"),
        "enabled": False if options.flag("disabled") else None,
        "required": True if options.flag("required") else None,
        **oauth_entry(options),
    }
    return {key: value for key, value in given.items() if value not in (None, (), {})}


def _declared(words: Sequence[str], option: str) -> dict[str, Any]:
    """What each ``NAME`` or ``NAME=JSON`` declares: an object of settings, an empty one where none is given."""
    told: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        try:
            told[name] = json.loads(text) if equals else {}
        except ValueError:
            told[name] = None
        if not name or not isinstance(told[name], dict):
            raise CommandError(
                f"--{option} takes NAME or NAME=JSON, the JSON an object: {word!r}",
                phase="parse",
                next_step=f"--{option} '{name or 'com.example/name'}={{\"key\": true}}'",
            )
    return told


def _refuse_second_transport(command: Command) -> None:
    """Raise where the line says what to connect to, and the body does so too."""
    option = next((name for name in ("url", "transport") if command.options.given(name)), None)
    word = (
        f"--{option}"
        if option
        else next(iter([*(each.text for each in command.words[1:]), *(command.literal or ())]), None)
    )
    if word is not None:
        raise CommandError(
            f"{word} on the line, and a configuration below it: both say what to connect to",
            phase="parse",
            next_step="leave one of them out",
        )


def specs_from_body(command: Command) -> list[ServerSpec]:
    """The servers of a pasted configuration; a NAME on the line picks one, or names the only one."""
    from mcp_magics.config.clients import specs_from_text

    _refuse_second_transport(command)
    specs = specs_from_text(command.body or "", name=command.word(0))
    wanted = command.word(0)
    if wanted is not None:
        named = [spec for spec in specs if spec.name == wanted]
        specs = named or ([replace(specs[0], name=wanted)] if len(specs) == 1 else [])
        if not specs:
            raise CommandError(
                f"the body has no server {wanted!r}", phase="parse", next_step="%%mcp add without a name"
            )
    return [spec_with(spec, **_given(command)) for spec in specs]
