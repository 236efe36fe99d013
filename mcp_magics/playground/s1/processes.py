"""Tools about the server's own process: children left behind, noise on stderr, sudden ends."""

from __future__ import annotations

import os
import subprocess
import sys

import mcp_types as types

from mcp_magics.playground.s1.registry import INTEGER, STRING, Call, Outcome, Toolbox, structured, text

box = Toolbox()

_DESTRUCTIVE = types.ToolAnnotations(read_only_hint=False, destructive_hint=True, open_world_hint=False)
_CHILDREN: list[subprocess.Popen[bytes]] = []


@box.tool("pid")
async def pid(_call: Call) -> Outcome:
    """Tell the process id, its parent's and its group's."""
    return structured({"pid": os.getpid(), "parent": os.getppid(), "group": os.getpgrp()})


@box.tool(
    "fork_grandchild",
    {"session": {"type": "string", "enum": ["same", "own"], "default": "same"}},
    annotations=_DESTRUCTIVE,
)
async def fork_grandchild(call: Call) -> Outcome:
    """Start `sleep 300` in the same process group, or in a session of its own, and leave it behind."""
    child = subprocess.Popen(  # noqa: ASYNC220 - starting a process returns at once
        ["sleep", "300"],  # noqa: S607 - found on PATH like any program a server starts
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=call["session"] == "own",
    )
    _CHILDREN.append(child)
    return structured({"pid": child.pid, "group": os.getpgid(child.pid)}, str(child.pid))


@box.tool("stderr", {"line": STRING, "count": INTEGER | {"default": 1}}, required=("line",))
async def stderr(call: Call) -> Outcome:
    """Write a line to standard error, as servers do to tell their story."""
    for _ in range(call["count"]):
        sys.stderr.write(f"{call['line']}\n")
    sys.stderr.flush()
    return text("written")


@box.tool("crash", {"code": INTEGER | {"default": 1, "minimum": 0, "maximum": 255}}, annotations=_DESTRUCTIVE)
async def crash(call: Call) -> Outcome:
    """Say so on standard error and end the process at once with that exit status."""
    sys.stderr.write(f"s1: crashing with status {call['code']} as asked\n")
    sys.stderr.flush()
    os._exit(call["code"])
