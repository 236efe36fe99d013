"""What a server tells on its own account: changed lists, changed resources, log messages — in both eras."""

from __future__ import annotations

import asyncio
import json
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from support.commands import streaming
from support.notebook import done
from support.odd_http import OddServer
from support.page import Page
from support.until import PATIENCE, until

from mcp_magics.connection.loop import background
from mcp_magics.connection.subscriptions import subscription

if TYPE_CHECKING:
    from support.shell import Shell

COUNTER = "demo://counter"


def added(shell: Shell, era: str, *without: str) -> Any:
    shell(f"%mcp add s --protocol {era} -- {streaming(*without)}")
    return shell.value("from mcp_magics import servers; servers['s']")


def state(server: Any) -> dict[str, Any]:
    return json.loads(server.call("state").text)


# -- changed lists --------------------------------------------------------------------------------------------


def test_changed_lists_are_read_in_the_background_and_told_at_the_next_call(shell: Shell, era: str) -> None:
    server = added(shell, era)
    shell("%mcp prompts s")
    shell("%mcp resources s")
    until(lambda: era == "legacy" or state(server)["streams"])
    server.call("grow")
    connection = server.connection
    until(lambda: "grown0" in connection.catalog.tools and len(connection.known["resources"]) == 2)
    until(lambda: len(connection.known["prompts"]) == 2)
    notes = server.call("bump").notes
    assert "the server changed its tools: new tool grown0" in notes
    assert "the server changed its prompts: new prompt p0" in notes
    assert "the server changed its resources: new resource demo://grown/0" in notes
    assert server.call("bump").notes == ()
    log = shell("%mcp log s").text
    assert "the tools have changed: new tool grown0" in log
    assert shell.value("x = %mcp status s\nx.df.tools[0]") == 14


def test_one_stream_tells_of_all_lists_and_only_where_they_are_declared(shell: Shell) -> None:
    server = added(shell, "2026-07-28")
    until(lambda: state(server)["streams"])
    assert state(server)["streams"] == [["toolsListChanged", "resourcesListChanged", "promptsListChanged"]]


def test_a_server_that_does_not_listen_is_done_without_quietly(shell: Shell) -> None:
    server = added(shell, "2026-07-28", "listen")
    until(lambda: "not told" in shell("%mcp log s").text)
    assert state(server)["asked"].count("subscriptions/listen") == 1
    assert server.call("bump").notes == ()


# -- subscriptions --------------------------------------------------------------------------------------------


def test_a_subscribed_resource_is_read_again_when_it_has_changed(shell: Shell, era: str) -> None:
    server = added(shell, era)
    cell = shell(f"%mcp subscribe s {COUNTER} -o sub")
    sub = cell.result
    assert "0 after 1 readings" in cell.text
    assert "as of" in cell.text
    server.call("bump")
    assert sub.wait(10)
    assert sub.latest.text == "1 after 2 readings"
    assert sub.changes == 1
    assert list(sub.df.columns) == ["time", "uri", "size"]
    assert list(sub.df["uri"]) == [COUNTER]
    assert list(sub.df["size"]) == [len("1 after 2 readings")]
    assert sub.to_json()["latest"]["uri"] == COUNTER


def test_subscribing_twice_is_once(shell: Shell, era: str) -> None:
    server = added(shell, era)
    first = shell(f"%mcp subscribe s {COUNTER}").result
    assert shell(f"%mcp subscribe s {COUNTER}").result is first
    assert [each.uri for each in server.subscriptions] == [COUNTER]
    assert len(shell.value("%mcp subscribe s")) == 1


def test_ending_a_subscription_tells_the_server(shell: Shell, era: str) -> None:
    server = added(shell, era)
    sub = shell(f"%mcp subscribe s {COUNTER}").result
    shell(f"%mcp subscribe s {COUNTER} --off")
    assert sub.state == "ended"
    found = state(server)
    assert found["subscribed"] == []
    assert not any("resourceSubscriptions" in each for each in found["streams"])
    error = shell.fails(f"%mcp subscribe s {COUNTER} --off", "not_subscribed")
    assert COUNTER in error.failure.message
    assert not sub.wait(5)


def test_a_subscription_is_cancelled_by_its_object(shell: Shell, era: str) -> None:
    server = added(shell, era)
    sub = server.subscribe(COUNTER)
    sub.cancel()
    sub.cancel()
    assert (sub.state, server.subscriptions) == ("ended", ())


def test_many_changes_in_a_row_are_few_readings(shell: Shell, era: str) -> None:
    server = added(shell, era)
    sub = server.subscribe(COUNTER)
    server.call("bump", times=500)
    until(lambda: sub.changes == 500 and sub.df["size"].notna().all())
    assert sub.readings <= 4
    assert len(sub.df) == 500


def test_a_subscription_outlives_its_connection_and_says_so(shell: Shell, era: str) -> None:
    server = added(shell, era)
    sub = server.subscribe(COUNTER)
    server.disconnect()
    assert sub.state == "waiting"
    assert f"subscribed again to {COUNTER}" in server.call("bump").notes
    until(lambda: sub.state == "active" and sub.readings >= 2)
    before = sub.readings
    server.call("bump")
    until(lambda: sub.readings > before)
    assert "again" in shell("%mcp log s").text


def test_a_change_below_a_subscribed_address_counts(shell: Shell, era: str) -> None:
    server = added(shell, era)
    sub = server.subscribe("demo://")
    server.call("bump", uri="demo://counter/part")
    assert sub.wait(10)
    assert [each.uri for each in sub.updates] == ["demo://counter/part"]


def test_a_server_without_subscriptions_says_so(shell: Shell, era: str) -> None:
    added(shell, era, "subscribe")
    error = shell.fails(f"%mcp subscribe s {COUNTER}", "not_subscribable")
    assert "resources.subscribe" in error.failure.evidence[0]


def test_what_a_server_does_not_have_is_not_subscribed_to(shell: Shell, era: str) -> None:
    server = added(shell, era)
    error = shell.fails("%mcp subscribe s absent://x", "not_subscribable")
    assert "Resource not found" in error.failure.evidence[0]
    assert server.subscriptions == ()
    found = state(server)
    assert found["subscribed"] == []
    assert not any("resourceSubscriptions" in each for each in found["streams"])


def test_a_stream_the_server_ends_is_asked_for_again(shell: Shell) -> None:
    server = added(shell, "2026-07-28")
    sub = server.subscribe(COUNTER)
    server.call("ends")
    until(lambda: sub.state == "subscribing")
    until(lambda: sub.state == "active")
    server.call("bump")
    assert sub.wait(10)


def test_a_subscription_that_ended_by_itself_leaves_nobody_waiting(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "PAUSES", ())
    server = added(shell, "2026-07-28")
    ended = server.subscribe("demo://counter")
    until(lambda: ended.state == "ended")

    def following() -> list[str]:
        tasks = asyncio.all_tasks(background.loop)
        return [str(each) for each in tasks if "Subscriptions." in str(each.get_coro())]

    until(lambda: not following())


def test_a_subscription_given_up_while_it_is_first_read_is_none(shell: Shell, odd: OddServer) -> None:
    capabilities = {"resources": {"subscribe": True}}
    gate = Event()
    odd.on["initialize"] = lambda asked: {
        "protocolVersion": asked.message["params"]["protocolVersion"],
        "capabilities": capabilities,
        "serverInfo": {"name": "odd", "version": "1"},
    }
    odd.on["resources/subscribe"] = lambda _asked: {}
    odd.on["resources/read"] = lambda _asked: gate.wait(PATIENCE) and {"contents": []}
    shell(f"%mcp add a --protocol legacy {odd.url}")
    server = shell.value("from mcp_magics import servers; servers['a']")

    async def given_up() -> None:
        subscribing = asyncio.create_task(server.asubscribe("demo://counter"))
        while "resources/read" not in odd.rpcs():
            await asyncio.sleep(0.01)
        subscribing.cancel()
        await asyncio.wait([subscribing])

    asyncio.run(given_up())
    gate.set()
    until(lambda: server.connection.subscriptions.all == ())


def test_removing_a_server_ends_its_subscriptions(shell: Shell, era: str) -> None:
    sub = added(shell, era).subscribe(COUNTER)
    shell("%mcp remove s")
    assert sub.state == "ended"
    assert "removed" in sub.problem


# -- log messages ---------------------------------------------------------------------------------------------


def test_a_log_level_is_asked_for_and_outlives_the_connection(shell: Shell, era: str) -> None:
    server = added(shell, era)
    assert "debug" in shell("%mcp log s --set debug").text
    assert state(server)["level"] == "debug"
    shell("%mcp restart s")
    assert state(server)["level"] == "debug"
    assert server.set_log_level("off") != ()
    assert state(server)["level"] == ("emergency" if era == "legacy" else "")


def test_a_level_of_one_call_wins_over_that_of_the_connection(shell: Shell) -> None:
    server = added(shell, "2026-07-28")
    server.set_log_level("debug")
    meta = {"io.modelcontextprotocol/logLevel": "error"}
    assert json.loads(server.with_options(meta=meta).call("state").text)["level"] == "error"


def test_a_server_that_declares_no_logging_or_refuses_is_a_note(shell: Shell, era: str) -> None:
    server = added(shell, era, "logging")
    assert any("does not declare logging" in note for note in server.set_log_level("info"))


def test_a_call_may_ask_for_log_messages(shell: Shell, era: str) -> None:
    added(shell, era)
    assert json.loads(shell("%mcp call s.state --log-level debug").result.text)["level"] == "debug"
    after = json.loads(shell("%mcp call s.state").result.text)["level"]
    assert after == ("debug" if era == "legacy" else "")


def test_an_unknown_level_names_the_near_one(shell: Shell) -> None:
    added(shell, "legacy")
    error = shell.fails("%mcp log s --set debgu", "usage")
    assert error.failure.next_step == "%mcp log s --set debug"


def test_log_messages_and_custom_notifications_are_lines_of_a_table(shell: Shell, era: str) -> None:
    server = added(shell, era)
    server.call("log", level="warning", times=2)
    server.call("custom")
    frame = shell.value("%mcp log s").df
    assert list(frame[frame.source == "log"].level) == ["warning", "warning"]
    assert any("acme/heartbeat" in text for text in frame[frame.source == "notification"].text)
    assert len(shell.value("%mcp log s --level error").df) == 0


# -- what may be used again -----------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["resources", "templates", "prompts"])
def test_a_list_its_server_calls_fresh_is_not_asked_for_again(shell: Shell, verb: str) -> None:
    server = added(shell, "2026-07-28")
    first, second = (shell(f"x = %mcp {verb} s\nx") for _ in range(2))
    assert (first.result.cached, second.result.cached) == (False, True)
    assert 50 < second.result.fresh_for <= 60
    assert "--refresh asks again" in second.text
    again = shell(f"x = %mcp {verb} s --refresh\nx").result
    assert not again.cached
    method = {"templates": "resources/templates/list"}.get(verb, f"{verb}/list")
    assert state(server)["asked"].count(method) == 2


def test_a_reading_its_server_calls_fresh_is_not_made_again(shell: Shell) -> None:
    server = added(shell, "2026-07-28")
    assert [shell(f"x = %mcp read s {COUNTER}\nx").result.cached for _ in range(2)] == [False, True]
    assert shell(f"x = %mcp read s {COUNTER} --refresh\nx").result.text == "0 after 2 readings"
    server.subscribe(COUNTER)
    server.call("bump")
    until(lambda: "1 after" in shell.value(f"%mcp read s {COUNTER}").text)


def test_a_changed_list_and_a_new_connection_are_asked_for_again(shell: Shell) -> None:
    server = added(shell, "2026-07-28")
    until(lambda: state(server)["streams"])
    shell("%mcp prompts s")
    server.call("grow")
    until(lambda: len(server.connection.known["prompts"]) == 2)
    assert len(shell.value("%mcp prompts s")) == 2
    shell("%mcp restart s")
    assert not shell(f"x = %mcp read s {COUNTER}\nx").result.cached


def test_hints_of_the_handshake_era_are_none(shell: Shell) -> None:
    added(shell, "legacy")
    assert [shell("x = %mcp prompts s\nx").result.cached for _ in range(2)] == [False, False]


# -- order ----------------------------------------------------------------------------------------------------


def test_a_request_is_done_before_the_call_after_it_a_hundred_times(shell: Shell, era: str) -> None:
    """Row 19: a request waits for its answer; a notification does not, and has no order."""
    server = added(shell, era)
    method, params = ("resources/read", {"uri": COUNTER})
    for number in range(100):
        read = server.request(method, params)
        assert read["contents"][0]["text"] == f"{number} after {number + 1} readings"
        server.call("bump")


# -- on a page ------------------------------------------------------------------------------------------------


@pytest.mark.kernel
def test_a_subscribed_resource_is_drawn_anew_in_the_output_it_was_shown_in(kernel: Any) -> None:
    done(kernel.run(f"%load_ext mcp_magics\n%mcp add s --protocol legacy --quiet -- {streaming()}"))
    Page(kernel)
    cell = done(kernel.run(f"%mcp subscribe s {COUNTER} -o sub", stdin=[]))
    assert [text for text in cell.plain if "0 after 1 readings" in text]
    assert len(cell.plain) == 1
    done(kernel.run("%mcp call s.bump --quiet"))
    kernel.until(lambda: "1 after 2 readings" in cell.plain[0])
    assert len(cell.plain) == 1
    done(kernel.run("assert sub.latest.text == '1 after 2 readings'\nsub.cancel()"))
    kernel.until(lambda: "ended: unsubscribed" in cell.plain[0])


@pytest.mark.kernel
def test_without_a_page_a_subscribed_resource_is_shown_as_it_was(kernel: Any) -> None:
    done(kernel.run(f"%load_ext mcp_magics\n%mcp add s --protocol legacy --quiet -- {streaming()}"))
    cell = done(kernel.run(f"%mcp subscribe s {COUNTER} -o sub"))
    assert "as of" in cell.plain[0]
    done(kernel.run("%mcp call s.bump --quiet\nassert sub.wait(10)"))
    assert "0 after 1 readings" in cell.plain[0]
