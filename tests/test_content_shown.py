"""What a server tells of itself and of its tools is on its cards; headers and schemas are the specification's."""

from __future__ import annotations

import pytest
from support.commands import content
from support.content_server import PIXEL, TOOL

from mcp_magics.results.icons import icon_html, icons


@pytest.fixture
def shown(shell, era):
    shell("from mcp_magics import servers")
    shell(f"%mcp add c --protocol {era} -- {content()}")
    return shell


def test_a_servers_card_says_what_it_declares_with_settings(shown):
    text = shown("%mcp get c").text
    declares = next(line for line in text.splitlines() if "declares:" in line)
    assert all(name in declares for name in ("tools", "prompts", "resources", "completions", "com.example/unheard-of"))
    assert 'experimental: com.example/trace {"level":2}' in text
    assert 'com.example/maps {"tiles":true}' in text
    assert shown.value("card = %mcp get c\ncard.to_json()")["server"]["capabilities"]["prompts"] == {}


def test_a_servers_card_introduces_it_where_its_handshake_did(shell):
    shell(f"%mcp add c --protocol legacy -- {content()}")
    cell = shell("%mcp get c")
    assert "server: The content <server> (content) 1.2 https://example.com" in cell.text
    assert "instructions: Begin with trip." in cell.text
    assert "&lt;server&gt;" in cell.html
    assert f'<img src="data:image/png;base64,{PIXEL}"' in cell.html


def test_a_tools_card_shows_title_headers_schema_meta_and_its_own_picture(shown):
    cell = shown("%mcp tool c.mirrored")
    assert "c.mirrored: Mirrored" in cell.text
    assert "region → Mcp-Param-Region" in cell.text
    assert "prefixItems" in cell.text
    assert "com.example/cost" in cell.text
    assert f'<img src="data:image/png;base64,{PIXEL}"' in cell.html


def test_a_list_of_tools_keeps_what_each_tells_of_itself(shown):
    row = shown.value("tools = %mcp tools c\ntools.df.iloc[0]")
    assert (row["structured"], row["hints"], row["_meta"]) == (True, "read-only", {"com.example/cost": 3})
    assert "_meta" in shown.value("tools.columns")


def test_an_output_schema_of_2020_12_is_held_against_the_result(shown):
    assert not [
        each for each in shown.value("r = %mcp call c.mirrored region=good\nr.violations") if "pair" in each.path
    ]
    broken = shown.value("r = %mcp call c.mirrored region=bad\nr.violations")
    assert len([each for each in broken if "pair" in str(each)]) == 2


def test_structured_content_that_is_no_object_is_checked_in_both_eras(shown, era):
    found = shown.value("r = %mcp call c.mirrored region=array\nr.violations")
    assert any("object" in str(each) for each in found)
    assert shown.value("r.structured") == [1, 2]


@pytest.mark.parametrize(
    "sent",
    [None, 5, [], ["x"], [{"src": 5}], [{"src": "https://x/y.png"}], [{"src": "javascript:alert(1)"}],
     [{"src": "data:image/svg+xml;base64,PHN2Zz4="}], [{"src": "data:image/png;base64,!!"}],
     [{"src": "data:image/png,x"}],
     [{"src": "data:image/png;base64," + "A" * 100_000}], [{"src": "data:text/html;base64,PGI+"}]],
)  # fmt: skip
def test_only_a_small_picture_that_came_along_is_shown(sent):
    assert icon_html(sent) == ""
    assert all("<img" not in icon.html for icon in icons(sent))


def test_a_picture_is_shown_by_its_bytes_whatever_its_type_says():
    assert icon_html([{"src": f"data:text/html;base64,{PIXEL}"}]).startswith('<img src="data:image/png;base64,')


def test_the_headers_of_a_request_are_shown_by_dry_run_and_sent_with_any_request(odd, shell):
    odd.on["server/discover"] = lambda asked: {
        "resultType": "complete",
        "supportedVersions": ["2026-07-28"],
        "capabilities": {"tools": {}},
        "ttlMs": 0,
        "cacheScope": "private",
    }
    odd.on["tools/list"] = lambda asked: {
        "resultType": "complete",
        "tools": [TOOL],
        "ttlMs": 0,
        "cacheScope": "private",
    }
    shell(f"%mcp add h --protocol 2026-07-28 {odd.url}")
    text = shell("%%mcp call h.mirrored --dry-run\nregion: Zürich\ncount: 5\nfast: true").text
    assert "Mcp-Param-Region: =?base64?WsO8cmljaA==?=" in text
    assert "Mcp-Param-Count: 5" in text
    assert "Mcp-Param-Fast: true" in text
    assert "mcp-method: tools/call" in text.lower()
    assert "mcp-name: mirrored" in text.lower()
    assert "Mcp-Param" not in shell("%%mcp call h.mirrored --dry-run\nregion: null").text
    assert not [each for each in odd.asked if each.rpc == "tools/call"]
    odd.on["tools/call"] = lambda asked: {"resultType": "complete", "content": []}
    odd.on["x/own"] = lambda asked: {"resultType": "complete"}
    shell("from mcp_magics import servers")
    shell("servers['h'].request('tools/call', {'name': 'mirrored', 'arguments': {'count': 7}})")
    sent = {name.lower(): value for name, value in odd.asked[-1].headers.items()}
    assert (sent["mcp-method"], sent["mcp-name"], sent["mcp-param-count"]) == ("tools/call", "mirrored", "7")
    shell("%mcp request h x/own")
    sent = {name.lower(): value for name, value in odd.asked[-1].headers.items()}
    assert sent["mcp-method"] == "x/own"
    assert "mcp-name" not in sent
