"""Tools that take their time: progress, log messages, slowness, and what was cancelled."""

from __future__ import annotations

import warnings

import anyio
from mcp.shared.exceptions import MCPDeprecationWarning

from mcp_magics.playground.s1.registry import INTEGER, NUMBER, STRING, Call, Outcome, Toolbox, structured, text

box = Toolbox()

_SECONDS = NUMBER | {"minimum": 0}
_LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]
_GLANCE_SECONDS = 0.01


@box.tool("progress", {"steps": INTEGER | {"default": 5, "minimum": 1}, "seconds": _SECONDS | {"default": 0.1}})
async def progress(call: Call) -> Outcome:
    """Report each of so many steps, so many seconds apart, with a total and a message."""
    steps: int = call["steps"]
    for step in range(1, steps + 1):
        await anyio.sleep(call["seconds"])
        await call.ctx.session.report_progress(step, steps, f"step {step} of {steps}")
    return structured({"steps": steps}, f"{steps} steps done")


@box.tool("slow", {"seconds": _SECONDS | {"default": 10}, "label": STRING | {"default": ""}})
async def slow(call: Call) -> Outcome:
    """Wait so many seconds before answering; `cancellations` tells whether it was cancelled instead."""
    try:
        await anyio.sleep(call["seconds"])
    except anyio.get_cancelled_exc_class():
        call.state.cancelled.append({"tool": "slow", "label": call["label"], "requestId": call.ctx.request_id})
        raise
    return text(f"awake after {call['seconds']} s")


@box.tool("cancellations", {"at_least": INTEGER | {"default": 0}, "within": _SECONDS | {"default": 5}})
async def cancellations(call: Call) -> Outcome:
    """List the calls that were cancelled, once there are `at_least` so many or `within` seconds have passed."""
    with anyio.move_on_after(call["within"]):
        while len(call.state.cancelled) < call["at_least"]:  # noqa: ASYNC110 - one glance in ten milliseconds will do
            await anyio.sleep(_GLANCE_SECONDS)
    return structured({"cancelled": list(call.state.cancelled)})


@box.tool(
    "log",
    {
        "level": {"type": "string", "enum": _LEVELS, "default": "info"},
        "message": STRING,
        "count": INTEGER | {"default": 1},
    },
    required=("message",),
)
async def log(call: Call) -> Outcome:
    """Send log messages to the client, which in 2026-07-28 must have asked for them with the request."""
    for _ in range(call["count"]):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MCPDeprecationWarning)  # SEP-2577: deprecated, yet clients must cope
            sending = call.ctx.session.send_log_message(
                call["level"], call["message"], logger="s1", related_request_id=call.ctx.request_id
            )
        await sending
    return text(f"logged {call['count']}")
