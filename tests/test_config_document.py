"""Entries ⇄ specs: Codex's keys with Codex's meaning, and one schema that says the same as the loader."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_magics.config.defaults import startup_timeout, tool_timeout
from mcp_magics.config.document import entry_from_spec, json_schema, spec_from_entry, spec_from_options
from mcp_magics.config.model import OAuthOptions, ObjectTransport, ServerSpec, StdioTransport
from mcp_magics.config.names import ALIAS_BYTES, alias, check_name
from mcp_magics.config.view import transport_json
from mcp_magics.errors import ConfigurationError

SCHEMA_FILE = Path(__file__).parents[1] / "docs" / "mcp-servers.schema.json"


def fits_schema(entry: object, name: str = "s") -> bool:
    validator = jsonschema.Draft202012Validator(json_schema())
    return validator.is_valid({"mcpServers": {name: entry}})


BAD = {
    "both a command and an address": {"command": "x", "url": "https://h"},
    "neither": {"args": ["x"]},
    "bearer_token_env_var for stdio": {"command": "x", "bearer_token_env_var": "T"},
    "headers for stdio": {"command": "x", "headers": {"A": "b"}},
    "oauth_resource for stdio": {"command": "x", "oauth_resource": "https://h"},
    "args for HTTP": {"url": "https://h", "args": ["x"]},
    "env for HTTP": {"url": "https://h", "env": {"A": "b"}},
    "cwd for HTTP": {"url": "https://h", "cwd": "/"},
    "an inline token": {"url": "https://h", "bearer_token": "abc"},
    "a WebSocket": {"url": "ws://h"},
    "no scheme": {"url": "example.com/mcp"},
    "an empty command": {"command": ""},
    "args that are text": {"command": "x", "args": "y"},
    "a number in args": {"command": "x", "args": [1]},
    "a number in env": {"command": "x", "env": {"A": 1}},
    "an equals sign in a variable": {"command": "x", "env": {"A=B": "1"}},
    "a boolean timeout": {"command": "x", "startup_timeout_sec": True},
    "a timeout of nothing": {"command": "x", "tool_timeout_sec": 0},
    "an endless timeout": {"command": "x", "tool_timeout_sec": 1e99},
    "enabled as text": {"command": "x", "enabled": "yes"},
    "an unknown protocol": {"command": "x", "protocol": "2024"},
    "an unknown approval": {"command": "x", "default_tools_approval_mode": "sometimes"},
    "an unknown approval of a tool": {"command": "x", "tools": {"t": {"approval_mode": "sometimes"}}},
    "a tool that is no object": {"command": "x", "tools": {"t": "prompt"}},
    "scopes as text": {"url": "https://h", "scopes": "a b"},
    "a callback port of 0": {"url": "https://h", "oauth": {"callback_port": 0}},
    "type stdio with an address": {"type": "stdio", "url": "https://h"},
    "type http with a command": {"type": "http", "command": "x"},
    "type ws": {"type": "ws", "url": "https://h"},
    "no object": ["x"],
}


@pytest.mark.parametrize("entry", BAD.values(), ids=BAD.keys())
def test_row_14_a_bad_entry_is_refused_by_the_loader_and_by_the_schema(entry):
    with pytest.raises(ConfigurationError) as caught:
        spec_from_entry("s", entry)
    assert caught.value.failure.message
    assert caught.value.failure.next_step
    assert not fits_schema(entry)


GOOD = {
    "stdio": {"command": "npx", "args": ["-y", "x"], "env": {"A": "${B}"}, "env_vars": ["C"], "cwd": "/w"},
    "HTTP": {"type": "http", "url": "https://h/mcp", "headers": {"A": "b"}, "env_http_headers": {"C": "D"}},
    "SSE": {"type": "sse", "url": "http://h/sse"},
    "Codex's HTTP": {
        "url": "https://h/mcp",
        "http_headers": {"A": "b"},
        "bearer_token_env_var": "T",
        "scopes": ["a", "b"],
        "oauth_resource": "https://h",
        "oauth": {"client_id": "i", "callback_port": 8080, "callback_url": "http://127.0.0.1/cb"},
    },
    "everything shared": {
        "command": "x",
        "enabled": False,
        "required": True,
        "supports_parallel_tool_calls": True,
        "startup_timeout_sec": 5,
        "tool_timeout_sec": 7.5,
        "enabled_tools": [],
        "disabled_tools": ["d"],
        "protocol": "legacy",
        "default_tools_approval_mode": "writes",
        "tools": {"t": {"approval_mode": "prompt"}},
        "reload": ["server.py"],
    },
    "nulls": {"command": "x", "args": None, "env": None},
    "a reference for an address": {"url": "${BASE}/mcp"},
}


@pytest.mark.parametrize("entry", GOOD.values(), ids=GOOD.keys())
def test_a_good_entry_is_accepted_by_both_and_survives_the_way_there_and_back(entry):
    spec = spec_from_entry("s", entry)
    assert fits_schema(entry)
    assert fits_schema(entry_from_spec(spec))
    assert spec_from_entry("s", json.loads(json.dumps(entry_from_spec(spec)))) == spec


def test_unknown_keys_are_passed_over_by_the_loader_and_refused_by_the_schema():
    entry = {"command": "x", "autoApprove": ["t"], "description": "…", "oauth_extra": 1}
    assert spec_from_entry("s", entry) == spec_from_entry("s", {"command": "x"})
    assert not fits_schema(entry)


def test_the_committed_schema_is_the_generated_one():
    assert json.loads(SCHEMA_FILE.read_text("utf-8")) == json_schema()
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"command": "x", "bearer_token_env_var": "T"}, "bearer_token_env_var is not supported for stdio"),
        ({"url": "https://h", "env_vars": ["A"]}, "env_vars is not supported for streamable_http"),
        (
            {"command": "x", "url": "https://h"},
            "url is not supported for stdio: 's' has both command and url, keep one",
        ),
        ({"comand": "x"}, "invalid transport: 's' has neither command nor url; is 'comand' meant to be 'command'?"),
        ({"command": "x", "env": {"A": 1}}, "env.A: input should be a valid string, not a number"),
    ],
)
def test_row_42_the_message_names_field_and_transport(entry, message):
    with pytest.raises(ConfigurationError) as caught:
        spec_from_entry("s", entry)
    assert caught.value.failure.message == message


@pytest.mark.parametrize("url", ["ws://h/mcp", "wss://h/mcp", "ftp://h"])
def test_row_12_an_unsupported_transport_names_the_two_supported(url):
    with pytest.raises(ConfigurationError) as caught:
        spec_from_entry("s", {"url": url})
    failure = caught.value.failure
    assert failure.class_ == "unsupported_transport"
    assert "unsupported transport" in failure.message
    assert "stdio" in failure.message and "streamable_http" in failure.message


@pytest.mark.parametrize(
    "entry",
    [
        {"url": "https://h", "headers": {"Authorization": "Bearer $TOKEN"}},
        {"url": "https://h/$TOKEN/mcp"},
        {"command": "x", "env": {"K": "$TOKEN"}},
    ],
)
def test_a_dollar_without_braces_is_an_error_that_says_what_to_write(entry):
    with pytest.raises(ConfigurationError, match=r"write \$\{TOKEN\}"):
        spec_from_entry("s", entry)


def test_a_dollar_in_the_arguments_is_for_a_shell():
    assert (
        spec_from_entry("s", {"command": "sh", "args": ["-c", "echo $! > $FILE"]}).transport.args[1]
        == "echo $! > $FILE"
    )


@pytest.mark.parametrize("password", ["pa$$word", "a$b", "$2b$10$abc", "5$"])
def test_a_dollar_inside_a_password_is_just_that(password):
    assert spec_from_entry("s", {"command": "x", "env": {"P": password}}).transport.env["P"] == password


def test_milliseconds_are_an_alias_and_seconds_win():
    assert spec_from_entry("s", {"command": "x", "startup_timeout_ms": 1500}).startup_timeout == 1.5
    both = {"command": "x", "startup_timeout_ms": 1500, "startup_timeout_sec": 9}
    assert spec_from_entry("s", both).startup_timeout == 9


def test_the_defaults_are_thirty_and_three_hundred_seconds():
    spec = spec_from_entry("s", {"command": "x"})
    assert (startup_timeout(spec), tool_timeout(spec)) == (30, 300)


def test_what_is_said_about_oauth_is_kept():
    spec = spec_from_entry("s", {"url": "https://h", "scopes": [], "oauth": {"clientId": "i", "authServerUrl": "x"}})
    assert spec.oauth == OAuthOptions(scopes=(), client_id="i")


@pytest.mark.parametrize(
    "said",
    [
        {"client_secret_env_var": "SECRET", "token_endpoint_auth_method": "client_secret_post"},
        {"client_metadata_url": "https://h/client.json", "callback_bind": "0.0.0.0"},
        {"grant": "client_credentials", "private_key_file": "key.pem", "signing_algorithm": "ES256"},
        {"grant": "jwt_bearer", "assertion_env_var": "JWT"},
        {
            "grant": "id_jag",
            "idp_token_endpoint": "https://i/token",
            "idp_client_id": "c",
            "subject_token_env_var": "T",
        },
        {"idp_client_secret_env_var": "S", "dpop": True, "assume_pkce": True},
    ],
)
def test_every_word_about_oauth_reaches_the_spec_and_comes_out_again(said):
    spec = spec_from_entry("s", {"url": "https://h", "oauth": said})
    assert spec.oauth == OAuthOptions(**said)
    assert entry_from_spec(spec)["oauth"] == said


@pytest.mark.parametrize("key", ["url", "httpUrl", "serverUrl"])
def test_other_clients_words_for_an_address_are_understood(key):
    assert spec_from_entry("s", {key: "https://h/mcp"}).transport.url == "https://h/mcp"


def test_disabled_is_the_opposite_of_enabled():
    assert not spec_from_entry("s", {"command": "x", "disabled": True}).enabled


def test_options_are_fields_of_the_spec_and_of_its_transport():
    spec = spec_from_options(
        "s",
        command=("npx", Path("a b")),
        env={"A": "b"},
        env_vars=("C",),
        startup_timeout=3,
        approval="auto",
        tool_approvals={"t": "prompt"},
        enabled=None,
    )
    assert spec == ServerSpec(
        "s",
        StdioTransport("npx", ("a b",), {"A": "b"}, ("C",)),
        startup_timeout=3,
        approval="auto",
        tool_approvals={"t": "prompt"},
    )


def test_a_command_given_as_text_is_split_as_a_shell_would():
    spec = spec_from_options("s", command="npx -y 'a b'")
    assert (spec.transport.command, spec.transport.args) == ("npx", ("-y", "a b"))


def test_a_program_whose_path_has_spaces_is_one_word(tmp_path):
    program = tmp_path / "my server"
    program.touch()
    assert spec_from_options("s", command=str(program)).transport.command == str(program)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"command": []},
        {"command": " "},
        {"command": "'open"},
        {"command": "x", "url": "https://h"},
        {"command": "x", "colour": "red"},
        {"object": object(), "command": "x"},
        {"object": object(), "env": {"A": "b"}},
        {"url": "https://h", "startup_timeout": -1},
    ],
)
def test_options_that_do_not_fit_are_refused(options):
    with pytest.raises(ConfigurationError):
        spec_from_options("s", **options)


def test_an_option_that_does_not_exist_suggests_one_that_does():
    with pytest.raises(ConfigurationError, match="did you mean 'tool_timeout'"):
        spec_from_options("s", command="x", tool_timeot=3)


def test_an_object_of_this_process_is_a_server_too_but_no_file_holds_it():
    app = object()
    spec = spec_from_options("s", object=app, tool_timeout=5)
    assert spec.transport == ObjectTransport(app)
    assert spec.tool_timeout == 5
    with pytest.raises(ConfigurationError):
        entry_from_spec(spec)


@pytest.mark.parametrize("name", ["a", "钉钉待办", "my server", "a.b", "x/y", "👩\u200d💻", "a" * 200])
def test_any_readable_name_is_a_name(name):
    assert check_name(name) == name
    assert fits_schema({"command": "x"}, name)


@pytest.mark.parametrize("name", ["", " ", "a\n", "\x1b[31m", "a\u202eb", " a", "a ", "\ud800"])
def test_a_name_nobody_can_read_is_refused(name):
    with pytest.raises(ConfigurationError) as caught:
        spec_from_entry(name, {"command": "x"})
    assert str(caught.value).isprintable() or "\x1b" not in str(caught.value)


@given(st.text(min_size=1), st.sets(st.text(max_size=3), max_size=3))
def test_an_alias_is_short_ascii_and_not_taken(name, taken):
    plain = alias(name, taken)
    assert plain.isascii() and plain.replace("_", "").replace("-", "").isalnum()
    assert 0 < len(plain) <= ALIAS_BYTES
    assert plain not in taken
    assert alias(name, taken) == plain


def test_aliases_tell_names_apart():
    assert alias("everything") == "everything"
    assert alias("my server") == "my_server"
    assert alias("钉钉") != alias("待办")
    assert alias("my server", ["my_server"]) != "my_server"


def test_a_configuration_is_shown_without_its_values():
    stdio = spec_from_entry(
        "s",
        {
            "command": "docker",
            "args": ["run", "--api-key", "abc123def456", "-e", "TOKEN=ghp_abcdefghijklmnop1234", "-y"],
            "env": {"A": "env-canary"},
            "env_vars": ["B"],
        },
    )
    assert transport_json(stdio) == {
        "type": "stdio",
        "command": "docker",
        "args": ["run", "--api-key", "*****", "-e", "TOKEN=*****", "-y"],
        "env": {"A": "*****"},
        "env_vars": ["B"],
        "env_file": None,
        "cwd": None,
    }
    http = spec_from_entry(
        "h", {"url": "https://u:canary@h/mcp?key=canary", "headers": {"A": "canary"}, "bearer_token_env_var": "T"}
    )
    shown = transport_json(http)
    assert "canary" not in json.dumps(shown)
    assert shown["url"] == "https://h/mcp?key=***"
    assert (shown["type"], shown["bearer_token_env_var"]) == ("streamable_http", "T")


@pytest.mark.parametrize("name", ["", "a\n", " a", "a ", "a\u202eb"])
def test_the_schema_refuses_names_the_loader_refuses(name):
    assert not fits_schema({"command": "x"}, name)
