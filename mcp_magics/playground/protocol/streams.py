"""Tools whose effect comes beside their result: progress, log messages, changes of resources and of lists."""

from __future__ import annotations

import warnings
from typing import Any

import anyio
import mcp_types as types
from mcp.shared.exceptions import MCPDeprecationWarning

from mcp_magics.playground.protocol.world import LEVELS, NOTE, world_of
from mcp_magics.playground.s1.registry import INTEGER, NUMBER, STRING, Call, Outcome, Toolbox, structured, text

box = Toolbox()

_CHANGES = types.ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
_STEPS = {"steps": INTEGER | {"default": 5, "minimum": 1}, "seconds": NUMBER | {"default": 0.1, "minimum": 0}}
KINDS = ("tools", "prompts", "resources")


@box.tool("count", _STEPS)
async def count(call: Call) -> Outcome:
    """Report each of so many steps, so many seconds apart: with a total and a message, so a bar can be drawn."""
    for step in range(1, call["steps"] + 1):
        await anyio.sleep(call["seconds"])
        await call.ctx.session.report_progress(step, call["steps"], f"step {step} of {call['steps']}")
    return structured({"steps": call["steps"]})


@box.tool("wander", _STEPS)
async def wander(call: Call) -> Outcome:
    """Report so many steps without saying how many there will be."""
    for step in range(1, call["steps"] + 1):
        await anyio.sleep(call["seconds"])
        await call.ctx.session.report_progress(step)
    return structured({"steps": call["steps"]})


@box.tool("log_levels")
async def log_levels(call: Call) -> Outcome:
    """Send one log message of each level, as text and as objects; the client says from which level it wants them."""
    least = LEVELS.index(world_of(call).level)
    for number, level in enumerate(LEVELS):
        data: Any = {"level": level, "number": number} if number % 2 else f"a message of level {level}"
        if number >= least:
            await _log(call, level, data)
    return structured({"levels": list(LEVELS)})


async def _log(call: Call, level: types.LoggingLevel, data: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MCPDeprecationWarning)  # SEP-2577: deprecated, yet clients must cope
        sending = call.ctx.session.send_log_message(
            level, data, logger="protocol", related_request_id=call.ctx.request_id
        )
    await sending


@box.tool("write_note", {"text": STRING}, required=("text",), annotations=_CHANGES)
async def write_note(call: Call) -> Outcome:
    """Change the resource protocol://note, and tell whoever subscribed to it."""
    world = world_of(call)
    world.note = call["text"]
    await world.updated(NOTE)
    return text("written")


@box.tool(
    "change_lists",
    {
        "more": {"type": "boolean", "default": True, "description": "Whether the second ones are there."},
        "kinds": {
            "type": "array",
            "items": {"type": "string", "enum": list(KINDS)},
            "default": list(KINDS),
            "description": "Which lists.",
        },
    },
    annotations=_CHANGES,
)
async def change_lists(call: Call) -> Outcome:
    """Let a second tool, prompt and resource appear or vanish, and tell that the lists changed."""
    world = world_of(call)
    before = set(world.shows_more)
    world.shows_more = before | set(call["kinds"]) if call["more"] else before - set(call["kinds"])
    changed = [kind for kind in KINDS if (kind in before) != (kind in world.shows_more)]
    await world.lists_changed(call.ctx.session, changed)
    return structured({"changed": changed})
