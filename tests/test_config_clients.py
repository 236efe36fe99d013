"""Any README's snippet goes in, any client's format comes out, and nobody else's file is written."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import pytest

from mcp_magics.config.clients import export, import_sources, specs_from_text, specs_of_source
from mcp_magics.config.document import spec_from_entry, spec_from_options
from mcp_magics.errors import ConfigurationError

EVERYTHING = spec_from_entry(
    "everything", {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-everything"]}
)
INNER = '"everything": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-everything"]}'


@pytest.fixture
def user_home(tmp_path_factory, monkeypatch) -> Path:
    """Someone's home directory, with no client's configuration in it."""
    path = tmp_path_factory.mktemp("someone")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(path))
    for name in ("XDG_CONFIG_HOME", "APPDATA", "CODEX_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    return path


SNIPPETS = {
    "Claude": f'{{"mcpServers": {{{INNER}}}}}',
    "a fence": f'```json\n{{"mcpServers": {{{INNER}}}}}\n```',
    "a fence that is not closed": f'\n~~~\n{{"mcpServers": {{{INNER}}}}}',
    "no outer braces": f'"mcpServers": {{{INNER}}}',
    "the bare entry with its name": INNER,
    "a bare map": f"{{{INNER}}}",
    "a trailing comma": f'{{"mcpServers": {{{INNER},}},}}',
    "comments": f'{{\n// servers\n"mcpServers": {{ /* one */ {INNER} }}}}',
    "left-out members": f'{{ ..., "mcpServers": {{{INNER}, ... }} }}\n...',
    "GitHub Copilot": f'{{"mcpServers": {{{INNER[:-1]}, "tools": ["*"]}}}}}}',
    "Amp": f'"amp.mcpServers": {{{INNER}}}',
    "Augment": (
        '{"augment.advanced": {"mcpServers": [{"name": "everything", "command": "npx", '
        '"args": ["-y", "@modelcontextprotocol/server-everything"]}]}}'
    ),
    "members behind a comment": f'  // the servers\n  "mcp": {{"servers": {{{INNER}}}}}',
    "VS Code": f'{{"servers": {{{INNER}}}}}',
    "VS Code's settings": f'{{"mcp": {{"inputs": [], "servers": {{{INNER}}}}}}}',
    "Zed": f'{{"theme": "x", "context_servers": {{{INNER}}}}}',
    "Zed's nested command": (
        '{"context_servers": {"everything": {"source": "custom", "command": '
        '{"path": "npx", "args": ["-y", "@modelcontextprotocol/server-everything"], "env": null}}}}'
    ),
    "opencode": (
        '{"mcp": {"everything": {"type": "local", '
        '"command": ["npx", "-y", "@modelcontextprotocol/server-everything"], "enabled": true}}}'
    ),
    "Codex": '[mcp_servers.everything]\ncommand = "npx"\nargs = ["-y", "@modelcontextprotocol/server-everything"]\n',
    "Codex among other settings": (
        'model = "x"\n\n[mcp_servers."everything"]\ncommand = "npx"\n'
        'args = ["-y", "@modelcontextprotocol/server-everything"]\n[other]\na = 1\n'
    ),
    "code --add-mcp": (
        '{"name": "everything", "command": "npx", "args": ["-y", "@modelcontextprotocol/server-everything"]}'
    ),
    "a byte order mark": "\ufeff" + f'{{"mcpServers": {{{INNER}}}}}',
}


@pytest.mark.parametrize("text", SNIPPETS.values(), ids=SNIPPETS.keys())
def test_a_readmes_snippet_is_understood(text):
    assert specs_from_text(text) == [EVERYTHING]


def test_one_server_without_a_name_gets_the_one_given():
    [spec] = specs_from_text('{"command": "x"}', name="mine")
    assert spec.name == "mine"
    with pytest.raises(ConfigurationError) as caught:
        specs_from_text('{"command": "x"}')
    assert caught.value.failure.next_step == "%%mcp add NAME"


def test_copilots_list_of_tools_is_the_only_ones_that_may_be_used():
    (spec,) = specs_from_text('{"mcpServers": {"x": {"command": "x", "tools": ["get_issue", "list_issues"]}}}')
    assert spec.enabled_tools == ("get_issue", "list_issues")


def test_servers_come_in_the_order_they_are_written():
    text = '{"mcpServers": {"b": {"command": "x"}, "a": {"url": "https://h"}, "c": {"serverUrl": "https://h"}}}'
    assert [spec.name for spec in specs_from_text(text)] == ["b", "a", "c"]


def test_inputs_of_vs_code_keep_their_default():
    text = """{"inputs": [{"type": "promptString", "id": "tok", "password": true},
                           {"type": "pickString", "id": "region", "default": "eu"}],
               "servers": {"s": {"type": "http", "url": "https://${input:region}.example.com/mcp",
                                 "headers": {"Authorization": "Bearer ${input:tok}"}}}}"""
    [spec] = specs_from_text(text)
    assert spec.transport.url == "https://${input:region:-eu}.example.com/mcp"
    assert spec.transport.headers["Authorization"] == "Bearer ${input:tok}"


def test_numbers_and_nulls_in_an_environment_are_what_vs_code_takes_them_for():
    [spec] = specs_from_text('{"servers": {"s": {"command": "x", "env": {"PORT": 8080, "GONE": null}}}}')
    assert dict(spec.transport.env) == {"PORT": "8080"}


def test_references_of_opencode_become_ours():
    [spec] = specs_from_text('{"mcp": {"s": {"type": "remote", "url": "https://h", "headers": {"A": "{env:KEY}"}}}}')
    assert spec.transport.headers["A"] == "${KEY}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"mcpServers": {\n"a": {"command": 1}}}', "line 2: command: input should be a valid string, not a number"),
        ('```json\n{"mcpServers": {\n"a": {"command": }}}\n```', "line 3, column 18: expected a value"),
        ('{"mcpServers": {"a": {"url": "ws://h"}}}', "unsupported transport"),
        (
            '{"mcpServers": {"a": {"command": "x"},\n"a": {"command": "y"}}}',
            "line 2, column 1: the name 'a' is used twice",
        ),
        (
            '[mcp_servers.a]\n\nurl = "https://h"\nargs = []\nenv = {A = "b"}',
            "line 5: env is not supported for streamable_http",
        ),
        ("[mcp_servers.a]\ncommand = \n", "line 2: Invalid value"),
        ('{"mcpServers": {"a": {"url": "https://h",\n"headers": {"A": "$B"}}}}', "line 2: $B in header A"),
        ("hello: world", "line 1: this is neither JSON nor TOML"),
        ("claude mcp add x -- npx y", "line 1: this is neither JSON nor TOML"),
        ("", "the text ends where a value should be"),
        ("[1]", "a configuration is a JSON object"),
        ("{}", "no MCP server"),
        ('{"mcpServers": {}}', "no MCP server"),
        ('{"mcpServers": {"a": []}}', "must be an object, not an array"),
    ],
)
def test_what_cannot_be_understood_is_named_with_its_line(text, message):
    with pytest.raises(ConfigurationError) as caught:
        specs_from_text(text)
    assert message in caught.value.failure.message
    assert caught.value.failure.next_step


def test_an_error_does_not_show_the_secret_on_its_line():
    with pytest.raises(ConfigurationError) as caught:
        specs_from_text('{"mcpServers": {"a": {"env": {"K": "ghp_canarycanarycanary1234"} "command": 1}}}')
    assert "canary" not in str(caught.value)


# -- on disk -------------------------------------------------------------------------------------------------


def test_configurations_on_this_machine_are_found_and_none_is_written(user_home, elsewhere):
    files = {
        user_home / ".config/Claude/claude_desktop_config.json": '{"mcpServers": {"a": {"command": "x"}}}',
        user_home / ".claude.json": '{"numStartups": 3, "mcpServers": {"b": {"type": "http", "url": "https://h"}}}',
        user_home / ".cursor/mcp.json": '{"mcpServers": {"c": {"command": }}}',
        user_home / ".codex/config.toml": '[mcp_servers.d]\ncommand = "x"\n',
        user_home / ".config/zed/settings.json": '{"theme": "dark", // no servers\n}',
        elsewhere / ".vscode/mcp.json": '{"servers": {"e": {"command": "x"}}} // mine',
        user_home / ".gemini/settings.json": '{"mcpServers": {"f": {"httpUrl": "https://h", "includeTools": ["t"]}}}',
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o444)
    found = {source.client: source for source in import_sources()}
    assert {client: source.names for client, source in found.items()} == {
        "claude-desktop": ("a",),
        "claude-code": ("b",),
        "cursor": (),
        "vscode": ("e",),
        "codex": ("d",),
        "gemini": ("f",),
    }
    assert "mcp.json:1, column 34" in found["cursor"].problem
    assert found["gemini"].specs[0].enabled_tools == ("t",)
    assert {path: path.read_text() for path in files} == files


def test_the_projects_file_of_a_client_comes_before_the_users(user_home, elsewhere):
    for folder, url in ((user_home, "https://user"), (elsewhere, "https://project")):
        (folder / ".cursor").mkdir()
        (folder / ".cursor/mcp.json").write_text(json.dumps({"mcpServers": {"s": {"url": url}}}))
    [spec] = specs_of_source("cursor")
    assert spec.transport.url == "https://project"


def test_a_file_can_be_imported_by_its_path(tmp_path):
    (tmp_path / "servers.json").write_text('{"mcpServers": {"a": {"command": "x"}}}')
    assert [spec.name for spec in specs_of_source(str(tmp_path / "servers.json"))] == ["a"]


def test_a_bare_map_or_a_single_server_in_a_file_can_be_imported_too(tmp_path):
    (tmp_path / "servers.json").write_text('{"a": {"command": "x"}}')
    assert [spec.name for spec in specs_of_source("servers.json")] == ["a"]


def test_claude_codes_servers_of_this_directory_come_before_the_users(user_home, elsewhere):
    settings = {
        "projects": {
            str(elsewhere): {"mcpServers": {"s": {"url": "https://here"}}},
            "/other": {"mcpServers": {"t": {"command": "x"}}},
        },
        "mcpServers": {"s": {"url": "https://user"}, "u": {"command": "x"}},
    }
    (user_home / ".claude.json").write_text(json.dumps(settings))
    assert [(spec.name, getattr(spec.transport, "url", "")) for spec in specs_of_source("claude-code")] == [
        ("s", "https://here"),
        ("u", ""),
    ]


def test_settings_that_have_nothing_to_do_with_servers_are_passed_over(user_home):
    (user_home / ".codex").mkdir()
    (user_home / ".codex/config.toml").write_text('model = "x"\n')
    (user_home / ".claude.json").write_text('{"projects": {}}')
    assert import_sources() == []


def test_a_source_that_is_not_there_names_the_clients(user_home):
    with pytest.raises(ConfigurationError) as caught:
        specs_of_source("cursr")
    assert "cursor" in caught.value.failure.evidence[0]


# -- out -----------------------------------------------------------------------------------------------------

SPECS = [
    spec_from_options(
        "钉钉",
        command=["npx", 'say "hi"\n'],
        env={"GITHUB_TOKEN": "ghp_canarycanarycanary1234", "REGION": "${REGION:-eu}", "SAME": "${SAME}"},
        env_vars=["PASSED_ON"],
    ),
    spec_from_options(
        "remote",
        url="https://h/mcp?key=canary123canary",
        headers={"X-Api-Key": "${API_KEY}", "X-Plain": "plain"},
        env_headers={"X-Env": "SOME_VALUE"},
        bearer_token_env_var="MY_TOKEN",
        startup_timeout=5,
        approval="prompt",
        tool_approvals={"a b": "auto"},
    ),
]


@pytest.mark.parametrize("kind", ["mcpServers", "vscode", "codex"])
def test_an_export_holds_no_secret_and_can_be_read_back(kind):
    text = export(SPECS, kind)
    assert "canary" not in text
    first, second = specs_from_text(text)
    assert first.transport.args == ('say "hi"\n',)
    assert second.transport.url.startswith("https://h/mcp?key=${")
    assert second.startup_timeout == 5
    assert second.tool_approvals == {"a b": "auto"}


def test_an_export_for_mcp_servers_says_everything_in_headers_and_env():
    servers = json.loads(export(SPECS, "mcpServers"))["mcpServers"]
    assert servers["钉钉"]["env"] == {
        "PASSED_ON": "${PASSED_ON}",
        "GITHUB_TOKEN": "${GITHUB_TOKEN}",
        "REGION": "${REGION:-eu}",
        "SAME": "${SAME}",
    }
    assert servers["remote"]["type"] == "http"
    assert servers["remote"]["headers"] == {
        "X-Api-Key": "${API_KEY}",
        "X-Plain": "plain",
        "X-Env": "${SOME_VALUE}",
        "Authorization": "Bearer ${MY_TOKEN}",
    }


def test_an_export_for_vs_code_uses_its_references():
    document = json.loads(export(SPECS, "vscode"))
    assert document["servers"]["remote"]["headers"]["Authorization"] == "Bearer ${env:MY_TOKEN}"
    assert document["servers"]["钉钉"]["env"]["REGION"] == "${input:REGION}"
    [asked] = document["inputs"]
    assert (asked["id"], asked["default"], asked["type"]) == ("REGION", "eu", "promptString")


def test_an_export_for_codex_forwards_variables_by_name():
    tables = tomllib.loads(export(SPECS, "codex"))["mcp_servers"]
    [stdio, http] = tables.values()
    assert set(stdio["env_vars"]) == {"PASSED_ON", "SAME", "GITHUB_TOKEN"}
    assert http["bearer_token_env_var"] == "MY_TOKEN"
    assert http["env_http_headers"] == {"X-Env": "SOME_VALUE", "X-Api-Key": "API_KEY"}
    assert http["http_headers"] == {"X-Plain": "plain"}
    assert all(name.isascii() for name in tables)
    assert "# env: Codex does not expand" in export(SPECS, "codex")


@pytest.mark.parametrize("text", ["\x7f", "\x00\x1f", 'a"b\\c', "ü\u2028", "'''"])
def test_any_text_survives_toml(text):
    spec = spec_from_options("s", command=["x", text])
    assert tomllib.loads(export([spec], "codex"))["mcp_servers"]["s"]["args"] == [text]


def test_an_object_of_this_process_cannot_be_exported():
    app = spec_from_options("mine", object=object())
    with pytest.raises(ConfigurationError) as caught:
        export([app, SPECS[1]], "vscode")
    assert caught.value.failure.next_step == "%mcp export remote"
