"""What a server declares can be seen, and what this client declares can be added to, in both eras."""

from __future__ import annotations

import pytest
from support.commands import content

ADDED = "--capability com.example/trace --extension 'com.example/maps={\"tiles\": true}'"


@pytest.fixture
def declaring(shell, era):
    shell("from mcp_magics import servers")
    shell(f"%mcp add c --protocol {era} {ADDED} -- {content()}")
    return shell


def declared(shell):
    """The client's capabilities as the server was told them: with its handshake, or with each request."""
    seen = shell.value("servers['c'].request('x/seen')")["seen"]
    told = [
        each["params"].get("capabilities")
        or each["params"].get("_meta", {}).get("io.modelcontextprotocol/clientCapabilities")
        for each in seen
    ]
    return [each for each in told if each][-1]


def test_added_capabilities_are_sent_as_they_are_beside_the_clients_own(declaring):
    told = declared(declaring)
    assert told["experimental"] == {"com.example/trace": {}}
    assert told["extensions"]["com.example/maps"] == {"tiles": True}
    assert "sampling" in told
    assert len(told["extensions"]) > 1


def test_what_a_server_declares_is_there_in_python(declaring):
    capabilities = declaring.value("servers['c'].capabilities")
    assert capabilities["experimental"] == {"com.example/trace": {"level": 2}}
    assert capabilities["extensions"]["com.example/maps"] == {"tiles": True}
    assert capabilities["com.example/unheard-of"] == {"since": 2027}


def test_what_is_added_is_part_of_the_configuration(shell):
    add = f"%mcp add c {ADDED} --no-connect --scope project -- true"
    shell(add)
    assert "unchanged" in shell(add).text
    card = shell("%mcp get c")
    assert 'com.example/maps={"tiles":true}' in card.text
    assert card.result.to_json()["capabilities"] == {"com.example/trace": {}}


@pytest.mark.parametrize("words", ["--capability =1", "--extension a=[1]", "--capability 'a={'", "--extension a=1"])
def test_what_cannot_be_declared_says_how_it_is_written(shell, words):
    error = shell.fails(f"%mcp add x {words} --no-connect -- true", "usage")
    assert "takes NAME or NAME=JSON" in error.failure.message
