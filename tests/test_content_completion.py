"""Completion by the server: asked for on a line, in Python, and by Tab, which never waits long and never connects."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from IPython.core.completer import CompletionContext
from support.commands import content, faulty

from mcp_magics.magics import completion, server_values


@pytest.fixture
def completing(shell, era):
    shell("from mcp_magics import servers")
    shell(f"%mcp add c --protocol {era} -- {content()}")
    return shell


@pytest.fixture(autouse=True)
def nothing_kept():
    server_values._kept.clear()


def tab(text):
    """What Tab offers at the end of ``text``, as the whole text it would become."""
    lines = text.split("\n")
    context = CompletionContext(
        token="", full_text=text, cursor_position=len(lines[-1]), cursor_line=len(lines) - 1, limit=None
    )
    found = completion.mcp_matcher(context)
    assert text.endswith(found["matched_fragment"])
    return [text.removesuffix(found["matched_fragment"]) + each.text for each in found["completions"]]


def asked(shell):
    seen = shell.value("servers['c'].request('x/seen')")["seen"]
    return [each["params"] for each in seen if each["method"] == "completion/complete"]


def test_what_the_server_suggests_is_a_sequence_and_a_table(completing):
    found = completing("%mcp complete c.trip city Pa country=France").result
    assert list(found) == ["Paris", "Pau"]
    assert list(found.df["value"]) == ["Paris", "Pau"]
    assert found.to_json()["values"] == ["Paris", "Pau"]
    asking = asked(completing)[-1]
    assert asking["ref"] == {"type": "ref/prompt", "name": "trip"}
    assert asking["context"] == {"arguments": {"country": "France"}}


def test_that_there_is_more_is_said_with_the_total(completing):
    cell = completing("%mcp complete c 'db://{table}{?where*,limit}' table t")
    assert "100 suggestions of 250; the server has more" in cell.text
    assert (cell.result.total, cell.result.has_more, len(cell.result)) == (250, True, 100)
    assert asked(completing)[-1]["ref"] == {"type": "ref/resource", "uri": "db://{table}{?where*,limit}"}
    completing("%mcp complete c rows table t")
    assert asked(completing)[-1]["ref"] == asked(completing)[-2]["ref"]


def test_an_unknown_argument_or_prompt_names_the_near_one(completing):
    completing("%mcp prompts c")
    error = completing.fails("%mcp complete c.trip contry", "unknown_argument")
    assert error.failure.next_step == "%mcp complete c.trip country"
    error = completing.fails("%mcp complete c 'file:///{path}' pat", "unknown_argument")
    assert error.failure.next_step == '%mcp complete c "file:///{path}" path'
    completing("%mcp templates c")
    assert "rows" in completing.fails("%mcp complete c row table", "not_listed").failure.next_step
    completing.fails("%mcp complete c", "usage")


def test_what_the_server_does_not_list_is_said_where_it_suggests_nothing_or_refuses(completing):
    error = completing.fails("%mcp complete c.tripp city K", "not_listed")
    assert "c lists no prompt 'tripp'" in str(error)
    assert error.failure.next_step == "%mcp complete c.trip city"
    error = completing.fails("%mcp complete c.rows city K", "not_listed")
    assert error.failure.next_step == "%mcp complete c rows city"
    error = completing.fails("%mcp complete c 'db://nope/{city}' city K", "not_listed")
    assert "c lists no template 'db://nope/{city}'" in str(error)


def test_python_asks_the_same(completing):
    assert completing.value("servers['c'].complete('trip', 'city', 'L', country='France').values") == ("Lyon",)
    assert len(completing.value("await servers['c'].acomplete('file:///{path}', 'path', 'a')")) == 100


def test_dry_run_shows_the_request_and_sends_none(completing):
    text = completing("%mcp complete c.trip city P country=France --dry-run").text
    assert '"argument":{"name":"city","value":"P"}' in text.replace(" ", "")
    assert asked(completing) == []


def test_tab_asks_for_the_value_of_a_prompts_argument(completing):
    completing("%mcp prompts c")
    assert tab("%mcp prompt c.trip city=") == ["%mcp prompt c.trip city=Oslo", '%mcp prompt c.trip city="New York"']
    assert tab("%mcp prompt c.trip country=France city=Pa") == [
        f"%mcp prompt c.trip country=France city={city}" for city in ("Paris", "Pau")
    ]
    assert tab('%mcp complete c.trip country=France city "P')[0].endswith("Paris")


def test_tab_asks_in_a_body_too(completing):
    completing("%mcp prompts c")
    head = "%%mcp prompt c.trip\n"
    assert tab(f"{head}country: France\ncity: Pa") == [
        f"{head}country: France\ncity: {city}" for city in ("Paris", "Pau")
    ]
    assert tab(f'{head}{{"country": "France", "city": "L')[-1] == f'{head}{{"country": "France", "city": "Lyon"'


def test_tab_asks_for_a_templates_variable_by_its_text_or_name(completing):
    completing("%mcp templates c")
    assert tab("%mcp read c 'file:///{path}' path=a")[1] == "%mcp read c 'file:///{path}' path=a1"
    assert tab("%mcp read c rows table=t")[0] == "%mcp read c rows table=t0"
    assert asked(completing)[-1]["ref"]["uri"] == "db://{table}{?where*,limit}"
    assert tab("%mcp read c rows ") == [f"%mcp read c rows {each}=" for each in ("table", "where", "limit")]


def test_tab_offers_the_addresses_and_templates_that_were_listed(completing):
    completing("%mcp resources c")
    completing("%mcp templates c")
    assert tab("%mcp read c a://b") == ["%mcp read c a://b"]
    assert tab("%mcp read c 'fi") == ["%mcp read c 'file:///{path}'", "%mcp read c file"]
    completing("%mcp skills c")
    assert "%mcp skill c skill://git-workflow/SKILL.md" in tab("%mcp skill c skill://g")


def test_the_same_question_is_asked_once(completing):
    completing("%mcp prompts c")
    assert tab("%mcp prompt c.trip city=O") == tab("%mcp prompt c.trip city=O") != []
    assert len(asked(completing)) == 1


def test_tab_connects_nowhere_and_asks_no_server_that_completes_nothing(shell):
    shell("from mcp_magics import servers")
    shell(f"%mcp add idle --no-connect -- {content()}")
    shell(f"%mcp add plain -- {faulty()}")
    assert tab("%mcp read idle 'file:///{path}' path=a") == []
    assert tab("%mcp read plain 'file:///{path}' path=a") == []
    assert shell.value("servers['idle'].connection.state") == "idle"


def test_a_slow_or_failing_server_is_given_up_without_a_word(completing, monkeypatch):
    completing("%mcp prompts c")
    with monkeypatch.context() as patched:
        patched.setattr(server_values, "AT_MOST", 0.0)
        assert tab("%mcp prompt c.trip city=slow") == []
    assert tab("%mcp prompt c.trip country=nowhere city=") == []
    assert len(completing("%mcp prompts c").result) == 1


@pytest.mark.parametrize("end", ["\n", "\r", "\x0b", "\x85", "\u2028", "\u2029"])
def test_no_name_that_a_server_chose_goes_on_in_a_line_of_its_own(shell, monkeypatch, end):
    evil = f"a{end}print(1)#"
    tools = {
        "evil": SimpleNamespace(input_schema={"properties": {evil: {}, "good": {"enum": [evil, "fine"]}}}),
        evil: 0,
    }
    known = {"resources": [{"uri": f"a://b{end}print(1)"}]}
    connection = SimpleNamespace(catalog=SimpleNamespace(tools=tools), known=known)
    monkeypatch.setattr(completion, "_servers", lambda: Named(c=connection))
    assert tab("%mcp call c.") == ["%mcp call c.evil"]
    assert tab("%mcp call c.evil ") == ["%mcp call c.evil good="]
    assert all(each.isprintable() for each in tab("%mcp call c.evil good="))
    assert tab("%mcp read c a") == []


def test_no_argument_that_a_server_named_is_an_expression(shell, monkeypatch):
    names = ["a={print(1)} b", "python: print(1) #", "python", "good"]
    tools = {"evil": SimpleNamespace(input_schema={"properties": dict.fromkeys(names, {})})}
    connection = SimpleNamespace(catalog=SimpleNamespace(tools=tools), known={})
    monkeypatch.setattr(completion, "_servers", lambda: Named(c=connection))
    assert tab("%mcp call c.evil ") == ["%mcp call c.evil python=", "%mcp call c.evil good="]
    assert not [each for each in tab("%%mcp_call c.evil\n") if each.startswith("%%mcp_call c.evil\npython")]


class Named(dict):
    """Servers as completion sees them."""

    def live(self, name):
        return SimpleNamespace(connection=self[name])
