"""MCP Apps: declared to every server, named beside a result, read only where a page can show them, held in bounds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from support.apps_server import build
from support.commands import apps
from support.kernel import Kernel
from support.notebook import done
from support.page import Page
from support.shell import Shell

from mcp_magics.connection.content.apps import app_steps
from mcp_magics.connection.manager import servers
from mcp_magics.connection.questions.inbox import Answer
from mcp_magics.connection.server import Server
from mcp_magics.connection.waiting import run_awaiting
from mcp_magics.errors import ProtocolError
from mcp_magics.results.app import App, Csp, declared_app, is_app_type, may_be_called_by_apps, read_app
from mcp_magics.widgets.app import BURST, MOST_LIVE, AppWidget, LiveApp
from mcp_magics.widgets.newest import end_all

COUNTER = "ui://stock/counter.html"
ELSEWHERE = "https://elsewhere.example"


@pytest.fixture
def stock(shell: Shell, era: str) -> Shell:
    """The server of apps as ``stock``, in each era."""
    servers.add("stock", object=build(ELSEWHERE), protocol=era)
    return shell


# Declared, and the plain form.


def test_every_server_is_told_that_this_client_knows_apps(stock: Shell) -> None:
    declared = stock.value("%mcp call stock.declared").data
    assert declared["io.modelcontextprotocol/ui"] == {"mimeTypes": ["text/html;profile=mcp-app"]}


@pytest.mark.parametrize("tool", ["stock", "older"])
def test_without_a_page_the_result_names_the_app_in_one_line_and_reads_nothing(stock: Shell, tool: str) -> None:
    cell = stock(f"%mcp call stock.{tool} item=tea -o r")
    assert cell.text.splitlines()[-1] == f"app {COUNTER}: %mcp read stock {COUNTER}"
    assert len(cell.outputs) == 1
    assert stock.value("r.app.uri, r.app.html, r.data") == (COUNTER, None, {"stock": 12})
    assert "resources/read" not in str(servers.journal.entries("stock"))
    assert "not read yet" in stock("r.app").text


def test_the_line_of_an_app_reads_its_document_into_a_sandbox_without_scripts(stock: Shell) -> None:
    html = stock(f"%mcp read stock {COUNTER}").html
    assert "<iframe " in html
    assert ' sandbox="" ' in html
    assert "default-src &#x27;none&#x27;; img-src data:" in html
    assert "<script>" not in html


def test_python_reads_an_app_and_what_it_may_do(stock: Shell) -> None:
    stock("from mcp_magics import servers\napp = servers['stock'].app('ui://stock/counter.html')")
    app = stock.ip.user_ns["app"]
    assert "<h3 id=" in app.html
    assert app.csp.connect == ("https://api.example.org",)
    assert app.csp.refused == ("http://127.0.0.1:8888", "*", "https://a.org; x")
    assert app.permissions == ("camera",)
    assert app.to_json()["csp"] == {"connectDomains": ["https://api.example.org"]}
    assert app._repr_mimebundle_()["text/plain"].startswith(f"app {COUNTER} of stock (shown live in JupyterLab), 3.")
    asked = len(servers.journal.entries("stock"))
    assert stock.value("servers['stock'].app('ui://stock/counter.html') is app")
    assert len(servers.journal.entries("stock")) == asked


def test_what_is_no_app_says_so(stock: Shell) -> None:
    error = stock.fails("from mcp_magics import servers\nservers['stock'].app('ui://stock/plain.txt')", "not_an_app")
    assert "it is text/html, not text/html;profile=mcp-app" in error.failure.message


# What a server declares, judged.


@pytest.mark.parametrize(
    "origin",
    ["https://api.example.org", "https://*.example.org", "wss://live.example.org:8443", "https://cdn.example.org/"],
)
def test_an_origin_of_the_web_is_granted(origin: str) -> None:
    csp = Csp.of({"connectDomains": [origin], "resourceDomains": [origin]})
    assert csp.refused == ()
    assert f"connect-src {origin};" in csp.policy
    assert f"script-src 'unsafe-inline' {origin};" in csp.policy


@pytest.mark.parametrize(
    "origin",
    ["*", "https:", "https://*", "http://example.org", "http://localhost:8888", "https://127.0.0.1", "https://[::1]"]
    + [
        "https://a.org; script-src *",
        "https://a.org 'unsafe-eval'",
        "'self'",
        "data:",
        "https://a.org/path",
        "",
        "https://a.org\n",
    ],
)
def test_anything_else_is_refused_and_never_in_the_policy(origin: str) -> None:
    csp = Csp.of({name: [origin] for name in ("connectDomains", "resourceDomains", "frameDomains", "baseUriDomains")})
    assert csp.origins == ()
    assert csp.refused == (origin,)
    assert csp.policy == Csp().policy


def test_without_a_declaration_nothing_is_reached() -> None:
    directives = dict(each.strip().split(" ", 1) for each in Csp().policy.split(";"))
    assert directives["default-src"] == directives["connect-src"] == directives["frame-src"] == "'none'"
    assert directives["script-src"] == "'unsafe-inline'"
    assert "http" not in Csp().policy


@pytest.mark.parametrize("csp", [None, 7, [], {"connectDomains": "https://a.org"}, {"connectDomains": [7, None, {}]}])
def test_a_declaration_that_is_none_grants_nothing(csp: object) -> None:
    assert Csp.of(csp) == Csp()


@pytest.mark.parametrize(
    "meta",
    [None, 7, {}, {"ui": 7}, {"ui": {"resourceUri": 7}}, {"ui": {"resourceUri": "https://a.org/x"}}]
    + [{"ui/resourceUri": "ui://a b"}, {"ui": {"resourceUri": "ui://" + "x" * 3000}}],
)
def test_a_tool_without_a_ui_address_has_no_app(meta: object) -> None:
    assert declared_app("s", {"name": "t", "_meta": meta}) is None


def test_the_newer_name_of_an_app_counts_before_the_older() -> None:
    tool = {"_meta": {"ui": {"resourceUri": "ui://new"}, "ui/resourceUri": "ui://old"}}
    assert declared_app("s", tool) == App("ui://new", "s")


@pytest.mark.parametrize(
    ("tool", "is_for_apps"),
    [
        ({}, True),
        ({"_meta": {"ui": {}}}, True),
        ({"_meta": {"ui": {"visibility": ["app"]}}}, True),
        ({"_meta": {"ui": {"visibility": ["model"]}}}, False),
        ({"_meta": {"ui": {"visibility": []}}}, False),
        ({"_meta": {"ui": {"visibility": "app"}}}, False),
    ],
)
def test_visibility_says_whether_apps_may_call_a_tool(tool: dict[str, Any], is_for_apps: bool) -> None:
    assert may_be_called_by_apps(tool) is is_for_apps


def test_the_type_of_an_app_may_be_spelt_as_any_mime_type() -> None:
    assert is_app_type('Text/HTML; charset=utf-8; Profile="mcp-app"')
    assert not any(
        map(is_app_type, [None, "", "text/html", "text/html+mcp", "text/html;profile=other", "x;profile=mcp-app"])
    )


@pytest.mark.parametrize(
    "result",
    [
        None,
        [],
        {},
        {"contents": 7},
        {"contents": []},
        {"contents": [None]},
        {"contents": [{"mimeType": 7, "text": "x"}]},
    ]
    + [{"contents": [{"uri": "ui://x", "mimeType": "text/html;profile=mcp-app", "blob": "!!"}]}],
)
def test_contents_that_are_no_document_are_an_error_with_a_line_to_type(result: object) -> None:
    with pytest.raises(ProtocolError) as caught:
        read_app("s", "ui://x", result)
    assert caught.value.failure.class_ == "not_an_app"
    assert caught.value.failure.next_step == "%mcp read s ui://x"


def test_a_document_may_come_as_a_blob() -> None:
    contents = {"uri": "ui://x", "mimeType": "text/html;profile=mcp-app", "blob": "PGI+w6k8L2I+"}
    assert read_app("s", "ui://x", {"contents": [contents]}).html == "<b>é</b>"


def test_a_card_is_escaped() -> None:
    bundle = App("ui://<img src=x>\x1b[2J", "<b>", html="x", csp=Csp(refused=("<script>",)), place="12").card()
    assert "<img" not in bundle["text/html"]
    assert "<script>" not in bundle["text/html"]
    assert 'data-mcp-app="12"' in bundle["text/html"]
    assert "\x1b" not in bundle["text/plain"]


# What a live app asks of its server.


class Panel:
    """A live app of ``stock.stock`` and the page's half of it, played: ``sent`` is what came from the kernel."""

    def __init__(self, live: LiveApp, sent: list[dict[str, Any]]) -> None:
        self.live = live
        self.sent = sent

    def say(self, **content: Any) -> None:
        """What the page sends."""
        self.live._on_message(None, content, None)

    async def ask(self, method: str, **params: Any) -> Any:
        """A request of the app, and its answer."""
        asked = str(len(self.sent))
        self.say(do="request", view="v", id=asked, method=method, params=params)
        while not (answers := [each for each in self.sent if each.get("id") == asked]):
            await asyncio.sleep(0)
        return answers[0].get("result") or answers[0]["error"]


@pytest.fixture
def panel(shell: Shell, era: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that runs ``play(panel, server)`` with a live app; options are those of ``servers.add``."""
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(AppWidget, "send", lambda _self, content, _buffers=None: sent.append(content))

    def run(play: Callable[[Panel, Server], Any], **options: Any) -> None:
        servers.add("stock", object=build(ELSEWHERE), protocol=era, **options)

        async def main() -> None:
            server = servers["stock"]
            result = await server.acall("stock", item="tea")
            live = LiveApp(server, await run_awaiting(app_steps(server, result.app.uri)), result)
            await play(Panel(live, sent), server)
            end_all()

        asyncio.run(main())

    return run


def test_a_page_that_asks_gets_the_document_its_rules_and_the_call(panel: Any) -> None:
    async def play(this: Panel, _server: Server) -> None:
        this.say(do="open", view="v")
        document = this.sent[-1]["document"]
        assert "<h3 id=" in document["html"]
        assert "connect-src https://api.example.org;" in document["policy"]
        assert document["input"] == {"item": "tea"}
        assert document["result"]["structuredContent"] == {"stock": 12}
        assert document["tool"]["name"] == "stock"
        assert document["border"] is True
        state = this.live._widget.get_state()
        assert this.live.app.place == state["place"]
        assert "counter" not in json.dumps({key: value for key, value in state.items() if key != "_esm"}, default=str)

    panel(play)


def test_an_app_calls_tools_and_reads_resources_of_its_own_server(panel: Any) -> None:
    async def play(this: Panel, _server: Server) -> None:
        ordered = await this.ask("tools/call", name="order", arguments={"item": "tea", "count": 3})
        assert ordered["structuredContent"] == {"stock": 15}
        read = await this.ask("resources/read", uri="note://today")
        assert read["contents"][0]["text"] == "a quiet day"

    panel(play)


def test_what_no_app_may_ask_is_refused_in_a_clear_error(panel: Any) -> None:
    async def play(this: Panel, _server: Server) -> None:
        for asked, said in [
            (("tools/call", {"name": "count"}), "count is not for apps: its visibility leaves them out"),
            (("tools/call", {"name": "nothing"}), "stock has no tool 'nothing'"),
            (("tools/call", {"name": "order", "arguments": []}), "the arguments of order have to be an object"),
            (("tools/call", {"name": 7}), "an app may call tools and read resources, not tools/call with these params"),
            (("prompts/get", {"name": "x"}), "an app may call tools and read resources, not prompts/get"),
        ]:
            refused = await this.ask(asked[0], **asked[1])
            assert refused["code"] == -32000
            assert refused["message"].startswith(said)
        assert (await this.ask("resources/read", uri="note://never"))["code"] in (-32602, -32002)

    panel(play)


def test_a_tool_that_is_disabled_here_is_disabled_for_apps(panel: Any) -> None:
    async def play(this: Panel, _server: Server) -> None:
        refused = await this.ask("tools/call", name="order", arguments={"item": "tea", "count": 3})
        assert "disabled" in refused["message"]

    panel(play, disabled_tools=["order"])


@pytest.mark.parametrize(("what", "ends"), [("allow", 15), ("refuse", None)])
def test_approval_is_asked_for_in_the_panel(panel: Any, what: str, ends: int | None) -> None:
    async def play(this: Panel, server: Server) -> None:
        server.connection.inbox.attended = True
        asking = asyncio.create_task(this.ask("tools/call", name="order", arguments={"item": "tea", "count": 3}))
        while not (asked := [each["ask"] for each in this.sent if "ask" in each]):
            await asyncio.sleep(0)
        assert asked[0]["text"] == 'The app asks: Call stock.order? With {"item": "tea", "count": 3}'
        this.say(do="allow", question=asked[0]["question"] + 1)
        assert not asking.done()
        this.say(do=what, question=asked[0]["question"])
        answer = await asking
        assert answer.get("structuredContent", {}).get("stock") == ends
        assert {"settled": asked[0]["question"]} in this.sent

    panel(play, approval="writes")


def test_an_approval_given_elsewhere_takes_the_question_away(panel: Any) -> None:
    async def play(this: Panel, server: Server) -> None:
        inbox = server.connection.inbox
        inbox.attended = True
        asking = asyncio.create_task(this.ask("tools/call", name="order", arguments={"item": "tea", "count": 3}))
        while not (asked := [each["ask"] for each in this.sent if "ask" in each]):
            await asyncio.sleep(0)
        inbox.settle(asked[0]["question"], Answer("accept"))
        assert (await asking)["structuredContent"] == {"stock": 15}
        assert {"settled": asked[0]["question"]} in this.sent

    panel(play, approval="writes")


def test_an_app_does_not_bring_back_a_server_that_was_removed(panel: Any) -> None:
    async def play(this: Panel, server: Server) -> None:
        servers.remove("stock")
        refused = await this.ask("resources/read", uri="note://today")
        assert refused == {"code": -32000, "message": "stock was removed"}
        assert server.connection.state != "ready"

    panel(play)


def test_unloading_the_extension_closes_the_apps(panel: Any, shell: Shell) -> None:
    async def play(this: Panel, _server: Server) -> None:
        shell.ip.run_line_magic("unload_ext", "mcp_magics")
        assert this.live._widget is None

    panel(play)
    shell.ip.run_line_magic("load_ext", "mcp_magics")


def test_a_flood_of_requests_is_refused_beyond_its_bounds(panel: Any) -> None:
    async def play(this: Panel, _server: Server) -> None:
        answers = await asyncio.gather(*[this.ask("resources/read", uri="note://today") for _ in range(1)])
        for number in range(100):
            this.say(do="request", view="v", id=f"f{number}", method="resources/read", params={"uri": "note://today"})
        refused = [each for each in this.sent if "error" in each]
        assert all(each["error"]["message"] == "too many requests: wait for their answers" for each in refused)
        assert 100 - BURST <= len(refused) < 100
        assert answers[0]["contents"]

    panel(play)


@pytest.mark.parametrize(
    "content", [None, 7, {}, {"do": "request"}, {"do": "request", "view": "v", "id": 7, "method": "x", "params": {}}]
)
def test_a_message_that_is_none_is_not_heard(panel: Any, content: Any) -> None:
    async def play(this: Panel, _server: Server) -> None:
        this.live._on_message(None, content, None)
        assert this.sent == []

    panel(play)


def test_closing_an_app_cancels_what_it_asked_for_and_the_oldest_gives_way(panel: Any) -> None:
    async def play(this: Panel, server: Server) -> None:
        inbox = server.connection.inbox
        inbox.attended = True
        this.say(do="request", view="v", id="1", method="tools/call", params={"name": "order", "arguments": {}})
        while not inbox.standing():
            await asyncio.sleep(0)
        (task,) = this.live._tasks
        for _ in range(MOST_LIVE):
            LiveApp(server, this.live.app, this.live._result)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert this.live._widget is None
        while inbox.standing():
            await asyncio.sleep(0)

    panel(play, approval="writes")


# In a kernel with a page.


@pytest.mark.kernel
def test_a_page_gets_the_result_first_then_the_card_and_a_closed_app_leaves_no_widget(kernel: Kernel) -> None:
    page = Page(kernel)
    done(kernel.run(f"%load_ext mcp_magics\n%mcp add stock --quiet -- {apps()}"))
    shown = done(kernel.run("%mcp call stock.stock item=tea -o r", stdin=[]))
    assert len(shown.outputs) == 2
    assert '"stock": 12' in shown.outputs[0]["text/plain"]
    assert "mcp read" not in shown.outputs[0]["text/plain"]
    assert shown.outputs[1]["text/plain"].startswith(f"app {COUNTER} of stock (shown live in JupyterLab), 3.")
    (name,) = [name for name, state in page.models.items() if state.get("_anywidget_id", "").endswith("AppWidget")]
    assert f'data-mcp-app="{page.models[name]["place"]}"' in shown.outputs[1]["text/html"]
    unattended = done(kernel.run("%mcp call stock.stock item=tea"))
    assert unattended.outputs[0]["text/plain"].splitlines()[-1] == f"app {COUNTER}: %mcp read stock {COUNTER}"
    for tool, said in [
        ("missing", "not shown: Unknown resource"),
        ("mistyped", "ui://stock/plain.txt is no app: it is text/html, not text/html;profile=mcp-app"),
        ("huge", "its document has 3.0 MB; up to 2.1 MB can be shown"),
        ("stock item=tea --no-app", f"app {COUNTER}: %mcp read stock {COUNTER}"),
    ]:
        plain = done(kernel.run(f"%mcp call stock.{tool}", stdin=[]))
        assert len(plain.outputs) == 1
        assert said in plain.text
    done(kernel.run("%config MCPMagics.apps = False\n%mcp call stock.stock item=tea", stdin=[]))
    assert len(page.models) == 2  # the widget and its layout
    kernel.send_comm(name, {"method": "custom", "content": {"do": "close"}})
    kernel.until(lambda: page.models == {})
