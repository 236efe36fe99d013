"""Redirect URIs and where their listener stands: from options, and from what is known of the kernel's surroundings."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from mcp_magics.auth.redirect import CallbackOptions, callback_id, plan_listener, port_behind, redirect_of
from mcp_magics.auth.surroundings import FrontEnd, Surroundings, seen_through, surroundings
from mcp_magics.errors import ConfigurationError

URL = "https://beta-api.fixture.app/api/mcp"
ID = "F8DUhpXlxJwR"
LOCAL = surroundings({})
LAB = FrontEnd("https://hub.example", "/user/alice/", proxy_answers=True)


def plan(**options):
    return plan_listener("docs", URL, CallbackOptions(**options))


# Which server an answer belongs to


def test_the_id_of_a_server_is_the_known_one():
    assert callback_id(URL) == ID


def test_a_fragment_does_not_make_another_server():
    assert callback_id(f"{URL}#tools") == ID


def test_a_query_does():
    assert callback_id(f"{URL}?tenant=b") != ID


# Unset


def test_unset_it_is_loopback_with_a_path_for_each_server():
    made = plan()
    assert (made.bind, made.port, made.paths) == ("127.0.0.1", 0, (f"/callback/{ID}",))
    assert redirect_of(made, 43210, LOCAL).uri == f"http://127.0.0.1:43210/callback/{ID}"


def test_a_fixed_port_gives_two_logins_the_same_uri():
    made = plan(port=8765)
    assert made.port == 8765
    assert redirect_of(made, made.port, LOCAL).uri == f"http://127.0.0.1:8765/callback/{ID}"


@pytest.mark.parametrize(
    ("bind", "host"),
    [("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("127.0.0.2", "127.0.0.2"), ("localhost", "127.0.0.1")],
)
def test_a_bound_address_is_in_the_uri_only_where_it_is_loopback(bind, host):
    made = plan(bind=bind, port=8765)
    assert made.bind == bind
    assert redirect_of(made, 8765, LOCAL).uri == f"http://{host}:8765/callback/{ID}"


# callback_url


def test_a_configured_uri_is_sent_as_it_is_and_its_path_rules_the_listener():
    made = plan(url="https://hub.example/x/cb?tenant=a", port=8765)
    assert (made.bind, made.port, made.paths) == ("127.0.0.1", 8765, ("/x/cb",))
    assert redirect_of(made, 8765, surroundings({}, LAB)).uri == "https://hub.example/x/cb?tenant=a"


def test_a_public_host_does_not_open_the_listener_and_says_what_has_to_forward():
    made = plan(url="https://hub.example:8443/x/cb")
    assert (made.bind, made.port) == ("127.0.0.1", 0)
    assert "a proxy at hub.example has to forward there" in made.notes[0]
    assert "--callback-port" in made.notes[0]


def test_with_callback_bind_nothing_needs_to_be_said():
    made = plan(url="https://hub.example/x/cb", port=8765, bind="0.0.0.0")
    assert made.bind == "0.0.0.0"
    assert made.notes == ()


def test_the_port_key_rules_the_listener_and_the_uri_keeps_its_own():
    made = plan(url="http://127.0.0.1:9000/cb", port=8765)
    assert made.port == 8765
    assert redirect_of(made, 8765, LOCAL).uri == "http://127.0.0.1:9000/cb"


def test_a_loopback_uri_without_a_port_key_is_listened_for_where_it_points():
    assert plan(url="http://127.0.0.1:9000/cb").port == 9000


def test_behind_a_jupyter_proxy_the_rest_of_the_path_is_listened_for_on_the_port_it_names():
    made = plan(url="https://hub.example/user/alice/proxy/8765/cb")
    assert made.port == 8765
    assert made.paths == ("/user/alice/proxy/8765/cb", "/cb")


def test_a_uri_without_a_path_is_visited_at_the_root():
    assert plan(url="http://127.0.0.1:9000").paths == ("/",)


def test_the_other_loopback_is_pointed_out():
    assert "--callback-bind ::1" in plan(url="http://[::1]:9000/cb").notes[0]
    assert "localhost" in plan(url="http://localhost:9000/cb").notes[0]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("hub.example/cb", "https://"),
        ("/cb", "https://"),
        ("myapp://cb", "https://"),
        ("javascript:alert(1)", "https://"),
        ("https:///cb", "no host"),
        ("https://hub.example:0/cb", "port 0"),
        ("https://hub.example:99999/cb", "no URL"),
        ("http://hub.example/cb", "loopback only"),
        ("https://hub.example/cb#top", "fragment"),
        ("https://hub.example/cb#", "fragment"),
        ("https://me:pw@hub.example/cb", "user name"),
        ("https://hub.example/c b", "space"),
        ("https://hub.example/ö", "percent-encoded"),
        ("https://hub.example/cb\r\nx: y", "space"),
        ("https://hub.example/cb?state=1", "state"),
        ("https://[hub/cb", "no URL"),
    ],
)
def test_a_uri_that_no_login_could_end_on_names_its_key(url, why):
    with pytest.raises(ConfigurationError) as caught:
        plan(url=url)
    failure = caught.value.failure
    assert failure.message.startswith("oauth.callback_url (--callback-url): ")
    assert why in failure.message
    assert failure.next_step.startswith("%mcp login docs --callback-url")


def test_an_error_about_a_uri_shows_no_password():
    with pytest.raises(ConfigurationError) as caught:
        plan(url="https://me:hunter2@hub.example/cb?key=value77")
    assert "hunter2" not in str(caught.value)
    assert "value77" not in str(caught.value)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_is_none_names_its_key(port):
    with pytest.raises(ConfigurationError, match=r"oauth\.callback_port \(--callback-port\)"):
        plan(port=port)


# Where the kernel runs


def found(environ, front_end=None):
    return surroundings(environ, front_end)


def test_without_any_mark_the_kernel_is_local():
    assert found({"HOME": "/home/a", "JPY_PARENT_PID": "1"}) == LOCAL
    assert (LOCAL.kind, LOCAL.pastes, LOCAL.template) == ("local", False, None)
    assert LOCAL.tunnel(1) is None


def test_a_lab_on_loopback_is_local_and_needs_no_proxy():
    for answers in (True, False):
        assert found({}, FrontEnd("http://localhost:8888", "/", proxy_answers=answers)).kind == "local"


def test_a_hub_whose_proxy_answered_gives_its_address():
    where = found({"JUPYTERHUB_SERVICE_PREFIX": "/user/alice/"}, LAB)
    assert where.kind == "jupyterhub"
    made = redirect_of(plan(), 43210, where)
    assert made.uri == f"https://hub.example/user/alice/proxy/43210/callback/{ID}"
    assert "reached" in made.why
    assert not where.pastes


@pytest.mark.parametrize(
    "front_end",
    [
        None,
        FrontEnd("https://hub.example", "/user/alice/"),
        FrontEnd("http://hub.example", "/user/alice/", proxy_answers=True),
        FrontEnd("vscode-webview://1234", "/", proxy_answers=True),
        FrontEnd("https://me:pw@hub.example", "/", proxy_answers=True),
    ],
)
def test_a_hub_without_a_proxy_that_answered_over_https_is_loopback_and_a_paste(front_end):
    where = found({"JUPYTERHUB_SERVICE_PREFIX": "/user/alice/"}, front_end)
    assert (where.kind, where.template, where.pastes) == ("jupyterhub", None, True)
    assert redirect_of(plan(), 43210, where).uri == f"http://127.0.0.1:43210/callback/{ID}"


def test_a_jupyter_server_elsewhere_is_known_by_its_front_end():
    assert found({}, FrontEnd("https://lab.example", "/x/")).pastes
    where = found({}, FrontEnd("https://lab.example", "/x/", proxy_answers=True))
    assert where.uri(43210, "/callback/a") == "https://lab.example/x/proxy/43210/callback/a"


def test_a_lab_seen_through_a_tunnel_is_reached_through_its_own_proxy():
    ssh = {"SSH_CONNECTION": "192.0.2.1 5000 192.0.2.2 22"}
    where = found(ssh, FrontEnd("http://localhost:8888", "/", proxy_answers=True))
    assert where.uri(43210, "/cb") == "http://localhost:8888/proxy/43210/cb"


def test_over_ssh_the_line_for_a_tunnel_is_given():
    where = found({"SSH_CONNECTION": "192.0.2.1 5000 192.0.2.2 22", "LOGNAME": "alice"})
    assert (where.kind, where.pastes) == ("ssh", True)
    assert where.tunnel(43210) == "ssh -L 43210:127.0.0.1:43210 alice@192.0.2.2"


def test_a_tunnel_to_another_ssh_port_names_it():
    where = found({"SSH_CONNECTION": "192.0.2.1 5000 192.0.2.2 2222"})
    assert where.tunnel(1) == "ssh -L 1:127.0.0.1:1 -p 2222 192.0.2.2"


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({"BINDER_SERVICE_HOST": "x", "JUPYTERHUB_SERVICE_PREFIX": "/user/x/"}, "binder"),
        ({"COLAB_RELEASE_TAG": "release-1"}, "colab"),
        ({"DATABRICKS_RUNTIME_VERSION": "17.3"}, "databricks"),
        ({"CODESPACES": "true"}, "codespaces"),
        ({"VSCODE_IPC_HOOK_CLI": "/tmp/x.sock"}, "vscode"),
        ({"REMOTE_CONTAINERS": "true"}, "vscode"),
    ],
)
def test_where_no_port_is_forwarded_for_sure_a_person_pastes(environ, kind):
    where = found(environ, LAB if kind == "binder" else None)
    assert (where.kind, where.template, where.pastes) == (kind, None, True)
    assert "paste" in where.why


def test_a_webview_is_vs_code():
    assert found({}, FrontEnd("vscode-webview://1234")).kind == "vscode"


@pytest.mark.parametrize(
    ("environ", "uri"),
    [
        ({"VSCODE_PROXY_URI": "https://code.example/proxy/{{port}}/"}, "https://code.example/proxy/7/cb"),
        (
            {"CODESPACES": "true", "VSCODE_PROXY_URI": "https://name-{{port}}.app.github.dev/"},
            "https://name-7.app.github.dev/cb",
        ),
        ({"VSCODE_PROXY_URI": "http://localhost:8080/proxy/{{port}}"}, "http://localhost:8080/proxy/7/cb"),
    ],
)
def test_code_in_the_browser_says_under_which_address_ports_are_forwarded(environ, uri):
    assert found(environ).uri(7, "/cb") == uri


@pytest.mark.parametrize(
    "proxy",
    [
        "./proxy/{{port}}",
        "https://code.example/proxy/",
        "http://code.example/proxy/{{port}}",
        "https://me:pw@code.example/{{port}}",
        "https://code.example/{{port}}?token=x",
        "javascript:{{port}}",
        "https://[code/{{port}}",
    ],
)
def test_a_forwarding_address_that_cannot_be_used_is_loopback_and_a_paste(proxy):
    where = found({"VSCODE_PROXY_URI": proxy})
    assert (where.kind, where.template, where.pastes) == ("vscode_proxy", None, True)


def test_every_rung_says_why_in_one_sentence():
    for where in (LOCAL, found({"CODESPACES": "true"}), found({}, LAB), Surroundings("local", "so")):
        assert where.why
        assert "\n" not in where.why


@pytest.mark.parametrize(
    ("uri", "port"),
    [
        ("http://127.0.0.1:4711/callback/x", 4711),
        ("https://hub.example/user/alice/proxy/4711/callback/x", 4711),
        ("http://127.0.0.1:8888/user/alice/proxy/4711/callback/x", 4711),
        ("https://hub.example/callback", 0),
        ("https://hub.example/proxy/99999/callback", 0),
    ],
)
def test_a_registered_redirect_uri_tells_which_port_of_ours_it_leads_to(uri, port):
    assert port_behind(uri) == port


# What a page is made to look at


class Lookout:
    """A page that answers ``front_end``, and reaches us or not when it tries."""

    def __init__(self, front_end: FrontEnd | None, *, reaches: bool = False) -> None:
        self.seen = front_end
        self.reaches = reaches
        self.probes: list[tuple[int, str]] = []

    async def front_end(self) -> FrontEnd | None:
        return self.seen

    async def probed(self, port: int, path: str) -> FrontEnd | None:
        self.probes.append((port, path))
        return self.seen and replace(self.seen, proxy_answers=self.reaches)


@pytest.mark.parametrize(
    ("environ", "origin", "probes"),
    [
        ({}, "http://127.0.0.1:8888", False),
        ({}, "https://lab.example", True),
        ({"JUPYTERHUB_SERVICE_PREFIX": "/user/alice/"}, "https://hub.example", True),
        ({"SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22"}, "http://127.0.0.1:8888", True),
        ({"COLAB_RELEASE_TAG": "1"}, "https://colab.example", False),
        ({}, "vscode-webview://1", False),
    ],
)
def test_a_page_probes_the_proxy_only_where_that_decides(environ, origin, probes):
    lookout = Lookout(FrontEnd(origin, "/user/alice/"), reaches=True)
    where = asyncio.run(seen_through(environ, lookout, 4711, "/ping"))
    assert lookout.probes == ([(4711, "/ping")] if probes else [])
    uri = where.uri(4711, "/callback")
    assert uri == (f"{origin}/user/alice/proxy/4711/callback" if probes else None)


def test_where_no_page_answers_the_environment_decides_alone():
    environ = {"JUPYTERHUB_SERVICE_PREFIX": "/user/alice/"}
    assert asyncio.run(seen_through(environ, Lookout(None), 4711, "/ping")) == surroundings(environ)
