"""The timeouts of servers whose configuration names none: a notebook's own, whenever and however they were added."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from support.commands import playground
from support.shell import Shell

from mcp_magics.connection.manager import servers

PASTED = json.dumps({"mcpServers": {"s1": {"command": sys.executable, "args": ["-m", "mcp_magics.playground", "s1"]}}})


def _typed(shell: Shell) -> None:
    shell(f"%mcp add s1 -- {playground('s1')}")


def _pasted(shell: Shell) -> None:
    shell(f"%%mcp add\n{PASTED}")


def _found_in_the_directory(_shell: Shell) -> None:
    Path(".mcp.json").write_text(PASTED, encoding="utf-8")


def _from_python(_shell: Shell) -> None:
    servers.add("s1", command=playground("s1"))


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("add", [_typed, _pasted, _found_in_the_directory, _from_python])
def test_a_timeout_set_for_the_notebook_holds_for_every_server_from_then_on(shell: Shell, add) -> None:
    add(shell)
    shell("%config MCPMagics.tool_timeout = 0.3")
    error = shell.fails("%mcp call s1.slow seconds=30", "timeout")
    assert "0.3 s" in error.failure.message
    assert json.loads(shell("%mcp list --json").stdout)[0]["tool_timeout_sec"] == 0.3
    with pytest.raises(type(error)):
        servers["s1"].call("slow", seconds=30)


def test_a_servers_own_timeout_is_nearer_than_the_notebooks(shell: Shell) -> None:
    shell("%config MCPMagics.tool_timeout = 0.1")
    shell(f"%mcp add s1 --tool-timeout 30 -- {playground('s1')}")
    assert shell("%mcp call s1.slow seconds=0.3").result.is_error is False


def test_a_new_timeout_for_the_notebook_makes_no_server_another_one(shell: Shell) -> None:
    _typed(shell)
    shell("%config MCPMagics.startup_timeout = 20")
    assert "unchanged" in shell(f"%mcp add s1 -- {playground('s1')}").text


@pytest.mark.usefixtures("elsewhere")
def test_a_notebooks_timeouts_are_written_into_no_file(shell: Shell) -> None:
    shell("%config MCPMagics.tool_timeout = 7")
    shell("%mcp add s1 --scope project --no-connect -- true")
    assert "timeout" not in Path(".mcp.json").read_text(encoding="utf-8")
    assert "timeout" not in shell("%mcp export s1").text
