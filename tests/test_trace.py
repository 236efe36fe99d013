"""What the wire log tells: pairs, one message whole, waterfalls, batches for a live panel; and of hostile texts."""

from __future__ import annotations

import json

import pytest
from support.commands import faulty, playground
from support.permission import play, playing
from support.shell import Shell

from mcp_magics.results.waterfall import MOST, Clock, Waterfall
from mcp_magics.widgets.newest import end_all
from mcp_magics.widgets.trace import MOST_LIVE, LiveTrace
from mcp_magics.widgets.trace_feed import BATCH, READ_CHARACTERS, READ_ENTRIES, ROWS, Feed, Filter
from mcp_magics.wire.journal import HEAD_BYTES, Journal
from mcp_magics.wire.passage import Reading
from mcp_magics.wire.trace import Trace, paired, read, trace_of

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e" + "x" * 5000


def journal(*messages) -> Journal:
    """A wire log of server ``s``: ``("→", {…})``."""
    kept = Journal()
    for direction, message in messages:
        text = message if isinstance(message, str) else json.dumps(message)
        kept.frame("s", "sent" if direction == "→" else "received", "stdio", text)
    return kept


def trace(kept: Journal, last: int | None = None) -> Trace:
    return trace_of(read(kept.entries()), last=last)


def call(number: int, tool: str = "add") -> dict:
    return {"id": number, "method": "tools/call", "params": {"name": tool, "arguments": {"a": 1}}}


def answer(number: int, text: str = "1", **more) -> dict:
    return {"id": number, "result": {"content": [{"type": "text", "text": text}], **more}}


def test_a_request_and_its_answer_are_a_pair_with_time_and_bytes_each_way() -> None:
    shown = trace(journal(("→", call(1)), ("←", answer(1))))
    (pair,) = shown.pairs.to_dict("records")
    first, second = shown.passages
    assert (pair["n"], pair["method"], pair["name"], pair["direction"], pair["kind"]) == (
        first.n,
        "tools/call",
        "add",
        "→",
        "rpc",
    )
    assert (pair["bytes_out"], pair["bytes_in"], pair["error"]) == (first.size, second.size, "")
    assert pair["ms"] == pytest.approx((second.clock - first.clock) * 1000)
    assert (second.pair, second.method, second.name) == (first.n, "tools/call", "add")


def test_what_a_server_asks_of_us_is_a_pair_the_other_way() -> None:
    kept = journal(("←", {"id": "q", "method": "roots/list"}), ("→", {"id": "q", "result": {"roots": []}}))
    (pair,) = paired(read(kept.entries()))
    asked, answered = (entry.size for entry in kept.entries())
    assert (pair.direction, pair.bytes_out, pair.bytes_in) == ("←", answered, asked)


def test_the_same_id_of_both_sides_is_two_requests() -> None:
    kept = journal(("→", call(1)), ("←", {"id": 1, "method": "ping"}), ("→", {"id": 1, "result": {}}), ("←", answer(1)))
    assert [(told.method, told.pair) for told in trace(kept).passages if told.is_answer] == [
        ("ping", 2),
        ("tools/call", 1),
    ]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ({"id": 1, "error": {"code": -32602, "message": "no"}}, "error -32602: no"),
        (answer(1, "out of stock", isError=True), "isError out of stock"),
        (answer(1), ""),
    ],
)
def test_a_failure_is_told_with_its_pair(reply, error) -> None:
    shown = trace(journal(("→", call(1)), ("←", reply)))
    assert shown.pairs["error"].tolist() == [error]
    assert [row["error"] for row in shown.rows] == ["", error]


def test_a_request_without_an_answer_has_no_time() -> None:
    shown = trace(journal(("→", call(1))))
    assert shown.pairs["ms"].isna().all()
    assert "no answer is kept" in repr(shown[0])


def refused(kept: Journal, number: int, status: int) -> None:
    """Keep that the POST of request ``number`` was answered with ``status``."""
    kept.exchange(
        "s",
        "POST",
        "http://127.0.0.1:1/mcp",
        status=status,
        elapsed=0.004,
        request_headers={},
        response_headers={},
        rpc_id=json.dumps(number),
    )


def test_a_request_whose_http_exchange_failed_has_ended_with_it() -> None:
    kept = journal(("→", call(1)), ("→", call(2)))
    refused(kept, 1, 401)
    shown = trace(kept)
    first, second, exchange = sorted(shown.pairs.to_dict("records"), key=lambda pair: pair["n"])
    assert (first["ms"], first["error"]) == (pytest.approx(4.0), "HTTP 401")
    assert (second["error"], exchange["error"]) == ("", "401")
    assert shown.pairs["bytes_in"].isna().all()
    assert "ended by 3 after 4.0 ms: HTTP 401" in repr(shown[0])
    assert "no answer is kept" in repr(shown[1])
    assert "ends 1 after 4.0 ms" in repr(shown[2])


def test_an_answer_that_came_after_a_failed_exchange_counts() -> None:
    kept = journal(("→", call(1)))
    refused(kept, 1, 401)
    refused(kept, 1, 200)
    kept.frame("s", "received", "http", json.dumps(answer(1)))
    assert [told.pair for told in trace(kept).passages] == [None, 1, None, 1]
    assert "answered by 4" in repr(trace(kept)[0])


def test_a_page_hears_that_a_refused_request_has_ended() -> None:
    kept = journal(("→", call(1)))
    refused(kept, 1, 401)
    request, exchange = Feed(kept, None).rows()
    assert (exchange["pair"], exchange["failed"]) == (request["n"], True)


def test_an_answer_too_long_to_be_kept_whole_is_paired_by_its_first_characters() -> None:
    kept = journal(("→", call(7)), ("←", answer(7, "y" * HEAD_BYTES)))
    told = trace(kept).passages[-1]
    assert (told.pair, told.name, told.kind) == (1, "add", "result")
    inside = trace(journal(("→", call(7)), ("←", '{"result": {"id": 7, "a": "' + "y" * HEAD_BYTES + '"}, "id": 8}')))
    assert inside.passages[-1].pair is None, "an id within the result is none"


def test_a_message_whole_comes_with_what_belongs_to_it() -> None:
    shown = trace(journal(("→", call(1)), ("←", answer(1, "forty-two"))))
    for number in (1, 2):
        bundle = shown.message(number)._repr_mimebundle_()
        for text in bundle.values():
            assert "forty-two" in text
            assert "tools/call" in text
    assert "answered by 2" in repr(shown[0])
    assert "answers 1 after" in repr(shown[1])
    assert shown.message(1).to_json() == call(1)


def test_each_message_says_which_way_it_went_and_is_a_value() -> None:
    shown = trace(journal(("→", call(1)), ("←", answer(1)), ("←", "no json")))
    assert [(each.direction, each.message) for each in shown.items] == [
        ("sent", call(1)),
        ("received", answer(1)),
        ("received", {}),
    ]


def test_a_slice_keeps_the_answers_of_what_is_in_it() -> None:
    shown = trace(journal(("→", call(1)), ("←", answer(1)), ("→", call(2)), ("←", answer(2))))
    assert shown[2:3].pairs["ms"].notna().all()
    assert [item.n for item in shown.between(2, 3)[:].items] == [2, 3]
    assert len(shown.between(0, 0)) == 0


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"id": 1, "method": HOSTILE, "params": {"name": HOSTILE}}),
        json.dumps({"id": HOSTILE, "result": HOSTILE}),
        json.dumps({"method": ["not", "a", "text"], "params": 7, "id": {"a": []}}),
        "[" * 60_000,
        HOSTILE,
        "",
        '{"id": 1, "result": {"content": {"isError": true}, "isError": "yes"}}',
        '"\\ud800"',
    ],
)
def test_nothing_a_server_sends_breaks_the_table_or_gets_out_of_it(text) -> None:
    shown = trace(journal(("←", text), ("→", call(1)), ("←", text)))
    pictures = [shown, shown[0], shown.waterfall(), shown.diagram()]
    for bundle in (each._repr_mimebundle_() for each in pictures):
        for form in bundle.values():
            assert "<script" not in form.replace("text/plain", "") or form is bundle["text/plain"]
            assert "\x1b" not in form
            assert "\u202e" not in form
        assert "<script" not in bundle.get("text/html", "") + bundle.get("image/svg+xml", "")
    assert shown.df is not None
    assert len(shown.pairs) <= 3


def test_idle_times_are_drawn_short_and_busy_ones_as_they_are() -> None:
    clock = Clock.of([(0, 1), (100, 101), (100.5, 102)])
    assert clock.shortened == 1
    assert clock.at(0.5) == 0.5
    assert clock.at(50) == 1
    assert clock.at(102) - clock.at(100) == 2
    assert clock.whole == pytest.approx(3 * 1.05)


def test_a_waterfall_has_a_bar_for_each_request_within_its_bounds() -> None:
    kept = journal(*[pair for n in range(150) for pair in (("→", call(n)), ("←", answer(n)))], ("→", call(999)))
    falls = trace(kept).waterfall()
    assert len(falls.bars) == MOST
    assert len(falls.df) == 151
    assert "51 earlier requests not drawn" in falls.text
    assert "no answer" in falls.text
    assert all(0 <= bar.left <= 1 and bar.left + bar.width <= 1.0001 for bar in falls.bars)
    assert max(map(len, falls.text.splitlines())) <= 100
    assert "<script" not in falls._repr_mimebundle_()["text/html"]
    assert Waterfall(()).text == "no requests"


def test_a_request_is_remembered_for_its_answer_in_few_words_and_for_so_long() -> None:
    kept = journal(("→", call(1, "n" * 50_000)), ("→", call(2)), ("←", answer(1)), ("←", answer(2)))
    reading = Reading(1)
    told = [reading.read(entry) for entry in kept.entries()]
    assert [each.pair for each in told] == [None, None, None, 2]
    assert len(told[0].name) <= 300


# -- what a live panel is told ---------------------------------------------------------------------------------


def feed(kept: Journal, server: str | None = None) -> Feed:
    return Feed(kept, server)


def test_a_panel_begins_with_what_is_there_and_goes_on_with_what_comes() -> None:
    kept = journal(("→", call(1)), ("←", answer(1)))
    live = feed(kept)
    assert [row["what"] for row in live.rows()] == ["tools/call add"] * 2
    assert live.batch() == []
    kept.frame("s", "received", "stdio", '{"method":"notifications/progress"}')
    assert [row["what"] for row in live.batch()] == ["notifications/progress"]
    assert live.skipped == 0


def test_a_flood_is_read_in_part_and_counted_in_full() -> None:
    kept = journal(("→", call(1)))
    live = feed(kept)
    for number in range(12_000):
        kept.frame("s", "received", "stdio", f'{{"method":"n/{number}"}}')
    assert live.batch() == [], "the numbers between were not read: there might be requests to wait for"
    rows = live.batch()
    assert len(rows) == BATCH
    assert live.skipped == 12_000 - BATCH
    assert rows[-1]["what"] == "n/11999"
    assert len(live.rows()) == min(ROWS, READ_ENTRIES + 1)
    assert len(json.dumps(rows)) < BATCH * 700


def test_long_messages_are_read_only_as_far_as_there_is_room() -> None:
    kept = journal()
    live = feed(kept)
    for _ in range(100):
        kept.frame("s", "received", "stdio", "z" * HEAD_BYTES)
    live.batch()
    live.batch()
    assert live.skipped == 100 - (READ_CHARACTERS // HEAD_BYTES + 1)
    assert len(json.dumps(live.rows())) < 100_000


def test_an_answer_that_was_kept_before_its_request_is_told_after_it() -> None:
    kept = journal(("→", {"method": "first"}))
    live = feed(kept)
    sent = kept.moment()
    kept.frame("s", "received", "stdio", json.dumps(answer(1)))
    assert live.batch() == []
    kept.frame("s", "sent", "stdio", json.dumps(call(1)), sent)
    assert [(row["direction"], row["pair"]) for row in live.batch()] == [("→", None), ("←", sent[0])]


def test_a_message_that_never_comes_is_waited_for_once() -> None:
    kept = journal(("→", {"method": "first"}))
    live = feed(kept)
    kept.moment()
    kept.frame("s", "received", "stdio", json.dumps(answer(1)))
    assert live.batch() == []
    assert live.has_news
    assert len(live.batch()) == 1
    assert not live.has_news


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({}, [1, 2, 3]),
        ({"text": "ADD call"}, [1, 2]),
        ({"text": "nope"}, []),
        ({"direction": "←"}, [2, 3]),
        ({"failed": True}, [3]),
        ({"server": "other"}, []),
        ({"text": 7, "failed": "yes", "direction": None}, []),
    ],
)
def test_a_filter_lets_through_what_has_all_its_words(asked, numbers) -> None:
    live = feed(journal(("→", call(1)), ("←", answer(1)), ("←", "noise")))
    live.filter = Filter.of(asked)
    assert [row["n"] for row in live.rows()] == numbers


def test_a_panel_of_one_server_hears_no_other() -> None:
    kept = journal()
    live = feed(kept, "s")
    kept.frame("other", "received", "stdio", '{"method":"theirs"}')
    kept.frame("s", "received", "stdio", '{"method":"ours"}')
    assert [row["what"] for row in live.batch()] == ["ours"]


def test_a_pair_is_found_from_both_of_its_ends() -> None:
    live = feed(journal(("→", call(1)), ("←", answer(1)), ("→", call(2))))
    assert [live.pair_of(number) for number in (1, 2, 3, 99)] == [2, 1, None, None]


# -- as it is typed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
def test_the_wire_log_is_there_in_python_and_on_a_line_in_both_eras(shell: Shell, era: str) -> None:
    shell(f"%mcp add s1 --protocol {era} -- {playground('s1')}")
    shell("%mcp call s1.add a=1 b=2 --quiet")
    pairs = shell.value("from mcp_magics import servers; servers.trace('s1').pairs")
    assert pairs[pairs.name == "add"].ms.gt(0).all()
    trace = shell.value("%mcp trace s1")
    (number,) = pairs[pairs.name == "add"].n
    assert f"{number} → s1 request tools/call add, answered by" in shell(f"%mcp trace --id {number}").text
    assert trace.message(number).pair is not None
    assert shell.value("servers.trace(last=2)").df.shape[0] == 2
    assert "tools/call add" in shell("servers.trace('s1').waterfall()").text


def test_live_is_the_table_alone_where_no_page_is_there(shell: Shell) -> None:
    shell(f"%mcp add f -- {faulty()}")
    cell = shell("%mcp trace f --live")
    assert "one whole: %mcp trace --id N" in cell.text
    assert len(cell.outputs) == 1
    assert json.loads(shell("%mcp trace f --live --json").stdout)


def test_a_server_nobody_has_heard_of_has_no_trace(shell: Shell) -> None:
    for line in ("%mcp trace nowhere", "%mcp diagram nowhere"):
        shell.fails(line, "unknown_server")
    shell.fails("%mcp trace --id 12", "usage")


# -- the panel itself ------------------------------------------------------------------------------------------


class Drawn:
    """A place in an output: what was drawn there, the newest last."""

    def __init__(self) -> None:
        self.shown: list[dict[str, str]] = []

    def show(self, data: dict[str, str]) -> None:
        self.shown.append(data)


@pytest.fixture
def panel(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    """A function that begins a live trace; ``.told`` has what its pages are sent, ``.table`` what stays."""

    monkeypatch.setattr("mcp_magics.widgets.trace.LOOK_EVERY", 3600.0)

    def begin(kept: Journal) -> LiveTrace:
        table, told = Drawn(), []
        live = LiveTrace(kept, None, trace(kept), (table, Drawn()))
        monkeypatch.setattr(live, "tell", told.append)
        live.table, live.told = table, told
        live.begin()
        return live

    yield begin
    end_all()


def test_the_oldest_of_many_panels_gives_way(panel) -> None:
    kept = journal(("→", call(1)))
    panels = [panel(kept) for _ in range(12)]
    assert [each.is_open for each in panels] == [False] * (12 - MOST_LIVE) + [True] * MOST_LIVE
    end_all()
    assert not any(each.is_open for each in panels)


def test_a_closed_panel_leaves_the_table_as_of_then(panel) -> None:
    kept = journal(("→", call(1)))
    live = panel(kept)
    assert f'data-mcp-static="{live.place}"' in live.table.shown[0]["text/html"]
    kept.frame("s", "received", "stdio", json.dumps(answer(1, "late news")))
    live.acted({"do": "close"})
    assert "late news" in live.table.shown[-1]["text/plain"]
    assert "late news" in live.table.shown[-1]["text/html"]


def test_a_page_that_asks_for_a_message_gets_it_whole_with_its_pair_or_hears_that_it_is_gone(panel) -> None:
    live = panel(journal(("→", call(1)), ("←", answer(1, HOSTILE + "y" * 30_000))))
    for number in (1, 2, 99):
        live.acted({"do": "expand", "n": number})
    first, second, gone = (each["whole"]["parts"] for each in live.told)
    assert [part["head"].split()[0] for part in first] == ["1", "2"]
    assert [part["head"].split()[0] for part in second] == ["2", "1"]
    assert second[0]["text"].endswith("more characters: %mcp trace --id 2")
    assert "\x1b" not in second[0]["text"]
    assert gone == [{"head": "message 99 is no longer kept", "text": ""}]


def test_what_no_page_of_ours_would_send_does_nothing(panel) -> None:
    live = panel(journal(("→", call(1))))
    for content in ({"do": "expand", "n": "1"}, {"do": "filter", "filter": []}, {"do": "pause"}, {"do": "else"}):
        live.acted(content)
    assert live.told == []


def test_a_paused_panel_counts_what_passes(panel) -> None:
    kept = journal(("→", call(1)))
    live = panel(kept)
    live.acted({"do": "pause", "paused": True})
    kept.frame("s", "received", "stdio", json.dumps(answer(1)))
    assert live._news() == {"passed": 1}
    live.acted({"do": "pause", "paused": False})
    assert [len(each["view"]["rows"]) for each in live.told if "view" in each] == [1, 2]


def test_a_server_that_wants_a_login_ends_the_request_that_it_refused(shell) -> None:
    with playing():
        play(shell, "l2")
        shell.fails("%mcp connect l2", "auth_required")
        shell("%mcp trace l2 -o kept")
        first = shell.value("kept.pairs").query("kind == 'rpc'").iloc[0]
        assert (first["error"], first["ms"] > 0) == ("HTTP 401", True)
