"""The playground's servers as processes: over stdio and HTTP, in both eras, started and ended by the host."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import mcp_types as types
import psutil
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.server.mcpserver.exceptions import ToolError

from mcp_magics.errors import ConfigurationError, ConnectionFailedError
from mcp_magics.playground import Options, build, host
from mcp_magics.playground.host import Running
from mcp_magics.playground.plan import Wanted
from mcp_magics.playground.shop.store import Store

ERAS = ("legacy", "2026-07-28")
both_eras = pytest.mark.parametrize("era", ERAS)


@pytest.fixture(scope="module")
def urls() -> Iterator[dict[str, str]]:
    """The addresses of S1, L0 and the shop over HTTP, running for this whole file."""
    started = host.start(["s1", "shop", "l0"], Wanted(transport="http"))
    yield {each.name: str(each.url) for each in started}
    host.stop()


def visit(server: Any, era: str, work: Any, **client: Any) -> Any:
    async def main() -> Any:
        async with Client(server, mode=era, **client) as connected:
            try:
                return await work(connected)
            except MCPError as error:
                return error

    if isinstance(outcome := anyio.run(main), MCPError):  # raised out here, not in an ExceptionGroup
        raise outcome
    return outcome


def calling(tool: str, arguments: dict[str, Any] | None = None) -> Any:
    async def work(client: Client) -> types.CallToolResult:
        return await client.call_tool(tool, arguments or {})

    return work


def stdio(*words: str) -> StdioServerParameters:
    command = [sys.executable, "-m", "mcp_magics.playground", *words]
    return StdioServerParameters(command=command[0], args=command[1:], env=dict(os.environ))


def gone_within(seconds: float, *pids: int) -> bool:
    deadline = time.monotonic() + seconds
    while any(map(_is_alive, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


# --- over stdio ------------------------------------------------------------------------------------------------------


@both_eras
@pytest.mark.parametrize("name", ["s1", "shop"])
def test_a_server_speaks_both_eras_over_stdio(name: str, era: str) -> None:
    async def work(client: Client) -> list[str]:
        return [tool.name for tool in (await client.list_tools()).tools]

    assert {"s1": "echo", "shop": "search_products"}[name] in visit(stdio(name), era, work)


@pytest.mark.parametrize(("only", "version"), [("legacy", "2025-11-25"), ("2026-07-28", "2026-07-28")])
def test_a_server_of_one_era_is_found_in_it_by_a_client_that_tries_both(only: str, version: str) -> None:
    async def work(client: Client) -> tuple[str, Any]:
        return client.protocol_version, (await client.call_tool("add", {"a": 1, "b": 2})).structured_content

    assert visit(stdio("s1", "--protocol", only), "auto", work) == (version, {"sum": 3})


def test_a_server_without_the_handshake_refuses_it_by_name() -> None:
    with pytest.raises((MCPError, ExceptionGroup)) as caught:
        visit(stdio("s1", "--protocol", "2026-07-28"), "legacy", calling("cwd"))
    assert "Unsupported protocol version" in "".join(map(str, _leaves(caught.value)))


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for each in error.exceptions for leaf in _leaves(each)]
    return [error]


def test_stdout_carries_nothing_but_json_rpc() -> None:
    request = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}}}  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "mcp_magics.playground", "shop"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        process.stdin.write(json.dumps(request).encode() + b"\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
        first = process.stdout.readline()  # type: ignore[union-attr]
        rest, _ = process.communicate(timeout=10)
    assert json.loads(first)["result"]["serverInfo"]["name"] == "shop"
    assert rest == b""
    assert process.returncode == 0


def test_crash_ends_the_process_with_its_status_and_a_line_on_stderr() -> None:
    frames = [
        {"id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}}},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "crash", "arguments": {"code": 42}}},
    ]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "mcp_magics.playground", "s1"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with process:
        for frame in frames:
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **frame}).encode() + b"\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
        assert process.wait(60) == 42
        assert b"crashing with status 42" in process.stderr.read()  # type: ignore[union-attr]


def test_a_grandchild_shares_the_group_of_its_server_or_has_its_own() -> None:
    async def work(client: Client) -> list[dict[str, int]]:
        return [
            (await client.call_tool(tool, arguments)).structured_content
            for tool, arguments in (("pid", {}), ("fork_grandchild", {}), ("fork_grandchild", {"session": "own"}))
        ]

    server, same, own = visit(stdio("s1"), "legacy", work)
    try:
        assert same["group"] == server["group"]
        assert own["group"] == own["pid"]
    finally:
        for each in (same, own):
            if _is_alive(each["pid"]):
                os.kill(each["pid"], signal.SIGKILL)
    assert gone_within(5, server["pid"], same["pid"], own["pid"])


# --- over HTTP -------------------------------------------------------------------------------------------------------


@both_eras
def test_s1_tells_the_headers_of_the_request(urls: dict[str, str], era: str) -> None:
    headers = visit(urls["s1"], era, calling("headers")).structured_content["headers"]
    assert headers["host"].startswith("127.0.0.1:")


@both_eras
def test_elicitation_works_over_http(urls: dict[str, str], era: str) -> None:
    async def person(_context: Any, _params: Any) -> types.ElicitResult:
        return types.ElicitResult(action="accept", content={"name": "Ada"})

    answer = visit(urls["s1"], era, calling("elicitation"), elicitation_callback=person)
    assert answer.structured_content == {"action": "accept", "content": {"name": "Ada"}}


@both_eras
def test_l0_remembers_each_request_with_its_headers_and_method(urls: dict[str, str], era: str) -> None:
    seen = visit(urls["l0"], era, calling("requests_seen", {"last": 1})).structured_content["requests"]
    assert [(each["http_method"], each["rpc_method"], each["tool"]) for each in seen] == [
        ("POST", "tools/call", "requests_seen")
    ]
    assert seen[0]["headers"]["mcp-protocol-version"] == ("2025-11-25" if era == "legacy" else era)


def test_l0_remembers_the_request_that_ended_a_session(urls: dict[str, str]) -> None:
    visit(urls["l0"], "legacy", calling("echo", {"text": "bye"}))
    log = httpx2.get(urls["l0"].replace("/mcp", "/requests")).json()
    assert {"POST", "DELETE"} <= {request["http_method"] for request in log}
    assert all("mcp-session-id" in request["headers"] for request in log if request["http_method"] == "DELETE")


@pytest.mark.parametrize("document", ["oauth-protected-resource", "oauth-authorization-server", "openid-configuration"])
def test_l0_has_no_oauth_documents(urls: dict[str, str], document: str) -> None:
    base = urls["l0"].removesuffix("/mcp")
    for path in (f"/.well-known/{document}", f"/.well-known/{document}/mcp"):
        assert httpx2.get(base + path).status_code == 404


def test_l0_speaks_the_older_transport() -> None:
    [l0] = host.start(["l0"], Wanted(transport="sse", port=_free_port()))
    try:
        answer = visit(sse_client(str(l0.url)), "legacy", calling("add", {"a": 1, "b": 2}))
        assert answer.structured_content == {"result": 3.0}
        assert httpx2.post(str(l0.url), json={}).status_code == 405
    finally:
        host.stop("l0")


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(("only", "version"), [("legacy", "2025-11-25"), ("2026-07-28", "2026-07-28")])
def test_one_era_over_http_is_found_by_a_client_that_tries_both(only: str, version: str) -> None:
    host.stop("s1")
    [s1] = host.start(["s1"], Wanted(transport="http", eras=only))  # type: ignore[arg-type]

    async def work(client: Client) -> tuple[str, Any]:
        return client.protocol_version, (await client.call_tool("add", {"a": 1, "b": 2})).structured_content

    try:
        assert visit(s1.url, "auto", work) == (version, {"sum": 3})
    finally:
        host.stop("s1")


# --- the shop --------------------------------------------------------------------------------------------------------


def shop(era: str, work: Any, seed: int = 0, **client: Any) -> Any:
    return visit(build("shop", Options(seed=seed)).server, era, work, **client)


def test_the_same_seed_gives_the_same_shop_and_another_seed_another() -> None:
    exports = [[line.model_dump() for line in Store(seed).export()] for seed in (0, 0, 1)]
    assert exports[0] == exports[1] != exports[2]


def test_the_shop_has_200_products_and_1000_orders_of_2025() -> None:
    store = Store(0)
    orders = store.orders(None, None, None)
    assert len(store.catalogue()) == 200
    assert len(orders) == 1_000
    assert {order.placed_on.year for order in orders} == {2025}
    assert len(store.months()) == 12


@both_eras
def test_search_finds_every_word_and_respects_the_price(era: str) -> None:
    found = shop(era, calling("search_products", {"query": "nordic lamp", "max_price": 200})).structured_content
    assert found["products"]
    assert all("Nordic" in each["name"] and "Lamp" in each["name"] for each in found["products"])
    prices = [each["price"] for each in found["products"]]
    assert prices == sorted(prices)


def test_a_percent_sign_is_searched_for_as_itself() -> None:
    assert Store(0).search("%", None, None, 10) == []


@both_eras
def test_an_order_takes_its_pieces_off_the_shelf(era: str) -> None:
    async def work(client: Client) -> Any:
        before = (await client.call_tool("get_product", {"sku": "CO-0001"})).structured_content
        order = await client.call_tool("place_order", {"sku": "CO-0001", "quantity": 3, "customer": "C001"})
        after = (await client.call_tool("get_product", {"sku": "CO-0001"})).structured_content
        return before, order.structured_content, after

    before, order, after = shop(era, work)
    assert after["stock"] == before["stock"] - 3
    assert order["id"] == 2_001
    assert order["total"] == round(3 * before["price"], 2)


def test_more_than_is_in_stock_cannot_be_ordered() -> None:
    store = Store(0)
    product = store.product("CO-0001")
    with pytest.raises(ToolError, match="are left"):
        store.place("CO-0001", product.stock + 1, "C001")
    assert store.product("CO-0001") == product


def test_a_sku_with_a_zero_for_an_o_is_answered_with_the_nearest() -> None:
    with pytest.raises(ToolError, match="did you mean CO-0001"):
        Store(0).product("C0-0001")


@pytest.mark.parametrize("by", ["category", "month"])
def test_the_chart_is_the_same_png_every_time(by: str) -> None:
    first, second = (shop("2026-07-28", calling("sales_chart", {"by": by})).content for _ in range(2))
    assert first == second
    png = base64.b64decode(first[1].data)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert png[16:24] == (1120).to_bytes(4, "big") + (640).to_bytes(4, "big")


@both_eras
def test_the_report_tells_each_month_on_the_way(era: str) -> None:
    seen: list[tuple[float, float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total, message))

    async def work(client: Client) -> Any:
        arguments = {"months": 3, "seconds_per_month": 0}
        return await client.call_tool("sales_report", arguments, progress_callback=note)

    report = shop(era, work).structured_content["months"]
    assert [month["month"] for month in report] == ["2025-10", "2025-11", "2025-12"]
    assert [(progress, total) for progress, total, _ in seen] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert seen[0][2] == "adding up 2025-10"


@pytest.mark.parametrize(("form", "beginning"), [("csv", "id,"), ("json", "[\n {"), ("markdown", "| id |")])
def test_orders_come_as_text_in_three_formats(form: str, beginning: str) -> None:
    answer = shop("2026-07-28", calling("export_orders", {"format": form, "limit": 2}))
    assert answer.content[0].text.startswith(beginning)
    assert answer.structured_content is None


def test_the_full_export_is_some_megabytes() -> None:
    answer = shop("2026-07-28", calling("full_export"))
    assert len(answer.content[0].text) > 1_000_000
    assert len(answer.structured_content["lines"]) > 2_000


@both_eras
def test_shop_resources_prompt_and_completion(era: str) -> None:
    async def work(client: Client) -> Any:
        uris = ("shop://catalogue.csv", "shop://logo.png", "shop://orders/1001")
        contents = [(await client.read_resource(uri)).contents[0] for uri in uris]
        prompt = await client.get_prompt("restock_advice", {"category": "Tea"})
        reference = types.PromptReference(type="ref/prompt", name="restock_advice")
        completed = await client.complete(reference, {"name": "category", "value": "te"})
        return contents, prompt.messages[0].content.text, completed.completion.values

    (catalogue, logo, order), prompt, categories = shop(era, work)
    assert len(catalogue.text.splitlines()) == 201
    assert base64.b64decode(logo.blob).startswith(b"\x89PNG")
    assert json.loads(order.text)["id"] == 1001
    assert "TE-0001" in prompt
    assert categories == ["Tea", "Textiles"]


def test_only_placing_an_order_is_said_to_change_anything() -> None:
    async def work(client: Client) -> list[types.Tool]:
        return (await client.list_tools()).tools

    writing = [tool.name for tool in shop("2026-07-28", work) if not tool.annotations.read_only_hint]
    assert writing == ["place_order"]


# --- the host --------------------------------------------------------------------------------------------------------


def test_a_stdio_server_is_told_as_its_command() -> None:
    assert host.start(["S1"], Wanted(page_size=5)) == [
        Running("s1", "stdio", command=(sys.executable, "-m", "mcp_magics.playground", "s1",
                                        "--transport", "stdio", "--page-size", "5"))
    ]  # fmt: skip


def test_the_same_wish_again_finds_the_server_running_and_another_one_replaces_it() -> None:
    port = _free_port()
    [first] = host.start(["l0"], Wanted(port=port))
    try:
        assert host.start(["l0"], Wanted(port=port)) == [first]
        [second] = host.start(["l0"], Wanted(port=port, eras="legacy"))
        assert second.pid != first.pid
        assert gone_within(5, first.pid or 0)
        assert [each for each in host.running() if each.name == "l0"] == [second]
    finally:
        host.stop("l0")


def test_a_busy_port_is_named_by_the_error() -> None:
    import socket

    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        with pytest.raises(ConnectionFailedError) as caught:
            host.start(["l0"], Wanted(port=port))
    assert caught.value.failure.class_ == "process_exited"
    assert str(port) in caught.value.failure.evidence[-1]


def test_an_unknown_server_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(ConfigurationError) as caught:
        host.start(["shpo"])
    assert caught.value.failure.next_step == "%mcp playground start shop"


def test_a_transport_a_server_does_not_speak_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="does not speak sse"):
        host.start(["s1"], Wanted(transport="sse"))


_PARENT = """
import sys
from mcp_magics.playground import host
from mcp_magics.playground.plan import Wanted
[s1] = host.start(["s1"], Wanted(transport="http"))
print(s1.pid, s1.url, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_and_its_children_end_with_the_process_that_started_it(how: signal.Signals, tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    with parent:
        pid, url = parent.stdout.readline().split()  # type: ignore[union-attr]
        grandchild = visit(url, "legacy", calling("fork_grandchild")).structured_content["pid"]
        parent.send_signal(how)
        assert gone_within(5, int(pid), grandchild)
