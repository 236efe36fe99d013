"""A secret that a server repeats: the result keeps it, no output shows it."""

from __future__ import annotations

import json
import secrets
import sys
from dataclasses import replace

import pytest
from support.answers import call, reply, text
from support.shell import Shell

from mcp_magics.redact import redactor
from mcp_magics.results.comparison import Comparison
from mcp_magics.results.content import PromptResult, RawResult, ReadResult
from mcp_magics.results.side import Side

ECHO = """
import os
from mcp.server.mcpserver import MCPServer
server = MCPServer("echo")

@server.tool()
def environment(name: str) -> dict[str, str]:
    return {name: os.environ[name]}

server.run()
"""


@pytest.fixture
def secret() -> str:
    made = f"tok/{secrets.token_hex(12)}+a<b&c"
    redactor().register(made, "API_TOKEN")
    return made


def outputs(answer) -> str:
    """All that a notebook would keep of it."""
    return "\n".join([repr(answer), json.dumps(answer._repr_mimebundle_()), json.dumps(answer.display_parts())])


def told(secret: str) -> list:
    """Answers of every kind that repeat it."""
    message = {"role": "user", "content": text(f"it is {secret}")}
    rows = [{"name": f"n{n}", "value": secret} for n in range(60)]
    return [
        call(text(f"it is {secret}, yes")),
        call(text(json.dumps({"token": secret}))),
        call(text(f"failed with {secret}"), isError=True),
        call(structuredContent={"rows": rows}),
        call({"type": "resource_link", "uri": "https://example.com/", "name": secret}),
        ReadResult(reply({"contents": [{"uri": "a:b", "text": secret, "mimeType": "text/markdown"}]}), "s", "a:b"),
        PromptResult(reply({"messages": [message]}), "s", "p"),
        RawResult(reply({"deep": [{"er": [secret]}]}), "s", "x/y"),
    ]


@pytest.mark.parametrize("number", range(8))
def test_no_output_shows_it_and_the_result_keeps_it(secret: str, number: int) -> None:
    answer = told(secret)[number]
    shown = outputs(answer)
    assert secret not in shown
    assert json.dumps(secret)[1:-1] not in shown
    assert secret.replace("<", "&lt;") not in shown
    assert "it repeats a secret" in shown
    assert secret in json.dumps(answer.raw)
    assert secret in json.dumps(json.loads(answer.raw_text))
    assert secret in json.dumps(answer.to_json())


@pytest.mark.parametrize("written", [r"\/", r"\u002B", r"\u003c", r"\u003C"])
def test_it_is_found_as_other_languages_write_it(secret: str, written: str) -> None:
    char = json.loads(f'"{written}"')
    found = json.dumps({"result": {"content": [text(f"it is {secret}")]}})
    if written.startswith(r"\u00"):  # .NET and Go escape all of them alike
        upper = written in (r"\u002B", r"\u003C")
        for each in "<>&+" if upper else "<>&":
            code = f"{ord(each):04X}" if upper else f"{ord(each):04x}"
            found = found.replace(each, f"\\u{code}")
    else:
        found = found.replace(char, written)
    answer = call(text("x"))
    answer = answer.retold(replace(answer.reply, frame=found.encode(), message=None))
    assert answer.text == f"it is {secret}"
    assert secret not in outputs(answer)
    assert "it repeats a secret" in outputs(answer)


def test_an_answer_of_a_server_of_this_kernel_has_no_bytes_and_is_no_different(secret: str) -> None:
    answer = call(text(secret))
    answer = answer.retold(replace(answer.reply, frame=b""))
    assert secret not in outputs(answer)
    assert answer.text == secret


def test_an_answer_without_one_is_shown_as_it_is(secret: str) -> None:
    shown = outputs(call(text("nothing of the kind: <secret-1>, API_TOKEN")))
    assert "it repeats a secret" not in shown


def test_nothing_is_called_a_violation_for_the_placeholder(secret: str) -> None:
    schema = {"type": "object", "properties": {"t": {"type": "string", "pattern": "^tok/"}}}
    answer = call(text("x"), structuredContent={"t": secret}, schema=schema)
    assert "violates" not in outputs(answer)
    wrong = call(
        text("x"), structuredContent={"t": secret}, schema={"type": "object", "properties": {"t": {"const": 1}}}
    )
    assert "violates" in outputs(wrong)
    assert secret not in outputs(wrong)


def test_a_comparison_shows_where_two_differ_and_not_the_secret(secret: str) -> None:
    compared = Comparison("t", Side("a", call(text(f"a {secret}"))), Side("b", call(text(f"b {secret}"))))
    assert secret not in outputs(compared)
    assert "content[0].text" in outputs(compared)
    assert secret in json.dumps(compared.to_json())


def test_a_tool_that_prints_its_environment(shell: Shell, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = tmp_path / "echo.py"
    server.write_text(ECHO)
    made = f"s3cr3t-{secrets.token_hex(8)}"
    monkeypatch.setenv("API_TOKEN", made)
    shell(f"%mcp add echo --env-var API_TOKEN -- {sys.executable} {server}")
    cell = shell("%mcp call echo.environment name=API_TOKEN -o kept")
    assert made not in json.dumps(cell.outputs, default=str) + cell.stdout
    assert shell("kept.data").result == {"API_TOKEN": made}
    assert json.loads(shell("%mcp call echo.environment name=API_TOKEN --json").stdout)["structuredContent"] == {
        "API_TOKEN": made
    }
