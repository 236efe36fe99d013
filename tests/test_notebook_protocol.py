"""The lesson on the protocol runs from its first cell to its last with nobody at it, and shows what it says."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbclient import NotebookClient
from support.paths import REPOSITORY

PROTOCOL = REPOSITORY / "notebooks" / "protocol.ipynb"
PATIENCE = 300
ASKED = [("→", "tools/call"), ("←", "tools/call"), ("→", "tools/call"), ("←", "tools/call")]
PUSHED = [("→", "tools/call"), ("←", "elicitation/create"), ("→", "elicitation/create"), ("←", "tools/call")]

pytestmark = pytest.mark.kernel


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def plain(output):
    """The plain text of one output."""
    return output.text if output.output_type == "stream" else output.data.get("text/plain", "")


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """What each cell showed when the lesson ran: its text, by the cell's source."""
    notebook = nbformat.read(PROTOCOL, as_version=4)
    place = str(tmp_path_factory.mktemp("lesson"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCP_MAGICS_HOME", place)
        NotebookClient(notebook, timeout=PATIENCE, resources={"metadata": {"path": place}}).execute()
    return {cell.source: "\n".join(map(plain, cell.outputs)) for cell in code_cells(notebook)}


def shown(lesson, *words):
    """The text under the one cell whose source has all ``words``."""
    (text,) = [text for source, text in lesson.items() if all(word in source for word in words)]
    return text


def traffic(text):
    return re.findall(r"([→←])\s+\w+\s+(\w+/\w+)", text)


def test_a_question_is_a_second_call_in_one_era_and_a_request_in_the_other(lesson):
    modern = shown(lesson, "modern_wire.df[columns]")
    assert traffic(modern) == ASKED
    assert '{"inputRequests": ' in modern
    assert traffic(shown(lesson, "old_wire.df[columns]")) == PUSHED


def test_questions_are_answered_by_the_line_by_a_function_and_by_nobody(lesson):
    for era in ("modern", "old"):
        assert '"name": "Ada"' in shown(lesson, f"{era}.ask_texts")
    assert "The form is not as asked" in shown(lesson, "old.ask_numbers")
    declined, cancelled = shown(lesson, "modern.ask_yes_or_no --answer decline").splitlines()
    assert (declined, cancelled) == ('{"action": "decline"}', '{"action": "cancel"}')
    assert '"age": 36' in shown(lesson, "modern.ask_twice")
    assert "declined: no one here can answer" in lesson["%mcp call modern.ask_yes_or_no"]


def test_links_the_model_and_the_roots_are_asked_for_in_both_eras(lesson):
    assert "You have been there." in shown(lesson, "old.link_first")
    assert shown(lesson, "def model").count("I could not agree more") == 2
    assert shown(lesson, "modern.ask_roots").count('"file:///srv/tea"') == 2


def test_log_messages_come_from_the_level_asked_for(lesson):
    assert "level warning" not in shown(lesson, "log = %mcp log old")
    assert '"level":"warning"' in shown(lesson, "%mcp log modern --level warning")


def test_subscribed_resources_and_lists_change(lesson):
    assert "('Two pots of green tea.', 'One pot of black tea.')" in shown(lesson, "modern.write_note")
    assert shown(lesson, "modern.second_tool").count("new tool second_tool") == 2


def test_jobs_and_tasks_end_and_are_given_up(lesson):
    assert "{'steps': 10}" in shown(lesson, "job.wait().data")
    assert shown(lesson, "modern.slow_approval").count("input_required at") == 2
    assert shown(lesson, "given_up, lost").count("cancelled after") == 2


def test_templates_prompts_completions_and_caches(lesson):
    assert "Guido" in shown(lesson, "modern person name=Grace")
    assert '"teas/green/sencha.txt"' in shown(lesson, "files/{+path}")
    assert "Kyoto, Japan" in shown(lesson, "old.plan_trip country=Japan city=Kyoto")
    assert "Greet Ada." in shown(lesson, "modern.greet")
    assert "note: cached" in shown(lesson, "modern protocol://about;")


def test_promises_headers_and_messages_of_its_own(lesson):
    assert "'city' is a required property" in shown(lesson, "old.temperature_broken")
    assert '"mcp-param-region": "eu"' in shown(lesson, "protocol.route")
    assert "Hello, Ada!" in shown(lesson, "x-playground/greet")
    assert "['hello back']" in shown(lesson, "wave --remove")


def test_skills_are_verified_and_an_app_has_words_too(lesson):
    assert "not what its entry promises" in shown(lesson, "sell-tea")
    assert "Then pour." in shown(lesson, "brew-tea")
    assert "rolled" in shown(lesson, "modern.roll_dice")


def test_what_a_bad_server_breaks_is_listed_and_its_good_tool_called(lesson):
    assert "duplicate_name" in shown(lesson, "bad-tools")
    assert "the first answer counts" in shown(lesson, "duplicate-ids")
    assert "answered id" in shown(lesson, "duplicate-ids")
    assert re.search(r"\{'(decline|cancel|error)': 1\}", shown(lesson, 'call("answers")'))


def test_two_eras_and_two_servers_stand_side_by_side(lesson):
    assert "give the same" in shown(lesson, "city=Lima --protocol both")
    assert "clientCapabilities" in shown(lesson, "protocol.metadata").replace("\n", "")
    assert "differ in 3 places" in shown(lesson, "--against l0")


def test_the_lesson_is_saved_with_what_it_showed_and_nothing_of_this_machine():
    saved = nbformat.read(PROTOCOL, as_version=4)
    errors = [cell.source for cell in code_cells(saved) if any(each.output_type == "error" for each in cell.outputs)]
    assert errors == []
    assert len([cell for cell in code_cells(saved) if cell.outputs]) > 50
    for place in ("/work/", "/home/", "/tmp/"):
        assert place not in PROTOCOL.read_text("utf-8")
