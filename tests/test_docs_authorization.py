"""What the page on authorization says is so: its cells, its tables, and the keys of the configuration."""

from __future__ import annotations

import re
from dataclasses import replace
from threading import Event
from time import monotonic

import pytest
from support.documents import cells, rows, shows, text

from mcp_magics.auth.requirement import Measured
from mcp_magics.auth.status import Holding, auth_status
from mcp_magics.auth.surroundings import FrontEnd, surroundings
from mcp_magics.config.document import spec_from_options
from mcp_magics.magics.oauth_options import OAUTH, oauth_entry
from mcp_magics.magics.parse import parse
from mcp_magics.playground import host

PAGE = text("authorization.md")
FAULTS = [(fault.strip("`"), class_.strip("`")) for fault, class_ in rows(PAGE, "| fault | class |")]
EXCHANGE = re.compile(r"(\w+) http://127\.0\.0\.1:\d+(\S+) (\d+)")


@pytest.fixture
def player(shell):
    """A shell whose playground ends with the test."""
    yield shell
    host.stop()


def codes_of(row):
    return [cell.strip("`") for cell in row]


@pytest.mark.kernel
def test_the_page_runs_and_shows_what_comes(kernel):
    """Each cell in order; one that shows an error has to end with it."""
    compared = 0
    for code, expected in cells(PAGE):
        outcome = kernel.run(code)
        said = f"{outcome.text}\n{outcome.error.text if outcome.error else ''}"
        if expected is None:
            assert outcome.status == "ok", (code, said)
        else:
            assert shows(said, expected), (code, said)
            compared += 1
    assert compared > 15


def test_codex_has_the_word_the_page_says():
    head = "| credential | `none` | `optional` | `required` | `unknown` |"
    requirements = codes_of(head.strip("| ").split(" | "))[1:]
    table = [codes_of(row) for row in rows(PAGE, head)]
    assert len(table) == 8
    spec = spec_from_options("x", url="https://example.com/mcp")
    for credential, *words in table:
        for requirement, word in zip(requirements, words, strict=True):
            status = auth_status(spec, "idle", Holding(credential), Measured(requirement))
            assert status.codex_word == word, (credential, requirement)
            disabled = auth_status(replace(spec, enabled=False), "idle", Holding(credential), Measured(requirement))
            assert disabled.codex_word == "unsupported"


def test_the_axes_have_the_values_the_page_says():
    from typing import get_args

    from mcp_magics.auth.requirement import Requirement
    from mcp_magics.auth.status import Credential

    said = {
        row[0]: set(re.findall(r"`(\w+)`", row[1])) for row in rows(PAGE, "| axis | values | where it comes from |")
    }
    assert said["requirement"] == set(get_args(Requirement))
    assert said["credential"] == set(get_args(Credential))


def exchanges(player, server):
    """The HTTP requests of one server so far, each with its status."""
    summaries = player.value(f"%mcp trace {server}").df.summary
    return sorted(f"`{found[1]} {found[2]}` {found[3]}" for it in summaries if (found := EXCHANGE.fullmatch(it)))


def test_connecting_makes_the_requests_the_page_says(player, monkeypatch):
    monkeypatch.setenv("STATIC", "playground-static-token")
    player("%mcp playground start l0 l1 l2 l3 l4 --quiet")
    player("from mcp_magics import servers; at = servers['l4'].spec.transport.url")
    player("servers.add('l4', url=at, bearer_token_env_var='STATIC', connect=False)")
    table = rows(PAGE, "| server | requests | requirement |")
    assert len(table) == 5
    for named, requests, requirement in table:
        server = named[1:3]
        expected = sorted(requests.split(", "))
        player.run(f"%mcp connect {server} --quiet")
        deadline, turn = monotonic() + 20, Event()
        while len(made := exchanges(player, server)) < len(expected) and monotonic() < deadline:
            turn.wait(0.05)
        assert made == expected, server
        assert player.value(f"servers[{server!r}].status.requirement") == requirement.strip("`")


def test_the_redirect_uri_is_the_one_the_page_says():
    table = rows(PAGE, "| where | how it is known | redirect URI | a browser may not reach it |")
    assert len(table) == 10
    for where, known, uri, pastes in table:
        environ = dict(re.findall(r"`([A-Z_]+)=([^`]*)`", known))
        origin = re.search(r"`(https://[^`]*)` reached", known)
        found = surroundings(environ, FrontEnd(origin[1], proxy_answers=True) if origin else None)
        assert found.kind == where.strip("`")
        assert (found.uri(8711, "/callback/ID") or "loopback") == uri.strip("`")
        assert found.pastes == (pastes == "yes")


def test_over_ssh_the_link_comes_with_the_line_to_type(player, monkeypatch):
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.2 50000 10.0.0.9 22")
    monkeypatch.setenv("LOGNAME", "alice")
    player("%mcp playground start l2 --quiet")
    panel = player("job = %mcp login l2 --no-wait").text
    port = re.search(r"127\.0\.0\.1:(\d+)/callback/", player.value("job.link.redirect_uri"))[1]
    assert f"ssh -L {port}:127.0.0.1:{port} alice@10.0.0.9" in panel
    player("job.cancel()")
    assert player.run("job.wait()").error is not None


def test_an_anonymous_request_carries_the_headers_the_page_says(player):
    player("%mcp playground start l0 --quiet")
    player("from mcp_magics import servers; at = servers['l0'].spec.transport.url")
    player("servers.add('x', url=at, headers={'X-Team': 'blue', 'X-Api-Key': 'a-key-that-is-no-key'})")
    seen = player.value("servers['x'].call('requests_seen').data['requests']")
    asked = [request for request in seen if request["rpc_method"] != "subscriptions/listen"]  # whenever it comes
    with_key = ["x-api-key" in request["headers"] for request in asked]
    assert all(request["headers"]["x-team"] == "blue" for request in seen)
    assert with_key == [True, True, *[False] * 8, True]  # two of the connection, eight of the measure, and the call


def test_a_refused_call_is_the_requirement_the_page_says(player):
    player("%mcp playground start l1 --fault call-needs-login --quiet")
    player("%mcp connect l1 --quiet")
    assert "requirement       optional" in player("%mcp auth l1").text
    player.fails("%mcp call l1.place_order item=tea", "auth_required")
    said = re.search(r"`(required \(tools/call[^`]*)`", PAGE)[1]
    assert said in player("%mcp auth l1").text


@pytest.mark.parametrize(("fault", "class_"), FAULTS)
def test_a_fault_has_the_class_the_page_says(player, fault, class_):
    player(f"%mcp playground start l2 --fault {fault} --quiet")
    player.fails("%mcp login l2 --consent approve --quiet", class_)


def test_a_login_and_a_flow_have_what_the_page_on_python_names(player):
    player("%mcp playground start l2 --quiet")
    player("from mcp_magics import servers; job = servers['l2'].login(visitor='approve').wait()")
    player("%mcp oauth l2 --consent approve -o flow --quiet")
    for name, least in (("job", 7), ("flow", 10)):
        named = set(re.findall(rf"\b{name}\.(\w+)", text("python.md")))
        assert len(named) >= least
        assert named <= set(dir(player.value(name)))
    views = set(re.findall(r"`?\.(request|answer|decision|section)", text("python.md")))
    assert views <= set(dir(player.value("flow.run(until='registration').rerun('anonymous')")))
    player("flow.close()")


def test_every_key_of_the_configuration_is_documented_with_its_option():
    table = {option: (key, summary) for key, option, summary in rows(text("configuration.md"), KEYS)}
    assert len(table) == len(OAUTH)
    for option in OAUTH:
        key, summary = table[f"`{f'--{option.name} {option.metavar}'.strip()}`"]
        assert summary == option.summary
        value = {"integer": "1", "choice": "id_jag", "flag": ""}.get(option.kind, "NAME")
        line = parse(f"login x --{option.name} {value}", body=None, servers=("x",), verb=None)
        assert list(flat(oauth_entry(line.options))) == [key.strip("`")]


KEYS = "| key in a file | option | what it is |"


def flat(entry, before=""):
    for key, value in entry.items():
        if isinstance(value, dict):
            yield from flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}"
