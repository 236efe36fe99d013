"""The prompts, and what completes their arguments and the variables of templates (MCP, completion)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mcp_types as types
from mcp.shared.exceptions import MCPError

from mcp_magics.playground.completing import completed
from mcp_magics.playground.protocol.forms import elicit, held
from mcp_magics.playground.protocol.resources import TEMPLATES
from mcp_magics.playground.protocol.tools import icon

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.playground.protocol.asking import Asker
    from mcp_magics.playground.protocol.world import World

_CITIES = {
    "France": ("Lille", "Lyon", "Paris"),
    "Japan": ("Kyoto", "Nara", "Osaka", "Tokyo"),
    "Norway": ("Bergen", "Oslo", "Tromsø"),
}
_PEOPLE = ("Ada", "Alan", "Grace", "Guido", "Katherine")
_NUMBERS = tuple(str(number) for number in range(1, 251))


def _argument(name: str, description: str, *, required: bool) -> types.PromptArgument:
    return types.PromptArgument(name=name, description=description, required=required)


_TRIP = types.Prompt(
    name="plan_trip",
    title="Plan a trip",
    description="Plan a trip; the cities that complete depend on the country.",
    arguments=[
        _argument("country", "One of three.", required=True),
        _argument("city", "One of the country's.", required=False),
        _argument("days", "1 to 250: more values than one answer holds.", required=False),
    ],
    icons=[icon((234, 88, 12))],
)
_GREETING = types.Prompt(name="greet", description="Ask for a name first, then greet it.")
_MORE = types.Prompt(name="second_prompt", description="There while change_lists says so.")
_PLACES = frozenset({_TRIP.name, _GREETING.name, _MORE.name, *(each.uri_template for each in TEMPLATES)})
"""What has arguments or variables to complete."""


def listed(world: World) -> list[types.Prompt]:
    """The prompts there are at this moment."""
    return [_TRIP, _GREETING, *([_MORE] if "prompts" in world.shows_more else [])]


async def get(world: World, name: str, arguments: Mapping[str, str], asker: Asker) -> types.GetPromptResult:
    """The prompt called ``name``; ``greet`` asks through ``asker``.

    Raises:
        MCPError: no such prompt, an argument it requires is missing, or its question got no answer (-32602).
    """
    prompt = next((prompt for prompt in listed(world) if prompt.name == name), None)
    if prompt is None:
        raise MCPError(types.INVALID_PARAMS, f"Unknown prompt: {name}")
    missing = [each.name for each in prompt.arguments or () if each.required and each.name not in arguments]
    if missing:
        raise MCPError(types.INVALID_PARAMS, f"Missing argument: {', '.join(missing)}", {"missing": missing})
    return types.GetPromptResult(
        description=prompt.description, messages=[_message(await _text(name, arguments, asker))]
    )


async def _text(name: str, arguments: Mapping[str, str], asker: Asker) -> str:
    if name == "plan_trip":
        where = ", ".join(filter(None, (arguments.get("city"), arguments["country"])))
        return f"Plan {arguments.get('days', 'three')} days in {where}."
    if name == "second_prompt":
        return "Say that you are here."
    question = elicit("Whom shall I greet?", {"name": {"type": "string"}}, ("name",))
    answer = held(await asker.ask("name", question), question)
    return f"Greet {answer['content']['name']}." if answer["action"] == "accept" else "Greet nobody in particular."


def complete(params: types.CompleteRequestParams) -> types.CompleteResult:
    """The values that begin as the argument does, without regard to case; at most 100 of them.

    Raises:
        MCPError: there is no such prompt or template (-32602; MCP, completion, error handling).
    """
    place = params.ref.name if isinstance(params.ref, types.PromptReference) else params.ref.uri
    if place not in _PLACES:
        raise MCPError(types.INVALID_PARAMS, f"Nothing to complete: {place}")
    context = (params.context.arguments if params.context else None) or {}
    return types.CompleteResult(completion=completed(_values(params, context), params.argument.value))


def _values(params: types.CompleteRequestParams, context: Mapping[str, str]) -> tuple[str, ...]:
    place = params.ref.name if isinstance(params.ref, types.PromptReference) else params.ref.uri
    match place, params.argument.name:
        case "plan_trip", "country":
            return tuple(_CITIES)
        case "plan_trip", "city":
            every = tuple(city for cities in _CITIES.values() for city in cities)
            return _CITIES.get(context.get("country", ""), every)
        case "plan_trip", "days":
            return _NUMBERS
        case "protocol://people/{name}", "name":
            return _PEOPLE
    return ()


def _message(text: str) -> types.PromptMessage:
    return types.PromptMessage(role="user", content=types.TextContent(text=text))
