"""What the notebook does in each scenario, as cells a person would type."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from conformance.logins import LOGINS, log_in_and_call
from conformance.notebook import Notebook

Known = Mapping[str, Any]
Flow = Callable[[Notebook, str, Known], None]


def flow_of(scenario: str) -> Flow:
    """The cells of ``scenario``; raises ``KeyError`` for one nobody has written them for."""
    return FLOWS.get(scenario) or (log_in_and_call if scenario.startswith("auth/") else FLOWS[scenario])


def list_tools(notebook: Notebook, url: str, known: Known) -> None:
    """Connect, and look at the tools."""
    notebook(f"%mcp add conf {url}")
    notebook("%mcp list")
    notebook("%mcp tools conf")


def add_numbers(notebook: Notebook, url: str, known: Known) -> None:
    """Words on the line become what the schema wants: numbers."""
    list_tools(notebook, url, known)
    notebook("%mcp call conf.add_numbers a=5 b=3")


def accept_defaults(notebook: Notebook, url: str, known: Known) -> None:
    """A person presses Enter at each field of the form."""
    list_tools(notebook, url, known)
    notebook.types(*[""] * 5)
    notebook("%mcp call conf.test_client_elicitation_defaults")


def lose_the_stream(notebook: Notebook, url: str, known: Known) -> None:
    """The server hangs up before it answers, and says when to come back."""
    list_tools(notebook, url, known)
    notebook("%mcp call conf.test_reconnection --timeout 20")


def look_at_everything(notebook: Notebook, url: str, known: Known) -> None:
    """Every kind of request whose name goes into a header."""
    list_tools(notebook, url, known)
    for name in _column(notebook, "tools", "tool"):
        notebook(f"%mcp call conf.{name}")
    for uri in _column(notebook, "resources", "uri"):
        notebook(f"%mcp read conf {uri}")
    for name in _column(notebook, "prompts", "name"):
        notebook(f"%mcp prompt conf.{name}")


def replay_calls(notebook: Notebook, url: str, known: Known) -> None:
    """The calls of the context, as JSON bodies."""
    list_tools(notebook, url, known)
    for call in known["toolCalls"]:
        notebook(f"%%mcp_call conf.{call['name']}\n{json.dumps(call['arguments'], ensure_ascii=False)}")


def call_every_usable_tool(notebook: Notebook, url: str, known: Known) -> None:
    """The tools that are listed; what the client dropped is not among them."""
    notebook(f"%mcp add conf {url}")
    for name in _column(notebook, "tools", "tool"):
        notebook(f"%mcp call conf.{name} region=us-west1")


def look_at_a_schema(notebook: Notebook, url: str, known: Known) -> None:
    """Everything that reads an input schema: the card, the example, the notes on arguments."""
    list_tools(notebook, url, known)
    notebook("%mcp tool conf.lookup_user")
    notebook("from mcp_magics import servers; help(servers['conf'].tools.lookup_user)")


def echo_a_schema(notebook: Notebook, url: str, known: Known) -> None:
    """A schema as it was received goes back as an argument."""
    list_tools(notebook, url, known)
    notebook("from mcp_magics import servers")
    notebook("schema = servers['conf'].tools['json_schema_2020_12_tool'].raw['inputSchema']")
    notebook("%mcp call conf.json_schema_echo schema=$schema")


def answer_in_rounds(notebook: Notebook, url: str, known: Known) -> None:
    """Tools that ask back before they answer, and one whose answer does not say that it is complete."""
    list_tools(notebook, url, known)
    notebook.types("y")
    notebook("%mcp call conf.test_mrtr_echo_state --fail")
    notebook("%mcp call conf.test_mrtr_unrelated --fail")
    notebook.types("y")
    notebook("%mcp call conf.test_mrtr_no_state --fail")
    notebook("%mcp call conf.test_mrtr_no_result_type --fail")


def list_skills(notebook: Notebook, url: str, known: Known) -> None:
    """Looking at the list of skills fetches none of their files."""
    notebook(f"%mcp add conf {url}")
    notebook("%mcp skills conf")


def load_a_skill(notebook: Notebook, url: str, known: Known) -> None:
    """What is not as its entry promises is refused, and so is not shown; no other file is read."""
    list_skills(notebook, url, known)
    notebook("%mcp skill conf skill://pdf-processing/SKILL.md --expect-error skill_not_verified")


def _column(notebook: Notebook, verb: str, column: str) -> list[str]:
    """One column of what a verb lists."""
    notebook(f"listing = %mcp {verb} conf")
    values: list[str] = notebook(f"[row['{column}'] for row in listing]")
    return values


FLOWS: Mapping[str, Flow] = {
    "initialize": list_tools,
    "tools_call": add_numbers,
    "elicitation-sep1034-client-defaults": accept_defaults,
    "sse-retry": lose_the_stream,
    "request-metadata": list_tools,
    "http-standard-headers": look_at_everything,
    "http-custom-headers": replay_calls,
    "http-invalid-tool-headers": call_every_usable_tool,
    "json-schema-ref-no-deref": look_at_a_schema,
    "json-schema-2020-12-preservation": echo_a_schema,
    "sep-2322-client-request-state": answer_in_rounds,
    "sep-2640-client-no-prefetch": list_skills,
    "sep-2640-client-verify-digest": load_a_skill,
    "sep-2640-client-verify-size": load_a_skill,
    "sep-2640-client-verify-frontmatter": load_a_skill,
    **LOGINS,
}
"""Scenario → its cells; any other ``auth/…`` logs in with a browser and calls a tool."""
