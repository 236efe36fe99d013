"""References become values late, and a server gets what it was promised and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_magics.config.childenv import inherited
from mcp_magics.config.document import spec_from_options
from mcp_magics.config.envfile import parse_env
from mcp_magics.config.expand import Environment, expand, expand_http, expand_stdio, is_worth_hiding, lookup
from mcp_magics.config.references import Reference, parse, references
from mcp_magics.config.secrets import MemorySecrets, session_secrets
from mcp_magics.errors import ConfigurationError
from mcp_magics.redact import redactor


@pytest.fixture
def session():
    """The secrets of this session."""
    return session_secrets()


def stdio(**options):
    return spec_from_options("s", **{"command": ["server"], **options})


def http(**options):
    return spec_from_options("h", **{"url": "https://example.com/mcp", **options})


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("plain", ("plain",)),
        ("", ()),
        ("a${X}b", ("a", Reference("X"), "b")),
        ("${A}${B}", (Reference("A"), Reference("B"))),
        ("${env:X}", (Reference("X"),)),
        ("${input:my-id}", (Reference("my-id", kind="input"),)),
        ("${X:-}", (Reference("X", ""),)),
        ("${X:-${Y:-z}}!", (Reference("X", "${Y:-z}"), "!")),
        ('${X:-{"a": {}}}', (Reference("X", '{"a": {}}'),)),
        ("$X ${#x} ${x%y} ${", ("$X ${#x} ${x%y} ${",)),
        ("${X:-unfinished", ("${X:-unfinished",)),
    ],
)
def test_references_are_read(text, pieces):
    assert parse(text) == pieces


@given(st.text(alphabet="${}:-AB env") | st.text())
def test_reading_references_loses_nothing(text):
    pieces = parse(text)
    assert "".join(str(piece) for piece in pieces) == text.replace("${env:", "${") or "env:" in text
    list(references(text))


def test_a_variable_is_looked_for_in_the_environment_then_the_file_then_the_secrets(tmp_path, monkeypatch, session):
    (tmp_path / ".env").write_text("A=file\nB=file\n")
    for name in "ABC":
        session.set(name, "secret")
    monkeypatch.setenv("A", "environment")
    found = lookup(stdio(env_file=".env"))
    assert [found(name) for name in "ABCD"] == ["environment", "file", "secret", None]


def test_an_empty_variable_does_not_hide_a_later_one():
    kept = MemorySecrets()
    kept.set("X", "secret")
    assert Environment("s", variables={"X": ""}, secrets=lambda: kept)("X") == "secret"
    assert Environment("s", variables={"X": ""})("X") == ""


def test_the_secrets_are_not_asked_for_what_the_environment_has():
    def never():
        raise AssertionError

    assert Environment("s", variables={"X": "1"}, secrets=never)("X") == "1"


def test_references_expand_everywhere_and_only_when_asked(monkeypatch):
    spec = stdio(command=["${PROGRAM}", "--to=${WHERE:-here}", "$HOME"], env={"K": "${env:PROGRAM}!"}, cwd="${PLACE}")
    assert spec.transport.env["K"] == "${env:PROGRAM}!"
    monkeypatch.setenv("PROGRAM", "serve")
    monkeypatch.setenv("PLACE", "~/work")
    run = expand_stdio(spec)
    assert (run.command, run.args, run.env["K"]) == ("serve", ("--to=here", "$HOME"), "serve!")
    assert run.cwd == str(Path.home() / "work")


def test_a_missing_variable_is_named_with_its_place_and_the_line_to_type():
    with pytest.raises(ConfigurationError) as caught:
        expand(stdio(env={"KEY": "x${NOT_THERE_AT_ALL}"}))
    failure = caught.value.failure
    assert failure.class_ == "env_missing"
    assert failure.server == "s"
    assert "${NOT_THERE_AT_ALL} in env KEY of MCP server 's' is not set" in failure.message
    assert failure.next_step == "%mcp secret NOT_THERE_AT_ALL"


def test_an_input_of_vs_code_is_looked_up_like_a_variable(session):
    session.set("github-token", "t0ken-of-github")
    spec = http(headers={"Authorization": "Bearer ${input:github-token}"})
    assert expand_http(spec).headers["Authorization"] == "Bearer t0ken-of-github"


def test_variables_of_vs_code_have_their_values(elsewhere):
    assert expand_stdio(stdio(command=["x", "${workspaceFolder}/a", "${userHome}"])).args == (
        f"{elsewhere}/a",
        str(Path.home()),
    )


def test_row_29_the_path_of_the_child_is_the_kernels():
    assert expand_stdio(stdio()).env["PATH"] == os.environ["PATH"]


def test_row_34_an_allow_listed_variable_arrives_and_another_secret_does_not(monkeypatch):
    monkeypatch.setenv("ALLOWED_TOKEN", "allowed-canary")
    monkeypatch.setenv("OTHER_TOKEN", "other-canary")
    monkeypatch.setenv("VIRTUAL_ENV", "/venv")
    env = expand_stdio(stdio(env_vars=["ALLOWED_TOKEN"])).env
    assert env["ALLOWED_TOKEN"] == "allowed-canary"
    assert not {"OTHER_TOKEN", "VIRTUAL_ENV"} & set(env)


def test_env_wins_over_env_vars_over_the_file_over_what_is_inherited(tmp_path, monkeypatch):
    (tmp_path / "e").write_text("TZ=file\nA=file\nB=file\nC=file\n")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("A", "kernel")
    monkeypatch.setenv("B", "kernel")
    env = expand_stdio(stdio(env_file="e", env_vars=["A", "B"], env={"A": "entry"})).env
    assert [env[name] for name in ("A", "B", "C", "TZ")] == ["entry", "kernel", "file", "file"]


def test_a_variable_to_forward_that_is_not_set_is_a_warning():
    run = expand_stdio(stdio(env_vars=["NOT_THERE_AT_ALL"]))
    assert "NOT_THERE_AT_ALL" not in run.env
    assert "NOT_THERE_AT_ALL" in run.warnings[0]


def test_on_windows_names_have_no_case_and_more_of_them_are_inherited():
    kernel = {"Path": "C:\\", "PATHEXT": ".COM", "SystemRoot": "C:\\Windows", "SECRET": "x"}
    assert inherited(kernel, windows=True) == {"Path": "C:\\", "PATHEXT": ".COM", "SystemRoot": "C:\\Windows"}
    assert inherited(kernel, windows=False) == {}


def test_headers_env_headers_and_the_bearer_win_in_that_order(monkeypatch):
    monkeypatch.setenv("X_VALUE", "from-environment")
    monkeypatch.setenv("MY_TOKEN", "t0ken-canary")
    spec = http(
        headers={"authorization": "Basic static", "x-a": "static", "X-B": "static"},
        env_headers={"X-A": "X_VALUE"},
        bearer_token_env_var="MY_TOKEN",
    )
    assert expand_http(spec).headers == {
        "Authorization": "Bearer t0ken-canary",
        "X-A": "from-environment",
        "X-B": "static",
    }


@pytest.mark.parametrize("value", [None, "", "  ", "Bearer ", "bearer"])
def test_a_bearer_variable_that_is_unset_or_empty_is_an_error(monkeypatch, value):
    monkeypatch.delenv("MY_TOKEN", raising=False)
    if value is not None:
        monkeypatch.setenv("MY_TOKEN", value)
    with pytest.raises(ConfigurationError) as caught:
        expand_http(http(bearer_token_env_var="MY_TOKEN"))
    assert caught.value.failure.message == "Environment variable MY_TOKEN for MCP server 'h' is not set"
    assert caught.value.failure.class_ == "env_missing"
    assert caught.value.failure.next_step == "%mcp secret MY_TOKEN"


@pytest.mark.parametrize("value", ["Bearer x-canary", "bearer  x-canary\n", "Bearer Bearer x-canary"])
def test_row_39_a_token_that_brings_its_own_bearer_is_sent_once(monkeypatch, value):
    monkeypatch.setenv("MY_TOKEN", value)
    named = expand_http(http(bearer_token_env_var="MY_TOKEN"))
    written = expand_http(http(headers={"Authorization": "Bearer ${MY_TOKEN}"}))
    for sent in (named, written):
        assert sent.headers["Authorization"] == "Bearer x-canary"
        assert "Bearer" in sent.warnings[0]
        assert "canary" not in sent.warnings[0]


def test_env_headers_that_are_unset_or_blank_are_left_out_with_a_warning(monkeypatch):
    monkeypatch.setenv("BLANK", "  ")
    sent = expand_http(http(env_headers={"X-A": "BLANK", "X-B": "NOT_THERE_AT_ALL"}))
    assert sent.headers == {}
    assert len(sent.warnings) == 2


def test_headers_that_http_does_not_allow_are_left_out_with_a_warning(monkeypatch):
    monkeypatch.setenv("SPLIT", "a\r\nX-Injected: 1")
    sent = expand_http(http(headers={"bad name": "x", "X-Good": "y ", "X-Split": "${SPLIT}"}))
    assert sent.headers == {"X-Good": "y"}
    assert len(sent.warnings) == 2


def test_a_token_with_a_line_end_inside_is_an_error(monkeypatch):
    monkeypatch.setenv("MY_TOKEN", "one\ntwo")
    with pytest.raises(ConfigurationError, match="line end"):
        expand_http(http(bearer_token_env_var="MY_TOKEN"))


def test_the_address_is_checked_again_once_its_references_are_known(monkeypatch):
    monkeypatch.setenv("BASE", "ws://h")
    with pytest.raises(ConfigurationError) as caught:
        expand_http(http(url="${BASE}/mcp"))
    assert caught.value.failure.class_ == "unsupported_transport"


def test_every_secret_that_is_sent_is_known_to_redaction(monkeypatch, session):
    session.set("KEPT", "kept-canary")
    monkeypatch.setenv("SOME_SETTING", "Environment-Canary-1")
    monkeypatch.setenv("MY_TOKEN", "t0ken-canary")
    expand_http(
        http(
            url="https://example.com/mcp?key=Address-Canary-2",
            headers={"X-A": "${KEPT}", "X-Api-Key": "Literal-Canary-3"},
            env_headers={"X-B": "SOME_SETTING"},
            bearer_token_env_var="MY_TOKEN",
        )
    )
    text = "kept-canary Environment-Canary-1 t0ken-canary Address-Canary-2 Literal-Canary-3"
    assert "anary" not in redactor().text(text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOME", "/home/someone"),
        ("DATA_DIR", "somewhere-else"),
        ("MODE", "production"),
        ("X", "short"),
        ("PORT", "8080"),
    ],
)
def test_plain_settings_stay_readable_in_logs(name, value):
    assert not is_worth_hiding(name, value)


@pytest.mark.parametrize(
    ("name", "value"), [("TOKEN", "production"), ("ANYTHING", "a1b2c3d4"), ("DATABASE_URL", "postgres://u:p@h/d")]
)
def test_other_values_do_not(name, value):
    assert is_worth_hiding(name, value)


def test_an_env_file_is_read_as_people_write_it():
    text = (
        "\ufeff".lstrip("\ufeff") + "A=1\nexport B = 'x # y' # note\n# nothing\n\n"
        'C="a\\nb\nc \\"d\\""\r\nD=x#y #z\nE=\nF=a=b\nG="q" \nH=  # note\nA=2'
    )
    assert parse_env(text, "f", "s") == {
        "A": "2",
        "B": "x # y",
        "C": 'a\nb\nc "d"',
        "D": "x#y",
        "E": "",
        "F": "a=b",
        "G": "q",
        "H": "",
    }


@pytest.mark.parametrize("line", ["no equals sign", 'X="unclosed', "X='a'b", "1X=2"])
def test_a_line_that_is_none_of_an_env_file_is_named(line):
    with pytest.raises(ConfigurationError, match=r"f, line 3: expected NAME=value"):
        parse_env(f"A=1\n\n{line}\n", "f", "s")


def test_an_env_file_that_is_not_there_is_named(elsewhere):
    with pytest.raises(ConfigurationError, match="nowhere.env does not exist"):
        expand_stdio(stdio(env_file="${workspaceFolder}/nowhere.env"))
