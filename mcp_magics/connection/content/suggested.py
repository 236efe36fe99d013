"""What a server suggests for an argument of a prompt or a variable of a template (MCP "Completion")."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.connection.line_word import line_word
from mcp_magics.connection.lists.looked_up import known_items, members
from mcp_magics.errors import CommandError, RequestError
from mcp_magics.results.completions import Completions
from mcp_magics.results.sanitise import one_line
from mcp_magics.schema.uri_template import UriTemplate
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.connection.steps import ServerSteps

__all__ = ["Completions", "Reference", "completions", "members_of"]

_NAMES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Reference:
    """The prompt or the template an argument belongs to (``PromptReference``, ``ResourceTemplateReference``)."""

    kind: Literal["prompt", "template"]
    name: str

    @classmethod
    def of(cls, name: str) -> Reference:
        """A template where ``name`` is one, else a prompt."""
        return cls("template" if "{" in name or "://" in name else "prompt", name)

    def to_json(self) -> dict[str, str]:
        """``ref`` as it goes on the wire."""
        if self.kind == "template":
            return {"type": "ref/resource", "uri": self.name}
        return {"type": "ref/prompt", "name": self.name}


def members_of(reference: Reference, argument: str, prefix: str, context: Mapping[str, str]) -> str:
    """The members of the request's ``params``; ``context`` are the arguments that are known already."""
    members = f'"ref":{compact(reference.to_json())},"argument":{compact({"name": argument, "value": prefix})}'
    return f'{members},"context":{compact({"arguments": dict(context)})}' if context else members


async def completions(
    server: ServerSteps, reference: Reference, argument: str, prefix: str, context: Mapping[str, str]
) -> Completions:
    """Steps: what the server suggests; raises :class:`CommandError` for an argument that is known not to exist.

    Nothing suggested for what the server's own list does not have is that error too (``not_listed``).
    """
    await server.ready_steps()
    _check_argument(server, reference, argument)
    params = members_of(reference, argument, prefix, context)
    try:
        reply = await server.request_steps("completion/complete", params)
    except RequestError as error:
        refused = error
    else:
        found = Completions(reply, server.name, argument, protocol_version=server.protocol_version)
        if not len(found) and (absent := await _not_listed(server, reference, argument)) is not None:
            raise absent
        return found
    raise _with(refused, await _not_listed(server, reference, argument))


def _with(refused: RequestError, absent: CommandError | None) -> RequestError:
    """``refused`` itself, saying too what the server does not list."""
    if absent is not None:
        evidence = (absent.failure.message, *absent.failure.evidence, *refused.failure.evidence)
        refused.failure = replace(refused.failure, evidence=evidence, next_step=absent.failure.next_step)
    return refused


async def _not_listed(server: ServerSteps, reference: Reference, argument: str) -> CommandError | None:
    """Steps: the error where the server lists no such prompt or template; one that lists nothing may know it anyway.

    Raises :class:`CommandError` for an argument that what it lists does not have.
    """
    kind, member = ("templates", "uriTemplate") if reference.kind == "template" else ("prompts", "name")
    names = members(await known_items(server, kind), member)
    if not names:
        return None
    if reference.name in names:
        _check_argument(server, reference, argument)
        return None
    return CommandError(
        f"{server.name} lists no {reference.kind} {one_line(reference.name, 200)!r}",
        class_="not_listed",
        phase="arguments",
        server=server.name,
        evidence=(f"its {kind}: {one_line(', '.join(names[:_NAMES_SHOWN]), 300)}",),
        next_step=await _instead(server, reference, argument, names),
    )


async def _instead(server: ServerSteps, reference: Reference, argument: str, names: list[str]) -> str:
    """The line that was meant: a template's where a prompt has its name, else the nearest one's, else the list's."""
    word = line_word(server.name)
    if reference.kind == "prompt":
        templates = members(await known_items(server, "templates"), "name")
        if reference.name in templates:
            return f"%mcp complete {word} {line_word(reference.name)} {line_word(argument)}"
    if near := get_close_matches(reference.name, names, n=1, cutoff=0.5):
        target = f"{word}.{line_word(near[0])}" if reference.kind == "prompt" else f"{word} {line_word(near[0])}"
        return f"%mcp complete {target} {line_word(argument)}"
    return f"%mcp {reference.kind}s {word}"


def _check_argument(server: ServerSteps, reference: Reference, argument: str) -> None:
    names = argument_names(server.connection.known, reference)
    if names is None or argument in names:
        return
    near = get_close_matches(argument, names, n=1, cutoff=0.5)
    target = line_word(f"{server.name}.{reference.name}") if reference.kind == "prompt" else ""
    target = target or f"{line_word(server.name)} {line_word(reference.name)}"
    raise CommandError(
        f"{one_line(reference.name, 200)} has no argument {one_line(argument, 100)!r}",
        class_="unknown_argument",
        phase="arguments",
        server=server.name,
        evidence=(f"its arguments: {one_line(', '.join(names), 300) or 'none'}",),
        next_step=f"%mcp complete {target} {line_word(near[0] if near else names[0])}"
        if names
        else f"%mcp {reference.kind}s {line_word(server.name)}",
    )


def argument_names(known: Mapping[str, Any], reference: Reference) -> list[str] | None:
    """The arguments there are, None where that is not known."""
    if reference.kind == "template":
        return list(UriTemplate(reference.name).names)
    for prompt in known.get("prompts", ()):
        if prompt.get("name") == reference.name:
            sent = prompt.get("arguments")
            arguments = sent if isinstance(sent, list) else []
            return [str(each.get("name")) for each in arguments if isinstance(each, dict)]
    return None
