"""Tools that ask for other things than a form: a visit to a page, a language model, the folders one may use."""

from __future__ import annotations

import mcp_types as types
from mcp.shared.exceptions import UrlElicitationRequiredError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from mcp_magics.playground.protocol.asking import Asker
from mcp_magics.playground.protocol.forms import asking
from mcp_magics.playground.protocol.world import world_of
from mcp_magics.playground.s1.registry import STRING, Call, Toolbox, structured, text

box = Toolbox()

_URL = {"url": {"type": "string", "format": "uri", "default": "https://example.org/connect"}}
_CONNECT = "connect-1"


@box.tool("ask_link", _URL)
@asking
async def ask_link(call: Call, asker: Asker) -> types.Result:
    """Ask a person to open a link, and tell what they did; in the handshake era also when the visit was over."""
    answer = await asker.ask("visit", types.ElicitRequest(params=_link(call["url"])))
    if answer["action"] == "accept" and call.ctx.protocol_version not in MODERN_PROTOCOL_VERSIONS:
        over = types.ElicitCompleteNotificationParams(elicitation_id=_CONNECT)
        note = types.ElicitCompleteNotification(params=over)
        await call.ctx.session.send_notification(note, related_request_id=call.ctx.request_id)
    return structured(answer)


@box.tool("link_first", _URL)
@asking
async def link_first(call: Call, asker: Asker) -> types.Result:
    """Refuse until a link was visited: with error -32042 in the handshake era, by asking in 2026-07-28."""
    world = world_of(call)
    if call.ctx.protocol_version in MODERN_PROTOCOL_VERSIONS:
        answer = await asker.ask("visit", types.ElicitRequest(params=_link(call["url"])))
        if answer["action"] != "accept":
            return text("The link was not visited.", is_error=True)
    elif call["url"] not in world.visited:
        world.visited.add(call["url"])
        raise UrlElicitationRequiredError([_link(call["url"])])
    return text("You have been there.")


@box.tool("ask_model", {"prompt": STRING | {"default": "Which tea for a rainy day?"}})
@asking
async def ask_model(call: Call, asker: Asker) -> types.Result:
    """Ask the client's language model, with everything a request for it may say, and tell its answer."""
    params = types.CreateMessageRequestParams(
        messages=[
            types.SamplingMessage(role="user", content=types.TextContent(text="I like it mild.")),
            types.SamplingMessage(role="assistant", content=types.TextContent(text="Noted: mild.")),
            types.SamplingMessage(role="user", content=types.TextContent(text=call["prompt"])),
        ],
        system_prompt="You sell tea. One sentence.",
        max_tokens=60,
        temperature=0.2,
        stop_sequences=["\n\n"],
        model_preferences=types.ModelPreferences(
            hints=[types.ModelHint(name="small")], cost_priority=0.9, speed_priority=0.5, intelligence_priority=0.1
        ),
        metadata={"trace": "tea-1"},
    )
    return structured(await asker.ask("model", types.CreateMessageRequest(params=params)))


@box.tool("ask_roots")
@asking
async def ask_roots(_call: Call, asker: Asker) -> types.Result:
    """Ask for the client's roots: the folders a server may work in."""
    return structured(await asker.ask("roots", types.ListRootsRequest()))


def _link(url: str) -> types.ElicitRequestURLParams:
    return types.ElicitRequestURLParams(message="Connect your account there.", url=url, elicitation_id=_CONNECT)
