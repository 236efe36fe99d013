"""Secrets planted in every flow of a login and in every configuration, looked for wherever anybody could read them."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import nbformat
import pytest
from nbclient import NotebookClient
from support.odd_http import OddServer, Response, error
from support.permission import Played, play, playing, redirected
from support.shell import Cell, Shell

from mcp_magics.connection.login.login_job import LoginJob
from mcp_magics.connection.login.oauth_flow import OAuthFlow
from mcp_magics.connection.manager import servers
from mcp_magics.magics.login_panel import ended
from mcp_magics.widgets.card import Card
from mcp_magics.widgets.flow_view import flow_view, step_detail
from mcp_magics.widgets.login_view import login_view

NAMES = ("code", "state", "code_verifier", "client_secret", "assertion", "client_assertion", "subject_token")
LOOKS = (
    "%mcp list",
    "%mcp list --json",
    "%mcp get {0}",
    "%mcp get {0} --json",
    "%mcp status {0}",
    "%mcp status {0} --json",
    "%mcp auth {0}",
    "%mcp auth {0} --json",
    "%mcp log {0}",
    "%mcp trace {0}",
    "%mcp trace {0} --json",
    "%mcp diagram {0}",
    "%mcp diagram {0} --json",
    "%mcp export {0}",
    "%mcp call {0}.whoami",
    "%mcp call {0}.no_such_tool",
    "%mcp login {0}",
    "servers['{0}']",
    "servers['{0}'].permission",
    "vars(servers['{0}'].permission)",
    "servers['{0}'].permission.holding()",
    "servers['{0}'].permission.stored()",
    "servers['{0}'].spec",
    "servers",
)


@pytest.fixture(autouse=True)
def played(nothing_leaks: None) -> Iterator[None]:
    with playing():
        yield


class Search:
    """Everything a reader of this session could see, by the place it stands in."""

    def __init__(self, shell: Shell, home: Path, log: pytest.LogCaptureFixture, jobs: list[LoginJob]) -> None:
        self.jobs = jobs
        self.shell = shell
        self.home = home
        self.log = log
        self.seen: list[tuple[str, str]] = []
        log.set_level(logging.DEBUG)
        for name in list(logging.root.manager.loggerDict):
            log.set_level(logging.DEBUG, logger=name)
        shell("from mcp_magics import servers")

    def run(self, code: str) -> Cell:
        """Run a cell; all that came of it is looked through."""
        cell = self.shell.run(code)
        self.add(code, cell.stdout, json.dumps(cell.outputs, default=str), repr(cell.result), *cell.traceback)
        if cell.error is not None:
            self.add(f"{code}: its error", str(cell.error), repr(cell.error), repr(getattr(cell.error, "failure", "")))
        return cell

    def add(self, place: str, *texts: str) -> None:
        """Look through ``texts`` too."""
        self.seen += [(place, text) for text in texts]

    def look_at(self, name: str) -> None:
        """Every way there is to look at a server."""
        for code in LOOKS:
            self.run(code.format(name))

    def finds(self, planted: dict[str, str]) -> list[str]:
        """Which of the secrets stand where, in the clear or encoded."""
        self._gather()
        return [
            f"{what} in {place}: …{text[max(text.find(form) - 60, 0) : text.find(form) + 20]}"
            for what, secret in planted.items()
            for form in {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]}
            for place, text in self.seen
            if form in text
        ]

    def _gather(self) -> None:
        for entry in servers.journal.entries():
            self.add(f"entry {entry.seq} of the journal", repr(entry), str(asdict(entry)))
            self.run(f"%mcp trace --id {entry.seq}")
        self.add("the log", self.log.text, *(repr(vars(record)) for record in self.log.records))
        for file in self.home.rglob("*"):
            if file.is_file() and file.name != "credentials.json":
                self.add(str(file), file.read_bytes().decode("utf-8", "replace"))


@pytest.fixture
def search(shell: Shell, home: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Search:
    jobs: list[LoginJob] = []
    begin = LoginJob.start
    monkeypatch.setattr(LoginJob, "start", lambda job, work: (jobs.append(job), begin(job, work))[1])
    return Search(shell, home, caplog, jobs)


def secrets_of(job: LoginJob, name: str) -> dict[str, str]:
    """Every secret of a login: what its requests carried, what came back, what is kept."""
    found: dict[str, str] = {}
    for step in job.steps:
        found |= {f"{each} of {step.name}": value for each, value in step.ask.fields if each in NAMES}
        found |= {
            f"{each} of {step.name}": value for each, value in step.ask.headers if each in ("authorization", "DPoP")
        }
        if step.callback is not None:
            found["the code"] = step.callback.code or ""
    stored = servers[name].permission.stored()
    assert stored is not None
    assert stored.tokens is not None
    found["the access token"] = stored.tokens.access_token
    found["its signature"] = stored.tokens.access_token.rpartition(".")[2]
    found["the refresh token"] = stored.tokens.refresh_token or ""
    found["the key of the proofs"] = json.loads(stored.dpop_key)["d"] if stored.dpop_key else ""
    return {what: secret for what, secret in found.items() if secret}


def logged_in(search: Search, options: str, *, name: str = "l2") -> dict[str, str]:
    """Log in and return the secrets of that."""
    search.run(f"%mcp login {name} {options}")
    job = search.jobs[-1]
    assert job.state == "succeeded", job.line
    search.add("the job", repr(job), repr(vars(job)), repr(job.steps), json.dumps(job.to_json()))
    search.add("what panels are sent", json.dumps([login_view(job), ended(job), Card.of(servers[name]).view()]))
    return secrets_of(job, name)


def stepper_of(flow: OAuthFlow) -> list[object]:
    """All that a page is sent of a flow."""
    return [flow_view(flow), *(step_detail(step) for step in flow.steps)]


@pytest.mark.parametrize("fault", ["none", "dpop-nonce", "legacy-2025-03-26"])
def test_a_login_with_a_code_shows_no_secret(search: Search, fault: str) -> None:
    play(search.shell, "l2", fault)
    planted = logged_in(search, "--consent approve")
    assert {"the code", "the access token", "the refresh token", "state of authorize"} <= planted.keys()
    assert "code_verifier of token" in planted
    assert ("the key of the proofs" in planted) == (fault == "dpop-nonce")
    search.look_at("l2")
    planted |= {f"{what}, again": value for what, value in logged_in(search, "--consent approve --again").items()}
    search.run("%mcp logout l2")
    assert search.finds(planted) == []


def test_a_refresh_shows_no_secret(search: Search) -> None:
    play(search.shell, "l2", "none", "--expiry 3s")
    planted = logged_in(search, "--consent approve")
    while (
        (stored := servers["l2"].permission.stored()) is None
        or stored.tokens is None
        or (stored.tokens.access_token == planted["the access token"])
    ):
        search.run("%mcp call l2.whoami --quiet")
    planted |= {
        "the next access token": stored.tokens.access_token,
        "the next refresh": stored.tokens.refresh_token or "",
    }
    search.look_at("l2")
    assert search.finds(planted) == []


def from_issuer(played: Played, path: str) -> httpx2.Response:
    with httpx2.Client(trust_env=False) as client:
        return client.get(f"{played.issuer}{path}").raise_for_status()


def test_a_client_with_a_secret_shows_it_nowhere(search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_SECRET", "playground-service-secret")
    basic = base64.b64encode(b"playground-service:playground-service-secret").decode()
    planted = {"the client's secret": "playground-service-secret", "the same in a header": basic}
    play(search.shell, "l2")
    grant = (
        "--grant client_credentials --oauth-client-id playground-service --oauth-client-secret-env-var SERVICE_SECRET"
    )
    planted |= logged_in(search, grant)
    search.look_at("l2")
    planted |= logged_in(search, f"{grant} --token-endpoint-auth-method client_secret_post --again")
    assert search.finds(planted) == []


def test_a_client_with_a_key_shows_neither_the_key_nor_what_it_signed(search: Search, tmp_path: Path) -> None:
    l2 = play(search.shell, "l2")
    pem = from_issuer(l2, "/playground-service-key.pem").text
    (tmp_path / "key.pem").write_text(pem)
    planted = {f"line {n} of the key": line for n, line in enumerate(pem.splitlines()) if "-" not in line}
    assert planted
    grant = (
        f"--grant client_credentials --oauth-client-id playground-service-key --private-key-file {tmp_path / 'key.pem'}"
    )
    planted |= logged_in(search, f"{grant} --token-endpoint-auth-method private_key_jwt")
    assert "client_assertion of token" in planted
    search.look_at("l2")
    assert search.finds(planted) == []


def test_an_identity_assertion_is_shown_nowhere(search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    l2 = play(search.shell, "l2")
    issued = from_issuer(l2, "/idp/id_token?client_id=playground-service")
    token = issued.json()["id_token"] if "json" in issued.headers["content-type"] else issued.text.strip()
    monkeypatch.setenv("ID_TOKEN", token)
    monkeypatch.setenv("SERVICE_SECRET", "playground-service-secret")
    planted = {"the ID token": token, "the client's secret": "playground-service-secret"}
    planted |= logged_in(
        search,
        "--grant id_jag --oauth-client-id playground-service --oauth-client-secret-env-var SERVICE_SECRET"
        f" --idp-token-endpoint {l2.issuer}/idp/token --idp-client-id playground-service"
        " --idp-client-secret-env-var SERVICE_SECRET --subject-token-env-var ID_TOKEN",
    )
    assert "assertion of token" in planted
    search.look_at("l2")
    assert search.finds(planted) == []


@pytest.mark.parametrize("fault", ["token-html", "invalid-grant", "wrong-iss", "wrong-state", "error-description"])
def test_a_login_that_fails_shows_no_secret(search: Search, fault: str) -> None:
    play(search.shell, "l2", fault)
    search.run("%mcp login l2 --consent approve")
    job = search.jobs[-1]
    assert job.state == "failed"
    search.add("the job", repr(job), repr(vars(job)), json.dumps(job.to_json()))
    planted = {
        f"{each} of {step.name}": value for step in job.steps for each, value in step.ask.fields if each in NAMES
    }
    codes = [step.callback.code for step in job.steps if step.callback is not None and step.callback.code]
    planted |= {f"code {number}": code for number, code in enumerate(codes)}
    assert job.link is not None
    planted["the state"] = job.link.arrival._state
    search.look_at("l2")
    assert search.finds(planted) == []


def test_a_callback_through_a_proxy_leaves_no_cookie_and_no_address(search: Search) -> None:
    play(search.shell, "l2")
    search.run("job = %mcp login l2 --no-wait --quiet")
    job = search.shell.ip.user_ns["job"]
    back = redirected(job.url)
    cookie = "cookie-of-jupyter-4f1c9a7e2b"
    with httpx2.Client(trust_env=False) as client:
        headers = {"Cookie": f"_xsrf={cookie}; jupyterhub-session-id={cookie}2", "Authorization": f"token {cookie}3"}
        page = client.get(back, headers=headers)
    search.add("the page", page.text, str(page.headers))
    search.run("job.wait()")
    search.run("job")
    search.look_at("l2")
    planted = secrets_of(job, "l2") | {"the cookie": cookie}
    assert search.finds(planted) == []


def test_the_flow_one_step_at_a_time_shows_placeholders_only(search: Search) -> None:
    play(search.shell, "l2")
    search.run("flow = %mcp oauth l2 --consent approve")
    while not search.shell.value("flow.ended"):
        search.run("view = flow.step()\nview")
        search.add("what its panel is sent", json.dumps(stepper_of(search.shell.ip.user_ns["flow"])))
        search.run("view.request, view.answer, view.to_json(), flow, flow.url if flow.next != 'authorize' else ''")
    search.run("flow.rerun('token', code_verifier=None)")
    for code in (
        "flow",
        "flow.steps",
        "flow.df.to_dict()",
        "flow.to_json()",
        "vars(flow)",
        "flow.outcome",
        "flow.state",
    ):
        search.run(code)
    flow = search.shell.ip.user_ns["flow"]
    steps = flow._stepwise.driver.steps
    planted = {
        f"{each} of {step.name}": value for step in steps for each, value in step.ask.fields if each in NAMES if value
    }
    planted |= {"the code": next(step.callback.code for step in steps if step.callback is not None)}
    document = next(step.answer.document for step in steps if step.name == "token" and step.answer.document)
    planted |= {name: document[name] for name in ("access_token", "refresh_token")}
    assert search.finds(planted) == []
    search.run("flow.close()")


def test_what_a_configuration_holds_is_shown_nowhere(
    search: Search, odd: OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = {
        "a token in a variable": "variable-0a6f4c1be2d94f73",
        "a header in a variable": "header-7be1c05d93aa4e18",
        "a key in the query": "query-c14e9b62fd0844aa",
        "a typed secret": "typed-53f09c8a7e1b4d26",
    }
    monkeypatch.setenv("ODD_TOKEN", planted["a token in a variable"])
    monkeypatch.setenv("ODD_HEADER", planted["a header in a variable"])
    monkeypatch.setattr("getpass.getpass", lambda *_a, **_k: planted["a typed secret"])
    search.run("%mcp secret TYPED")
    key = planted["a key in the query"]
    search.run(f"%mcp add odd '{odd.url}?key={key}' --bearer-token-env-var ODD_TOKEN --env-header X-Api-Key=ODD_HEADER")
    search.run(f"%mcp add typed {odd.url} --header 'X-Api-Key: ${{TYPED}}'")
    sent = [(each.path, each.headers.get("authorization"), each.headers.get("x-api-key")) for each in odd.asked]
    assert (f"/mcp?key={key}", f"Bearer {planted['a token in a variable']}", planted["a header in a variable"]) in sent
    assert ("/mcp", None, planted["a typed secret"]) in sent
    for name in ("odd", "typed"):
        search.look_at(name)
        search.run(f"%mcp login {name} --timeout 1")
    odd.on["*"] = lambda asked: Response(500, json.dumps([asked.path, asked.headers]).encode())
    for name in ("odd", "typed"):
        search.look_at(name)
        search.run(f"%mcp restart {name}")
    odd.on["*"] = lambda asked: Response(401, json.dumps([asked.path, asked.headers]).encode())
    for name in ("odd", "typed"):
        search.run(f"%mcp restart {name}")
        search.look_at(name)
    cells = [code for code, _ in search.seen if key in code]
    search.seen = [(place, text) for place, text in search.seen if place not in cells or key not in place]
    assert search.finds(planted) == []


def test_a_credential_that_a_server_says_again_in_an_error_is_not_repeated(
    search: Search, odd: OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = {"a token in a variable": "again-6c2d07f1b8e94a35"}
    monkeypatch.setenv("ODD_TOKEN", planted["a token in a variable"])
    search.run(f"%mcp add odd {odd.url} --bearer-token-env-var ODD_TOKEN")
    odd.on["tools/call"] = lambda asked: error(
        asked, -32000, f"no {asked.headers['authorization']}", data=asked.headers
    )
    raised: Any = search.run("%mcp call odd.echo").error
    assert "no Bearer <secret-" in str(raised)
    search.run("%mcp call odd.echo --expect-error")
    assert raised.data["authorization"].endswith(planted["a token in a variable"])  # what the server sent is kept
    told = [{"type": "text", "text": "no again-6c2d07f1b8e94a35"}]
    odd.on["tools/call"] = lambda _asked: {"content": told, "isError": True}
    assert "no <secret-" in str(search.run("%mcp call odd.echo --fail").error)
    assert search.finds(planted) == []


GATHER = (
    "steps = [*job.steps, *flow._stepwise.driver.steps, *late.steps]\n"
    "names = ('code', 'state', 'code_verifier')\n"
    "found = [value for step in steps for name, value in step.ask.fields if name in names]\n"
    "found += [step.callback.code for step in steps if step.callback]\n"
    "tokens = servers['l2'].permission.stored().tokens\n"
    "found += [tokens.access_token, tokens.refresh_token, late.link.arrival._state]\n"
    "_ = pathlib.Path('found.json').write_text(json.dumps(found))"
)
"""Writes every secret of these logins where only the test finds it."""
NOTEBOOK = (
    "%load_ext mcp_magics\nfrom mcp_magics import servers\nimport json, pathlib",
    "%mcp playground start l2 --expiry 1h",
    "job = %mcp login l2 --consent approve --no-wait\njob.wait()",
    "job",
    "%mcp login l2",
    "%mcp login l2 --again --consent approve",
    "%mcp call l2.whoami",
    "%mcp auth l2",
    "%mcp list --json",
    "%mcp trace l2",
    "servers['l2']",
    "servers['l2'].permission.stored()",
    "flow = %mcp oauth l2 --consent approve\nflow.run()",
    "flow.df",
    "[step for step in flow.steps]",
    "try:\n    %mcp login l2 --consent deny --again\nexcept Exception as error:\n    print(error, repr(error))",
    "late = %mcp login l2 --again --no-wait --timeout 0.2 --quiet",
    "try:\n    late.wait()\nexcept Exception as error:\n    print(error)",
    GATHER,
    "%mcp logout l2",
    "%mcp playground stop",
)


@pytest.mark.kernel
def test_a_saved_notebook_holds_no_secret_of_a_login(elsewhere: Path) -> None:
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in NOTEBOOK])
    NotebookClient(made, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(elsewhere)}}).execute()
    saved = nbformat.writes(made)
    planted = json.loads((elsewhere / "found.json").read_text())
    assert len(planted) >= 10
    assert [secret for secret in planted if secret in saved or quote(secret, safe="") in saved] == []
    assert "3 tools" in saved
