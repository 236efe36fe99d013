"""Results at their full length: what a server sends is kept whole, and every part that can be shown is shown."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from support.commands import playground
from support.odd_http import OddServer
from support.shell import Cell, Shell

from mcp_magics.connection.manager import servers
from mcp_magics.playground.s1.content import SCENARIOS, unknown_block

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def s1(shell: Shell, era: str) -> Shell:
    """S1 as ``s1``, in each era."""
    shell(f"%mcp add s1 --protocol {era} -- {playground('s1')}")
    return shell


# Row 7: content items are open JSON.


def test_an_unknown_block_and_meta_come_through_byte_for_byte(s1: Shell) -> None:
    result = s1("%%mcp_call s1.unknown_block --raw\n{}").result
    frames = [each.text for each in servers.journal.entries("s1") if "hologram" in getattr(each, "text", "")]
    assert result.raw_text in frames[-1]
    sent = {key: value for key, value in json.loads(result.raw_text).items() if key != "resultType"}
    assert sent.pop("_meta").items() >= unknown_block({})["_meta"].items()
    assert sent == {key: value for key, value in unknown_block({}).items() if key != "_meta"}
    assert '"big":12345678901234567890' in result.raw_text.replace(" ", "")
    assert result.raw["_meta"]["example.org/unknown"] == {"kept": True}
    assert result.raw["example.org/extra"] == [1, "two", None]
    assert "hologram" in s1("%mcp call s1.unknown_block").text


# Rows 10 and 30: every image that can be decoded is shown, in order, with the bytes that were sent.


def pictures(cell: Cell) -> list[bytes]:
    """The pictures a front end gets, in order: one output each."""
    data = [bundle[kind] for bundle in cell.outputs for kind in bundle if kind.startswith("image/")]
    return [each if isinstance(each, bytes) else base64.b64decode(each) for each in data]


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_every_decodable_image_is_shown_in_order_and_each_other_is_said(s1: Shell, name: str) -> None:
    cell = s1(f"%mcp call s1.image_scenario scenario={name} -o r")
    result = s1.ip.user_ns["r"]
    sent = [block for block in result.raw["content"] if block["type"] == "image"]
    good = [base64.b64decode(block["data"]) for block in sent if block["data"].startswith("iVBOR")]
    assert len(good) == SCENARIOS[name].decodable_images
    assert pictures(cell) == good
    assert [image.data for image in result.images] == good
    assert len(result.notes) == len(sent) - len(good)
    assert all(each.startswith(PNG) for each in good)


# Row 20: requests of a server's own.


def test_a_request_of_the_servers_own_returns_its_raw_result(s1: Shell) -> None:
    result = s1('%mcp request s1 x/echo {"a": 1.0, "b": null}').result
    assert result.raw["echo"] == {"a": 1.0, "b": None}
    assert '"a":1.0' in result.raw_text.replace(" ", "")


def test_an_unknown_method_is_minus_32601(s1: Shell) -> None:
    error: Any = s1.fails("%mcp request s1 x/y {}", "rpc_error")
    assert error.code == -32601


def test_meta_given_to_a_call_and_to_a_request_arrives(s1: Shell) -> None:
    for code in (
        "%mcp call s1.client --meta '{\"example.org/trace\": [1]}'",
        '%mcp request s1 tools/call {"name": "client", "arguments": {}} --meta \'{"example.org/trace": [1]}\'',
    ):
        told = s1(code).result.raw["structuredContent"]
        assert told["_meta"]["example.org/trace"] == [1], code


# Row 33: resources, templates, reading.


def test_a_list_on_two_pages_is_listed_whole_and_a_repeated_cursor_is_an_error(shell: Shell, odd: OddServer) -> None:
    pages = {None: (["a", "b"], "next"), "next": (["c"], None)}

    def resources(asked: Any) -> dict[str, Any]:
        names, cursor = pages[asked.message["params"].get("cursor")]
        listed = {"resources": [{"uri": f"x://{name}", "name": name} for name in names]}
        return listed | ({"nextCursor": cursor} if cursor else {})

    odd.on["resources/list"] = resources
    shell(f"%mcp add a {odd.url}")
    assert shell("%mcp resources a").result.df["name"].tolist() == ["a", "b", "c"]
    pages["next"] = (["c"], "next")
    error = shell.fails("%mcp resources a", "repeated_cursor")
    assert "next" in error.failure.message
    assert odd.rpcs().count("resources/list") == 4


def test_a_blob_that_is_an_image_is_shown_as_one(s1: Shell) -> None:
    (shown,) = pictures(s1("%mcp read s1 s1://green.png"))
    assert shown.startswith(PNG)


# Row 19: a request is answered before the next is sent; a notification only has been sent.


def test_a_request_is_seen_before_the_call_after_it(s1: Shell) -> None:
    code = (
        "from mcp_magics import servers\ns1 = servers['s1']\n"
        "for n in range(100):\n    s1.request('x/echo', {'label': f'r{n}'})\n    s1.call('echo', text=str(n))\n"
        "order = s1.request('x/order')['order']"
    )
    s1(code)
    order = [each for each in s1.ip.user_ns["order"] if each.get("label") or each.get("name") == "echo"]
    assert [each.get("label", "call") for each in order] == [word for n in range(100) for word in (f"r{n}", "call")]
