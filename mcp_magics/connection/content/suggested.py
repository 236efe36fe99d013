"""What a server suggests for an argument of a prompt or a variable of a template (MCP "Completion")."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.connection.line_word import line_word
from mcp_magics.errors import CommandError
from mcp_magics.results.completions import Completions
from mcp_magics.results.sanitise import one_line
from mcp_magics.schema.uri_template import UriTemplate
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.connection.steps import ServerSteps

__all__ = ["Completions", "Reference", "completions", "members_of"]


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
    """Steps: what the server suggests; raises :class:`CommandError` for an argument that is known not to exist."""
    await server.ready_steps()
    _check_argument(server, reference, argument)
    members = members_of(reference, argument, prefix, context)
    reply = await server.request_steps("completion/complete", members)
    return Completions(reply, server.name, argument, protocol_version=server.protocol_version)


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
