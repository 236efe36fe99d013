"""Sequence diagrams of the wire log: who takes part, which way arrows go, three forms no text gets out of."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import pytest
from support.commands import playground
from support.shell import Shell

from mcp_magics.playground import host
from mcp_magics.results.diagram import Diagram
from mcp_magics.results.sanitise import columns_of
from mcp_magics.results.sequence import MOST_ARROWS, MOST_PARTICIPANTS, Arrow, Interaction, Participant, duration_text
from mcp_magics.results.sequence_text import sequence_text
from mcp_magics.wire.journal import Journal
from mcp_magics.wire.trace import read, trace_of

HOSTILE = (
    "</text><script>alert(1)</script>\"'&;#%%{init: {}}%%\n    p0->>p1: forged\x1b[2J\u202e\uffff<img src=x onerror=y>"
)
SVG = "{http://www.w3.org/2000/svg}"


def diagram(*arrows: Arrow, names=("client", "shop")) -> Diagram:
    return Diagram(Interaction(tuple(Participant(each, each, "MCP") for each in names), arrows), line="%mcp diagram")


def arrow(source: str = "client", target: str = "shop", label: str = "ping", n: int = 1, **more) -> Arrow:
    return Arrow(source, target, label, more.pop("kind", "request"), n, **more)


def of(kept: Journal) -> Diagram:
    return trace_of(read(kept.entries())).diagram()


def exchange(
    kept: Journal, url: str, *, status: int | None = 200, accept: str = "application/json", problem: str = ""
) -> None:
    kept.exchange(
        "l2",
        "GET",
        url,
        status=status,
        elapsed=0.01,
        request_headers={"accept": accept},
        response_headers={},
        problem=problem,
    )


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ET.fromstring(svg).iter(f"{SVG}text")]


def test_requests_answers_and_notices_go_the_way_they_went() -> None:
    kept = Journal()
    for direction, message in (
        ("sent", {"id": 1, "method": "tools/call", "params": {"name": "add"}}),
        ("received", {"id": 9, "method": "elicitation/create"}),
        ("sent", {"id": 9, "result": {"action": "accept"}}),
        ("received", {"method": "notifications/progress"}),
        ("received", {"id": 1, "error": {"code": -32602, "message": "no"}}),
    ):
        kept.frame("shop", direction, "stdio", json.dumps(message))
    kept.frame("shop", "received", "stdio", "Starting up…")
    table = of(kept).df
    assert table[["from", "to", "kind", "failed"]].to_numpy().tolist() == [
        ["notebook", "shop", "request", False],
        ["shop", "notebook", "request", False],
        ["notebook", "shop", "answer", False],
        ["shop", "notebook", "notice", False],
        ["shop", "notebook", "answer", True],
        ["shop", "shop", "note", True],
    ]
    assert table["label"].tolist()[0] == "tools/call add"
    assert table["ms"].notna().tolist() == [False, False, True, False, True, False]


def test_http_is_drawn_where_it_is_no_carrier_or_failed() -> None:
    kept = Journal()
    exchange(kept, "http://127.0.0.1:1/mcp", accept="application/json, text/event-stream")
    exchange(kept, "http://127.0.0.1:1/mcp", accept="application/json, text/event-stream", status=401)
    exchange(kept, "http://127.0.0.1:1/.well-known/oauth-protected-resource/mcp")
    exchange(kept, "http://127.0.0.1:2/.well-known/oauth-authorization-server")
    exchange(kept, "http://[broken", status=None, problem="refused")
    drawn = of(kept)
    assert drawn.df["label"].tolist()[:4] == ["GET /mcp", "401", "GET /.well-known/oauth-protected-resource/mcp", "200"]
    assert [(each.name, each.role) for each in drawn.drawn.participants] == [
        ("notebook", "MCP client"),
        ("l2", "MCP server"),
        ("127.0.0.1:2", "authorization server"),
    ]
    assert drawn.df["failed"].sum() == 2


def test_a_server_called_as_the_notebook_is_another_one() -> None:
    kept = Journal()
    kept.frame("notebook", "sent", "stdio", '{"id": 1, "method": "ping"}')
    assert [each.role for each in of(kept).drawn.participants] == ["MCP client", "MCP server"]


@pytest.mark.parametrize("label", [HOSTILE, "x" * 10_000, "", "\u202e" * 300, "表" * 200, "]]>", "--", "\\N{NULL}\x00"])
def test_no_text_gets_out_of_a_drawing(label) -> None:
    drawn = diagram(
        arrow(label=label),
        arrow("shop", "client", label, 2, kind="answer", failed=True, ms=4.0),
        arrow("shop", "shop", label, 3),
    )
    root = ET.fromstring(drawn.svg)
    assert {node.tag.removeprefix(SVG) for node in root.iter()} <= {
        "svg",
        "title",
        "rect",
        "line",
        "text",
        "polygon",
        "polyline",
    }
    assert not {name for node in root.iter() for name in node.attrib if name.startswith("on") or "href" in name}
    assert len(drawn.mermaid.splitlines()) == 6
    for line in drawn.mermaid.splitlines()[3:]:
        head, said = re.fullmatch(r"    (p\d-{1,2}>>p\d|p\d-\)p\d|Note over p\d): (.+)", line).groups()
        assert not set(re.sub(r"#\d+;", "", said)) & set(";#%<>\"'{}:"), said
        assert head
    bundle = drawn._repr_mimebundle_()
    assert "<script" not in bundle["text/html"] + bundle["image/svg+xml"]
    assert all(columns_of(line) <= 100 for line in bundle["text/plain"].splitlines())
    assert not set(bundle["text/plain"]) & set("\x1b\u202e\x00")


def test_hostile_names_stay_names() -> None:
    kept = Journal()
    kept.frame(HOSTILE, "sent", "stdio", json.dumps({"id": 1, "method": HOSTILE, "params": {"name": HOSTILE}}))
    drawn = of(kept)
    assert len(ET.fromstring(drawn.svg).findall(f"{SVG}script")) == 0
    assert drawn.mermaid.count("participant p") == 2
    assert drawn.mermaid.count("\n") == 4
    assert "forged" in drawn.text


def test_the_newest_arrows_are_drawn_and_the_others_counted() -> None:
    drawn = diagram(*[arrow(n=n) for n in range(1, 251)])
    assert len(drawn.drawn.arrows) == MOST_ARROWS
    assert len(drawn.df) == 250
    for form in (drawn.text, drawn.mermaid, " ".join(texts(drawn.svg))):
        assert "150 earlier messages left out" in form
    assert drawn.note.endswith("%mcp diagram --to 150")
    assert drawn.to_json()["left_out"] == 150
    assert sum(map(len, drawn._repr_mimebundle_().values())) < 200_000


def test_very_many_participants_share_the_last_lifeline() -> None:
    names = tuple(f"s{number}" for number in range(40))
    drawn = diagram(*[arrow("s0", name, n=n) for n, name in enumerate(names[1:])], names=names)
    assert len(drawn.drawn.participants) == MOST_PARTICIPANTS
    assert "31 others" in texts(drawn.svg)
    assert len(drawn.text.splitlines()) == 39, "a line a message where there is no room for columns"


def test_lifelines_are_straight_and_heads_stand_on_them() -> None:
    lines = diagram(
        arrow(label="ask"),
        arrow("shop", "client", "said", 2, kind="answer", ms=12.3),
        arrow(label="long " * 40, n=3),
        arrow("other", "client", "over", 4),
        names=("client", "shop", "other"),
    ).text.splitlines()
    columns = [match.start() for match in re.finditer("[├│]", lines[2])]
    assert "── ask ─" in lines[2]
    assert "◀╌╌ said · 12 ms ╌" in lines[3]
    assert [lines[3][column] for column in columns] == ["│", "┤", "│"]
    assert lines[-1][columns[0] : columns[0] + 2] == "│◀"
    assert lines[-1][columns[2]] == "┤"


def test_a_label_is_cut_and_its_time_is_not() -> None:
    drawn = diagram(arrow("shop", "client", "y" * 500, kind="answer", ms=65_000.0))
    assert any(text.endswith("… · 1 min 5 s") for text in texts(drawn.svg))
    assert "… · 1 min 5 s" in drawn.text


def test_nothing_is_drawn_of_nothing() -> None:
    drawn = of(Journal())
    assert drawn._repr_mimebundle_() == {"text/plain": "(nothing to draw)"}
    assert ET.fromstring(drawn.svg).tag == f"{SVG}svg"
    assert drawn.mermaid == "sequenceDiagram\n"
    assert sequence_text(drawn.drawn, 100) == ""


@pytest.mark.parametrize(
    ("ms", "shown"), [(0.04, "0.0 ms"), (9.96, "10.0 ms"), (12.3, "12 ms"), (1500, "1.5 s"), (125_000, "2 min 5 s")]
)
def test_a_duration_is_told_as_people_would(ms, shown) -> None:
    assert duration_text(ms) == shown


# -- as it is typed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
def test_a_question_of_the_server_goes_the_other_way_in_the_era_that_has_them(shell: Shell, era: str, tmp_path) -> None:
    shell(f"%mcp add s1 --protocol {era} -- {playground('s1')}")
    shell('%mcp call s1.elicitation --answer \'{"name": "Ada"}\' --quiet')
    drawn = shell.value("%mcp diagram s1")
    asked = drawn.df.query("kind == 'request' and `from` == 's1'")["label"].tolist()
    assert len(asked) == (1 if era == "legacy" else 0)
    for suffix, beginning in ((".svg", "<svg"), (".mmd", "sequenceDiagram"), (".txt", " ")):
        shell(f"%mcp diagram s1 --save {tmp_path / f'x{suffix}'} --quiet")
        assert (tmp_path / f"x{suffix}").read_text("utf-8").startswith(beginning)
    first = int(drawn.df["n"].iloc[2])
    assert shell.value(f"%mcp diagram s1 --from {first} --to {first + 1}").df["n"].unique().tolist() == [
        first,
        first + 1,
    ]
    assert len(shell.value("%mcp diagram s1 --last 1").df) == 1
    assert "%mcp diagram" not in shell("%mcp diagram s1 --json").stdout
    error = shell.fails("%mcp diagram s1 --from 5 --to 2", "usage")
    assert error.failure.next_step == "--from 2 --to 5"


def test_a_login_is_drawn_with_its_authorization_server_and_so_is_one_taken_apart(shell: Shell) -> None:
    try:
        shell("%mcp playground start l2 --quiet")
        shell("%mcp login l2 --consent approve --quiet")
        drawn = shell.value("%mcp diagram l2")
        assert "authorization server" in [each.role for each in drawn.drawn.participants]
        assert {"POST /token", "POST /register"} <= set(drawn.df["label"])
        flow = shell.value("%mcp oauth l2 --consent approve -o flow")
        shell("flow.run()")
        steps = flow.diagram()
        assert [each.name for each in steps.drawn.participants][:1] == ["notebook"]
        assert "browser" in [each.name for each in steps.drawn.participants]
        assert len(steps.df) == 2 * len(flow.steps)
        assert steps.df["failed"].sum() == sum(bool(step.error) for step in flow.steps)
        flow.close()
    finally:
        host.stop()


def test_the_texts_of_a_diagram_can_be_told_from_their_ground() -> None:
    """WCAG 2.2, 1.4.3."""
    kinds = ("request", "result", "error", "notification", "http")
    drawn = ET.fromstring(
        diagram(*(arrow(kind=kind, n=n) for n, kind in enumerate(kinds, 1)))._repr_mimebundle_()["image/svg+xml"]
    )
    grounds = {each.get("fill") for each in drawn.iter(f"{SVG}rect")}
    inks = {each.get("fill") for each in drawn.iter(f"{SVG}text")}
    assert len(grounds) >= 2
    assert len(inks) >= 2
    assert min(contrast(ink, ground) for ink in inks for ground in grounds) >= 4.5


def contrast(one: str, other: str) -> float:
    """How far two colours (``#rrggbb``) are apart: 1 to 21 (WCAG 2.2, contrast ratio)."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
