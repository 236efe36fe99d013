"""Who answers what a server asks: the call itself, a function, a person, nobody; in both protocol eras."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
import threading
from contextlib import nullcontext
from pathlib import Path

import psutil
import pytest
from support import asking_server
from support.commands import playground
from support.until import PATIENCE, until

from mcp_magics.connection.deadlines import Deadlines
from mcp_magics.connection.questions import roots_news
from mcp_magics.connection.questions.handler_call import run_aside
from mcp_magics.connection.questions.inbox import Answer, Inbox, inbox
from mcp_magics.connection.questions.question import MOST_NOTES, Hearing
from mcp_magics.errors import ConnectionFailedError
from mcp_magics.schema import violations
from mcp_magics.wire.message import compact

ASKING = shlex.join([sys.executable, str(Path(asking_server.__file__))])
SIMPLE = "from types import SimpleNamespace as N\n"
NOBODY = "declined: no one here can answer"


@pytest.fixture
def s1(shell, era):
    """A shell with the workbench connected in each era."""
    shell(f"%mcp add s1 --protocol {era} --quiet -- {playground('s1')}")
    return shell


@pytest.fixture
def asking(shell, era):
    """A shell with the server that asks whatever its call says."""
    shell(f"%mcp add srv --protocol {era} --quiet -- {ASKING}")
    shell("from mcp_magics import servers\nsrv = servers['srv']")
    return shell


@pytest.fixture
def one(shell):
    """The same in the era that servers of today speak, for what is the same in both."""
    shell(f"%mcp add srv --protocol legacy --quiet -- {ASKING}")
    shell("from mcp_magics import servers\nsrv = servers['srv']")
    return shell


def ask(shell, method, params, options=""):
    """What the server got for an answer, and the notes beside it."""
    shell.ip.user_ns["asked"] = {"method": method, "params": params}
    result = shell(f"result = %mcp call srv.ask $asked {options}\nresult").result
    return result.data, list(result.notes)


def form(**properties):
    """The params of a form with these fields, all required."""
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"mode": "form", "message": "Please", "requestedSchema": schema}


def named(name):
    """The answer that accepts with this name."""
    return {"action": "accept", "content": {"name": name}}


NAME = form(name={"type": "string", "minLength": 2})
CHAT = {"messages": [{"role": "user", "content": {"type": "text", "text": "Hi"}}], "maxTokens": 9, "systemPrompt": "Be"}


# -- --answer ----------------------------------------------------------------------------------------------------------


def test_answers_are_used_in_order_and_the_last_serves_all_that_follow(asking):
    asking("two = servers['srv'].with_options(answers=[{'name': 'Ada'}, 'decline'])")
    assert ask(asking, "elicitation/create", NAME, """--answer '{"name": "Ada"}'""")[0]["content"] == {"name": "Ada"}
    for action in ("decline", "cancel"):
        assert ask(asking, "elicitation/create", NAME, f"--answer {action}") == ({"action": action}, [])


def test_an_answer_that_breaks_the_form_is_sent_as_it_is_and_a_note_says_so(asking):
    found, notes = ask(asking, "elicitation/create", NAME, """--answer '{"name": "A"}'""")
    assert found == {"action": "accept", "content": {"name": "A"}}
    assert "content.name" in notes[0]


def test_accept_sends_the_defaults_of_the_form(one):
    fields = form(name={"type": "string", "default": "Ada"}, age={"type": "integer"})
    found, notes = ask(one, "elicitation/create", fields, "--answer accept")
    assert found["content"] == {"name": "Ada"}
    assert "age" in notes[0]


def test_an_answer_from_a_file_and_one_that_is_none(one, tmp_path):
    (tmp_path / "answer.json").write_text('{"name": "Ada"}')
    assert ask(one, "elicitation/create", NAME, "--answer @answer.json")[0]["content"] == {"name": "Ada"}
    (tmp_path / "broken.json").write_text('{"name": "Ada"')
    one.fails("%mcp call srv.ask --answer @broken.json", "not_json")
    one.fails("%mcp call srv.ask --answer @nowhere.json", "file_unreadable")


def test_what_json_has_not_is_no_answer(one):
    one.fails("""%mcp call srv.ask --answer '{"name": NaN}'""", "not_json")
    for answers in ("[5]", "[{'name': {1}}]", "[{'age': float('nan')}]"):
        assert "answers[0]" in str(one.run(f"srv.with_options(answers={answers})").error)
    one.ip.user_ns["asked"] = {"method": "elicitation/create", "params": NAME}
    assert one.value("srv.with_options(answers='decline').call('ask', asked).data") == {"action": "decline"}


@pytest.mark.parametrize(
    ("answer", "class_"),
    [
        ("""'{"name": "Ada"'""", "not_json"),
        ("'[1, '", "not_json"),
        ("Accept", "usage"),
        ("cancle", "usage"),
        ("""'"decline"'""", "usage"),
        ("{5}", "usage"),
    ],
)
def test_what_looks_like_an_answer_and_is_none_fails_before_anything_is_sent(shell, answer, class_):
    shell(f"%mcp add srv --quiet --no-connect -- {ASKING}")
    assert "--answer" in shell.fails(f"%mcp call srv.ask --answer {answer}", class_).failure.message
    assert shell.value("from mcp_magics import servers\nservers['srv'].connection.state") == "idle"


def test_python_in_an_answer_is_worked_out_and_in_quotes_it_is_text(asking):
    asking("person = {'name': 'Ada'}\nwho = 'Grace'\nno = 'decline'")
    for answer, content in (("$person", "Ada"), ("{person}", "Ada"), ('{"name": $who}', "Grace")):
        assert ask(asking, "elicitation/create", NAME, f"--answer {answer}")[0] == named(content)
    assert ask(asking, "elicitation/create", NAME, "--answer $no")[0] == {"action": "decline"}
    assert ask(asking, "sampling/createMessage", CHAT, "--answer '$who'")[0]["content"]["text"] == "$who"
    asking.fails("%mcp call srv.ask --answer $nobody", "undefined_name")


def test_a_text_is_no_answer_to_a_form_and_the_call_says_so(asking):
    asking.ip.user_ns["asked"] = {"method": "elicitation/create", "params": NAME}
    error = asking.fails("%mcp call srv.ask $asked --answer nonsense", "usage")
    assert "'nonsense'" in error.failure.message
    assert error.failure.next_step.startswith("""--answer '{"name": "value"}'""")


def test_members_no_field_asks_for_and_texts_of_another_format_are_notes(one):
    fields = form(name={"type": "string"}, email={"type": "string", "format": "email"})
    answer = """--answer '{"name": "Ada", "email": "notmail", "emial": 1}'"""
    (note,) = [each for each in ask(one, "elicitation/create", fields, answer)[1] if "breaks the form" in each]
    assert "content.email is no email" in note
    assert "did you mean 'email'?" in note


def test_an_answer_is_not_said_to_break_a_form_that_cannot_be_used(one):
    far = form(name={"$ref": "http://127.0.0.1:9/name.json"})
    found, notes = ask(one, "elicitation/create", far, """--answer '{"name": "Ada"}'""")
    assert found == named("Ada")
    assert "without being held against the form" in notes[0]


def test_an_answer_is_held_against_its_form_beside_the_loop(one, monkeypatch):
    threads = []
    find = violations.find

    def found(*arguments, **options):
        threads.append(threading.current_thread().name)
        return find(*arguments, **options)

    monkeypatch.setattr(violations, "find", found)
    ask(one, "elicitation/create", NAME, """--answer '{"name": "A"}'""")
    assert "mcp_magics-handler" in threads


def test_an_answer_nothing_asked_for_is_a_note(one):
    assert "1 of 1 answers given beforehand" in one.value("%mcp call srv.heard --answer accept").notes[0]


def test_any_text_is_the_reply_for_a_language_model(asking):
    found, _ = ask(asking, "sampling/createMessage", CHAT, "--answer 'Good day.'")
    assert (found["content"], found["role"]) == ({"type": "text", "text": "Good day."}, "assistant")
    assert found["model"] == "a script"


def test_a_prompt_that_asks_takes_answers_too(asking):
    result = asking.value('%mcp prompt srv.any --answer \'{"who": "Ada"}\'')
    assert json.loads(result.raw["messages"][0]["content"]["text"])["content"] == {"who": "Ada"}


# -- handlers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "def f(message, schema): return {'name': message + '!'}",
            {"action": "accept", "content": {"name": "Please!"}},
        ),
        ("async def f(q): return {'name': q.server}", {"action": "accept", "content": {"name": "srv"}}),
        (
            "def f(context, params): return {'name': params.message}",
            {"action": "accept", "content": {"name": "Please"}},
        ),
        ("def f(**known): return {'name': known['mode']}", {"action": "accept", "content": {"name": "form"}}),
        ("f = lambda requestedSchema: {'action': 'cancel'}", {"action": "cancel"}),
        ("f = lambda q: False", {"action": "decline"}),
        ("f = lambda q: 'cancel'", {"action": "cancel"}),
        ("from mcp_types import ElicitResult\nf = lambda q: ElicitResult(action='decline')", {"action": "decline"}),
    ],
)
def test_a_function_answers_a_form(shell, code, expected):
    shell(f"%mcp add srv --quiet -- {ASKING}")
    shell(code)
    shell("%mcp handle elicitation f")
    assert ask(shell, "elicitation/create", NAME)[0] == expected


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("def f(messages, system_prompt): return messages[0]['content'] + system_prompt", "HiBe"),
        ("async def f(params): return {'type': 'text', 'text': str(params['maxTokens'])}", "9"),
        ("f = lambda q: {'role': 'assistant', 'model': 'm', 'content': [{'type': 'text', 'text': 'x'}]}", "x"),
        (
            "from types import SimpleNamespace as N\nf = lambda messages: N(content='of a library', model='big')",
            "of a library",
        ),
        (f"{SIMPLE}f = lambda messages: N(choices=[N(message=N(content='a choice'))])", "a choice"),
    ],
)
def test_a_function_answers_for_a_language_model(shell, code, text):
    shell(f"%mcp add srv --quiet -- {ASKING}")
    shell(code)
    shell("%mcp handle sampling f")
    assert ask(shell, "sampling/createMessage", CHAT)[0]["content"] == {"type": "text", "text": text}


def test_the_servers_own_handler_comes_first_and_none_leaves_it_to_the_next(asking):
    asking("said = []\ndef own(q):\n    said.append('own')\ndef general(q):\n    return {'name': 'general'}")
    asking("%mcp handle elicitation general\n%mcp handle elicitation own srv")
    assert ask(asking, "elicitation/create", NAME)[0]["content"] == {"name": "general"}
    assert asking.value("said") == ["own"]
    assert ask(asking, "elicitation/create", NAME, "--answer decline")[0] == {"action": "decline"}


def test_a_handler_that_raises_declines_and_the_log_has_its_traceback(one):
    one("def broken(q):\n    raise ValueError('no such luck')")
    one("%mcp handle elicitation broken")
    found, notes = ask(one, "elicitation/create", NAME)
    assert found == {"action": "decline"}
    assert notes == ["the handler broken failed: ValueError: no such luck"]
    logged = one.value("srv.log.tail('client', 10)")
    at = logged.index("handler broken of elicitation failed")
    assert "Traceback" in logged[at + 1]
    assert "in broken" in logged[at + 2]  # no frame of whoever called it
    assert "ValueError: no such luck" in logged[at + 2 :]
    assert "ValueError: no such luck" in one("%mcp log srv").text


def test_a_handler_may_return_numbers_of_numpy_and_dates(asking):
    asking("import datetime, numpy\nname = lambda: {'n': numpy.int64(4), 'on': datetime.date(2026, 1, 2)}")
    asking("%mcp handle elicitation name")
    assert ask(asking, "elicitation/create", form(n={"type": "integer"}))[0]["content"] == {"n": 4, "on": "2026-01-02"}


@pytest.mark.parametrize("returned", ["{1}", "float('nan')", "object()"])
def test_what_a_handler_returns_that_is_no_json_declines_and_names_the_place(asking, returned):
    asking(f"name = lambda: {{'name': {returned}}}\n%mcp handle elicitation name")
    found, notes = ask(asking, "elicitation/create", NAME)
    assert found == {"action": "decline"}
    assert "the handler <lambda> failed: TypeError: content.name" in notes[0]


def test_a_lone_surrogate_travels_as_an_escape():
    assert json.loads(compact(named("\ud800x")).encode()) == named("\ud800x")


def test_a_handler_that_wants_what_nobody_has_says_what_there_is(one):
    one("%mcp handle elicitation {lambda message, schema, nonsense: True}")
    assert "nonsense is none of" in ask(one, "elicitation/create", NAME)[1][0]


def test_handlers_are_listed_and_removed(shell):
    shell(f"%mcp add s1 --quiet --no-connect -- {ASKING}")
    s1 = shell
    s1("def f(q):\n    return True")
    s1("%mcp handle elicitation f s1\n%mcp handle sampling f --capability x")
    table = s1.value("%mcp handle").df
    assert table[["handles", "function", "server"]].values.tolist() == [
        ["elicitation", "f", "s1"],
        ["sampling", "f", "every server"],
    ]
    s1("%mcp handle elicitation --remove")
    assert len(s1.value("from mcp_magics import servers\nservers.handlers")) == 1
    s1.fails("%mcp handle elicitation --remove", "unknown_handler")
    for alone in ("--remove", "--server s1", "--capability x"):
        assert s1.fails(f"%mcp handle {alone}", "usage").failure.next_step.startswith("%mcp handle sampling ")
    s1.fails("%mcp handle elicitation nothing_of_this_name", "undefined_name")
    s1.fails("%mcp handle elicitashun f", "usage")
    s1.fails("%mcp handle elicitation f nowhere", "unknown_server")


def test_only_the_handlers_of_a_capability_are_removed_where_one_is_named(shell):
    shell("def f(q):\n    return True")
    shell("%mcp handle sampling f\n%mcp handle sampling f --capability x\n%mcp handle sampling f --capability y")
    refused = shell.fails("%mcp handle sampling --remove --capability z", "unknown_handler").failure
    assert refused.message == "nothing handles sampling with --capability z"
    shell("%mcp handle sampling --remove --capability x")
    assert shell.value("%mcp handle").df["capability"].tolist() == ["", "y"]
    shell("%mcp handle sampling --remove")
    assert len(shell.value("%mcp handle").df) == 0


def test_a_request_and_a_notification_of_ones_own(one):
    one("heard = []\ndef lookup(params):\n    return {'found': params['key']}")
    one("%mcp handle com.example/lookup lookup\n%mcp handle notifications/com.example/alarm {heard.append}")
    assert ask(one, "com.example/lookup", {"key": 7})[0] == {"found": 7}
    one("%mcp call srv.alarm loud:=true --quiet\n%mcp call srv.heard --quiet")
    one("import time\nlate = time.monotonic() + 5\nwhile not heard and time.monotonic() < late: time.sleep(0.01)")
    assert one.value("heard") == [{"loud": True}]


def test_a_notification_that_came_before_its_handler_was_removed_is_handled(one):
    one("import time\nheard = []\ndef slowly(params):\n    time.sleep(0.2)\n    heard.append(params['loud'])")
    one("%mcp handle notifications/com.example/alarm slowly")
    one("for loud in (1, 2, 3):\n    %mcp call srv.alarm loud:={loud} --quiet")
    one("%mcp ping srv --quiet\n%mcp handle notifications/com.example/alarm --remove")
    one("late = time.monotonic() + 5\nwhile len(heard) < 3 and time.monotonic() < late: time.sleep(0.01)")
    assert one.value("heard") == [1, 2, 3]


def test_a_handler_for_a_capability_is_for_servers_that_declare_it(shell, era):
    shell("met = []\ndef greet(server, settings):\n    met.append((server.name, settings))")
    shell("%mcp handle connected greet --capability com.example/greeting")
    shell(f"%mcp add srv --protocol {era} --quiet -- {ASKING}")
    shell(f"%mcp add s1 --protocol {era} --quiet -- {playground('s1')}")
    shell("import time\nlate = time.monotonic() + 5\nwhile not met and time.monotonic() < late: time.sleep(0.01)")
    assert shell.value("met") == [("srv", {"words": ["hello"]})]


# -- roots -------------------------------------------------------------------------------------------------------------


def test_no_directory_is_opened_unless_one_is_named(s1, tmp_path):
    assert s1.value("%mcp call s1.roots").data == {"roots": []}
    s1("%mcp handle roots ./data 'file:///else/where'")
    uris = [root["uri"] for root in s1.value("%mcp call s1.roots").data["roots"]]
    assert uris == [(tmp_path / "data").as_uri(), "file:///else/where"]
    s1('%mcp handle roots [{"path": "/srv", "name": "the data"}]')
    assert s1.value("%mcp call s1.roots").data == {"roots": [{"uri": "file:///srv", "name": "the data"}]}
    s1("def mine():\n    return '/tmp'")
    s1("%mcp handle roots mine --server s1")
    assert s1.value("%mcp call s1.roots").data == {"roots": [{"uri": "file:///tmp"}]}


def test_a_handshake_server_is_told_that_the_roots_have_changed(shell):
    shell(f"%mcp add srv --protocol legacy --quiet -- {ASKING}")
    shell("%mcp handle roots .")
    assert "notifications/roots/list_changed" in shell.value("%mcp call srv.heard").data["heard"]


def test_a_server_that_asks_for_roots_when_they_change_has_the_new_ones_at_the_next_call(shell, node_server):
    shell(f"%mcp add srv --protocol legacy --quiet -- {shlex.join(node_server('server-everything'))}")
    for name in ("first", "second"):
        shell(f"%mcp handle roots /{name}")
        assert f"file:///{name}" in shell.value("%mcp call srv.get-roots-list").text


def test_a_server_that_does_not_ask_for_changed_roots_is_waited_for_once(s1, monkeypatch):
    waited = []
    monkeypatch.setattr(roots_news, "MOMENT", 0.05)
    monkeypatch.setattr(roots_news.RootsNews, "was_silent", _counting(waited, roots_news.RootsNews.was_silent))
    for place in ("/a", "/b", "/c"):
        s1(f"%mcp handle roots {place}")
        assert place in str(s1.value("%mcp call s1.roots").data)
    assert len(waited) <= 1


def _counting(calls, method):
    def counted(self):
        calls.append(self)
        method(self)

    return counted


def test_the_capabilities_say_what_can_be_answered(asking):
    declared = asking.value("%mcp call srv.declared").data
    assert set(declared["elicitation"]) == {"form", "url"}
    assert {"tools", "context"} <= set(declared["sampling"])
    assert declared["roots"] == {"listChanged": True}


def test_a_root_is_a_file_and_nothing_else_is_registered(shell):
    for root in ("http://example.org/", '[{"uri": "data"}]'):
        error = shell.fails(f"%mcp handle roots {root}", "usage")
        assert "file://" in error.failure.message
    assert len(shell.value("%mcp handle")) == 0


# -- a person ----------------------------------------------------------------------------------------------------------

NUMBERS = {"type": "array", "items": {"anyOf": [{"const": 1, "title": "One"}, {"const": 2, "title": "Two"}]}}
EVERY_KIND = form(
    mail={"type": "string", "format": "email"},
    day={"type": "string", "format": "date"},
    size={"type": "number", "minimum": 0, "exclusiveMaximum": 10},
    one={"type": "string", "oneOf": [{"const": "r", "title": "Red"}, {"const": "g", "title": "Green"}]},
    old={"type": "string", "enum": ["a", "b"], "enumNames": ["Alpha", "Beta"]},
    some={
        "type": "array",
        "items": {"anyOf": [{"const": 1, "title": "One"}, {"const": 2, "title": "Two"}]},
        "minItems": 1,
    },
    yes={"type": "boolean", "default": True},
    word={"type": "string", "default": "as it was"},
)


def test_every_kind_of_field_is_typed_and_held_against_the_schema(one):
    one.type("nobody", "ada@example.com", "2026-02-30", "2026-02-28", "10", "9.5", "2", "Beta", "", "One, 2", "", "")
    found, notes = ask(one, "elicitation/create", EVERY_KIND)
    assert found["content"] == {
        "mail": "ada@example.com",
        "day": "2026-02-28",
        "size": 9.5,
        "one": "g",
        "old": "b",
        "some": [1, 2],
        "yes": True,
        "word": "as it was",
    }
    assert notes == []


def test_an_optional_field_left_empty_is_left_out_and_three_wrong_answers_cancel(one):
    optional = form(name={"type": "string"}, age={"type": "integer"})
    optional["requestedSchema"]["required"] = ["name"]
    one.type("Ada", "")
    assert ask(one, "elicitation/create", optional)[0]["content"] == {"name": "Ada"}
    one.type("Ada", "one", "two", "three")
    assert ask(one, "elicitation/create", optional)[0] == {"action": "cancel"}


def test_a_misspelt_word_of_ours_is_asked_again_and_is_no_answer(one):
    one.type("/declin", "/decline")
    assert ask(one, "elicitation/create", NAME) == ({"action": "decline"}, [])


@pytest.mark.parametrize("schema", [{"type": "object"}, {}])
def test_a_form_without_fields_is_accepted_or_declined(one, schema):
    for typed, action in (("y", "accept"), ("/cancel", "cancel"), ("/decline", "decline")):
        one.type(typed)
        assert ask(one, "elicitation/create", {"message": "Sure?", "requestedSchema": schema})[0]["action"] == action


def test_a_schema_that_refers_to_itself_or_to_the_network_is_a_form_too(one):
    one.type('{"a": 1}', "Ada", "/cancel")
    fields = form(deep={"$ref": "#"}, far={"$ref": "http://127.0.0.1:9/schema.json"})
    assert ask(one, "elicitation/create", fields)[0]["action"] in ("accept", "cancel")
    assert one.value("%mcp call srv.heard").is_error is False


@pytest.mark.parametrize("name", ["password", "apiKey", "card_number"])
def test_a_form_that_asks_for_a_secret_is_declined_unless_a_script_gives_it(one, name):
    one.type("hunter2")
    secret = form(**{name: {"type": "string"}})
    found, notes = ask(one, "elicitation/create", secret)
    assert found == {"action": "decline"}
    assert "is not to be asked for in a form" in notes[0]
    given = json.dumps({name: "x"})
    assert ask(one, "elicitation/create", secret, f"--answer '{given}'")[0]["content"] == {name: "x"}


def test_an_address_is_shown_whole_with_its_host_and_what_is_odd_about_it(one):
    one.type("y")
    url = "https://xn--pple-43d.com/sign?in=1"
    one.ip.user_ns["asked"] = {
        "method": "elicitation/create",
        "params": {"mode": "url", "message": "Sign in", "url": url, "elicitationId": "e"},
    }
    cell = one("result = %mcp call srv.ask $asked")
    assert f"It wants you to open: {url}" in cell.stdout
    assert "on the host: xn--pple-43d.com" in cell.stdout
    assert "may look like another one" in cell.stdout
    assert one.value("result.data") == {"action": "accept"}
    assert "(e) is complete" in one.value("result.notes")[0]


def test_a_sampling_request_is_shown_whole_and_its_reply_typed(asking):
    asking.type("Good day.")
    asking.ip.user_ns["asked"] = {
        "method": "sampling/createMessage",
        "params": {**CHAT, "includeContext": "thisServer", "stopSequences": ["END"]},
    }
    cell = asking("result = %mcp call srv.ask $asked")
    for part in ("system prompt: Be", "user: Hi", "max tokens: 9", 'stop sequences: ["END"]', "thisServer"):
        assert part in cell.stdout
    assert asking.value("result.data")["model"] == "a person"


def test_a_reply_with_tools_may_be_a_content_block(one):
    use = {"type": "tool_use", "id": "1", "name": "t", "input": {}}
    one.type(json.dumps(use))
    tools = [{"name": "t", "inputSchema": {"type": "object"}}]
    found, _ = ask(one, "sampling/createMessage", {**CHAT, "tools": tools})
    assert (found["content"], found["stopReason"]) == (use, "toolUse")


def test_where_nobody_can_answer_it_is_declined_beside_the_result_and_in_the_log(asking):
    found, notes = ask(asking, "elicitation/create", NAME)
    assert found == {"action": "decline"}
    assert NOBODY in notes[0]
    assert any(NOBODY in line for line in asking.value("srv.log.tail('client', 3)"))


def test_a_rejected_sampling_request_says_who_rejected_it_and_never_that_a_person_did(shell):
    shell(f"%mcp add srv --protocol legacy --quiet -- {ASKING}")
    error = ask(shell, "sampling/createMessage", CHAT)[0]["error"]
    assert (error["code"], error["message"]) == (-1, "The sampling request was rejected by the client")
    shell.type("/decline")
    assert "by a person" in ask(shell, "sampling/createMessage", CHAT)[0]["error"]["message"]


def test_an_error_after_a_question_nobody_could_answer_says_so_and_how_to_answer(modern):
    cell = wants(modern, inputRequests={"a": {"method": "sampling/createMessage", "params": CHAT}})
    assert NOBODY in str(cell.error)
    assert cell.error.failure.class_ == "input_refused"
    assert "--answer" in cell.error.failure.next_step
    assert "%mcp handle sampling my_function" in cell.error.failure.next_step


# -- a visit first -----------------------------------------------------------------------------------------------------


def test_a_request_refused_until_an_address_was_visited_is_sent_again_after_consent(shell):
    shell(f"%mcp add srv --protocol legacy --quiet -- {ASKING}")
    shell.type("y")
    cell = shell("result = %mcp call srv.visit url=https://example.org/in")
    assert "https://example.org/in" in cell.stdout
    assert shell.value("result.is_error") is False


def test_without_consent_the_error_names_the_address_and_what_to_do(shell):
    shell(f"%mcp add srv --protocol legacy --quiet -- {ASKING}")
    error = shell.fails("%mcp call srv.visit url=https://example.org/in", "url_elicitation_required")
    assert "https://example.org/in" in error.failure.evidence[0]
    assert error.code == asking_server.URL_REQUIRED


# -- bad servers -------------------------------------------------------------------------------------------------------


def test_a_server_that_asks_while_it_is_being_connected_is_answered_and_neither_hangs_nor_runs_out_of_time(shell, era):
    shell.type("Ada")
    cell = shell(
        f"%mcp add bad --protocol {era} --startup-timeout 20 -- {playground('faulty', '--fault', 'asks-during-list')}"
    )
    assert "connected" in cell.text or "bad" in cell.text
    assert shell.value("%mcp call bad.echo text=hi").text == "hi"


def test_nobody_to_answer_while_connecting_is_a_note_of_the_add(shell):
    cell = shell(f"%mcp add bad --protocol legacy -- {playground('faulty', '--fault', 'asks-during-list')}")
    assert NOBODY in cell.text


def test_a_hundred_questions_at_once_are_all_answered(shell, era):
    shell(f"%mcp add bad --protocol {era} --quiet -- {playground('faulty', '--fault', 'asks-a-hundred')}")
    shell("%mcp handle elicitation {lambda message: {'name': message}}")
    shell("%mcp call bad.echo text=hi --quiet")
    assert shell.value("%mcp call bad.answers").data == {"accept": 100}
    shell("%mcp handle elicitation --remove")
    shell("%mcp call bad.echo text=hi --quiet")
    assert shell.value("%mcp call bad.answers").data == {"accept": 100, "decline": 100}
    assert inbox.standing() == ()


def test_a_question_that_comes_after_its_call_ended_stands_until_it_is_answered(shell):
    shell(f"%mcp add srv --protocol legacy --quiet -- {ASKING}")
    shell("%mcp call srv.late --quiet")
    until(lambda: inbox.standing())
    (question,) = inbox.standing()
    assert (question.server, question.kind, question.message) == ("srv", "elicitation", "Anybody?")
    assert inbox.settle(question.number, Answer("accept", {})) is True
    assert inbox.settle(question.number, Answer("decline")) is False
    until(lambda: '{"action": "accept", "content": {}}' in shell.value("%mcp call srv.heard").data["heard"])


def test_a_standing_question_ends_with_its_connection(shell):
    shell(f"%mcp add srv --protocol legacy --quiet -- {ASKING}")
    told = []
    end = inbox.watch(lambda: told.append(len(inbox.standing())))
    shell("%mcp call srv.late --quiet")
    until(lambda: inbox.standing())
    shell("%mcp disconnect srv")
    assert inbox.standing() == ()
    assert told[-1] == 0
    end()


@pytest.mark.parametrize("ending", ["%mcp disconnect srv", "%mcp remove srv", "%mcp restart srv --quiet"])
def test_a_job_whose_question_stands_ends_with_its_connection_and_nobody_is_asked(asking, monkeypatch, ending):
    monkeypatch.setattr(inbox, "attended", True)
    asking.ip.user_ns["asked"] = {"method": "elicitation/create", "params": NAME}
    asking("%mcp call srv.ask $asked --no-wait -o job")
    until(inbox.standing)
    asking.type("Ada")
    said = asking(ending).text
    assert "Please" not in said
    assert inbox.standing() == ()
    asking.fails("job.wait(20)", "disconnected")


def test_a_server_that_dies_takes_its_questions_with_it(modern, monkeypatch):
    monkeypatch.setattr(inbox, "attended", True)
    modern.ip.user_ns["wanted"] = {"inputRequests": {"a": ELICIT}}
    modern("%mcp call srv.wants $wanted --no-wait -o job")
    until(inbox.standing)
    (server,) = [each for each in psutil.Process().children(recursive=True) if ASKING.split()[-1] in each.cmdline()]
    server.kill()
    assert isinstance(modern.run("job.wait(20)").error, ConnectionFailedError)
    assert inbox.standing() == ()


def test_the_question_of_a_call_that_was_given_up_is_cancelled_with_it(shell):
    shell(f"%mcp add srv --protocol legacy --quiet -- {ASKING}")
    shell.ip.user_ns["fields"] = NAME
    shell("job = %mcp call srv.never $fields --no-wait")
    until(lambda: inbox.standing())
    shell("job.cancel()")
    until(lambda: '{"action": "cancel"}' in shell.value("%mcp call srv.heard").data["heard"])
    assert inbox.standing() == ()


def test_a_question_nobody_can_read_is_refused_and_the_connection_stays(asking, era):
    odd = {"mode": "telepathy", "message": "?"}
    if era == "legacy":
        assert ask(asking, "elicitation/create", odd)[0]["error"]["code"] == -32602
    else:
        asking.ip.user_ns["asked"] = {"method": "elicitation/create", "params": odd}
        asking.fails("%mcp call srv.ask $asked", "protocol_error")
    assert asking.value("%mcp call srv.heard") is not None


@pytest.fixture
def modern(shell):
    """A shell with the server that asks, in the stateless era."""
    shell(f"%mcp add srv --protocol 2026-07-28 --quiet -- {ASKING}")
    shell("from mcp_magics import servers\nsrv = servers['srv']")
    return shell


def wants(shell, options="", **wanted):
    """Call the tool whose first answer is this one, which asks."""
    shell.ip.user_ns["wanted"] = wanted
    return shell.run(f"%mcp call srv.wants $wanted {options}")


ELICIT = {"method": "elicitation/create", "params": NAME}


@pytest.mark.parametrize("other", [{"method": "com.example/other"}, {"method": ["elicitation/create"]}, 5, None])
def test_where_one_question_of_a_round_cannot_be_read_none_is_asked(modern, other):
    modern("heard = []\nhear = lambda message: heard.append(message) or {'name': 'Ada'}\n%mcp handle elicitation hear")
    cell = wants(modern, inputRequests={"a": ELICIT, "b": other})
    assert "cannot read" in str(cell.error)
    assert modern.value("heard") == []


def test_where_one_question_of_a_round_is_refused_the_others_end_with_it(modern):
    modern("%mcp handle sampling {lambda messages: False}\nheld = __import__('threading').Event()")
    modern("%mcp handle elicitation {lambda message: held.wait() and None}")
    cell = wants(modern, inputRequests={"a": ELICIT, "b": {"method": "sampling/createMessage", "params": CHAT}})
    modern("held.set()")
    assert "rejected by a handler" in str(cell.error)
    assert inbox.standing() == ()


def test_questions_that_are_no_object_end_the_call_at_once(modern):
    assert "inputRequests must be an object" in str(wants(modern, inputRequests=[ELICIT]).error)


def test_a_state_that_is_no_text_is_echoed_and_a_result_that_only_asks_is_a_violation(modern):
    cell = wants(modern, requestState={"step": 1})
    assert cell.result.data == {"requestState": {"step": 1}}
    assert "too_many_rounds" in str(wants(modern).error)
    said = list(modern.value("srv.violations.df")["message"])
    assert [text[:16] for text in said] == ["must be a string", "has neither inpu"]


def test_row_24_the_clock_of_a_call_stands_still_while_somebody_answers(shell, era):
    shell("import time\ndef slow(message):\n    time.sleep(1.5)\n    return {'name': message}")
    shell("%mcp handle elicitation slow")
    shell(f"%mcp add srv --protocol {era} --quiet -- {ASKING}")
    assert ask(shell, "elicitation/create", NAME, "--timeout 1") == (named("Please"), [])


def test_row_24_the_limit_of_a_start_up_stands_still_too_and_goes_on_where_it_stood():
    async def started(asked):
        limits = Deadlines()
        async with limits.within(0.3):
            with limits.stopped() if asked else nullcontext():
                await asyncio.sleep(0.5)
            if not asked:
                pytest.fail("it did not run out")
        async with limits.within(0.05):
            await asyncio.Event().wait()
        pytest.fail("it did not go on")

    for asked in (True, False):
        with pytest.raises(TimeoutError):
            asyncio.run(started(asked))


def test_row_24_accept_decline_and_cancel_are_three_answers_and_headless_is_a_fourth_thing(asking):
    for typed, expected in (
        ("Ada", named("Ada")),
        ("/decline", {"action": "decline"}),
        ("/cancel", {"action": "cancel"}),
    ):
        asking.type(typed)
        assert ask(asking, "elicitation/create", NAME) == (expected, [])
    found, notes = ask(asking, "elicitation/create", NAME)
    assert (found, len(notes)) == ({"action": "decline"}, 1)
    assert "user" not in notes[0]


def test_more_questions_than_may_stand_are_declined_with_a_note(monkeypatch):
    monkeypatch.setattr("mcp_magics.connection.questions.inbox.MOST_STANDING", 2)
    mine = Inbox()

    async def asked():
        with mine.hearing("srv") as hearing:
            waiting = [asyncio.ensure_future(mine.ask(mine.question("elicitation", "srv", str(n)))) for n in range(3)]
            answer = await waiting[2]
            first, second = mine.standing()
            assert mine.take("srv") is first
            mine.settle(first.number, Answer("accept", {}))
            assert (await waiting[0]).action == "accept"
            waiting[1].cancel()
            await asyncio.wait(waiting)
            return answer, second, hearing.notes

    answer, second, notes = asyncio.run(asked())
    assert (answer.action, answer.by) == ("decline", "nobody")
    assert "others of srv are open already" in notes[0]
    assert second not in mine.standing()


def test_an_awaiting_handler_ends_though_it_is_cancelled_before_it_awaits():
    entered, gate, ended = (threading.Event() for _ in range(3))

    async def endless():
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    def handler():
        entered.set()
        gate.wait(PATIENCE)
        return endless()

    async def asked():
        asking = asyncio.ensure_future(run_aside(handler))
        await asyncio.to_thread(entered.wait, PATIENCE)
        asking.cancel()
        await asyncio.wait([asking])
        gate.set()

    asyncio.run(asked())
    assert ended.wait(PATIENCE)


def test_what_a_call_is_told_of_its_questions_is_bounded():
    hearing = Hearing("srv")
    for number in range(1000):
        hearing.note(f"note {number}")
    assert hearing.notes[: MOST_NOTES + 1] == (
        *(f"note {number}" for number in range(MOST_NOTES)),
        "900 more notes of its questions are not kept",
    )
