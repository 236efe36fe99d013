"""Tab in ``%mcp`` lines and bodies: what is offered, what it replaces, and that asking costs nothing."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from unittest import mock

import pytest
from IPython.core.completer import CompletionContext, provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from support.notebook import S1, done, with_s1

from mcp_magics.connection.jobs import register
from mcp_magics.connection.questions import inbox
from mcp_magics.connection.subscriptions import log_level
from mcp_magics.magics import completion
from mcp_magics.magics.suggestions import suggestions
from mcp_magics.magics.verbs import VERBS
from mcp_magics.magics.verbs.common import LEVELS

SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "colour": {"enum": ["red", "dark red", "no"]},
        "level": {"anyOf": [{"$ref": "#/$defs/level"}, {"type": "null"}]},
        "urgent": {"type": "boolean"},
        "größe": {"enum": [1, 2.5, None, "true"]},
        "loop": {"$ref": "#/properties/loop"},
        "order": {"type": "object", "properties": {"inner": {"type": "string"}}},
    },
    "$defs": {"level": {"enum": ["low", "high"]}},
}
PROMPTS = [{"name": "greet", "arguments": [{"name": "who"}, {"name": "how"}]}]


class Known(dict):
    """Servers as completion sees them; anything but reading what is cached would fail."""

    def __init__(self, **servers):
        super().__init__({name.replace("__", "."): tools for name, tools in servers.items()})

    def live(self, name):
        tools = {tool: SimpleNamespace(input_schema=SCHEMA) for tool in self[name]}
        known = {"prompts": PROMPTS, "resources": [{"uri": "a://b"}]}
        return SimpleNamespace(connection=SimpleNamespace(catalog=SimpleNamespace(tools=tools), known=known))


SERVERS = Known(weather=["now", "get-sum", "a.b", "two words", "天気"], wetter__de=["now"], 天気=["get"])
SERVERS["my server"] = ["now"]


def offered(text, servers=SERVERS):
    """What is offered at the end of ``text``, as the whole text it would become."""
    found = suggestions(text, servers)
    assert text.endswith(found.fragment)
    return [text.removesuffix(found.fragment) + word for word in found.words] if found.words else []


def listed(*jobs):
    """These are the jobs there are."""
    return mock.patch.object(register, "jobs", jobs)


def asked(*questions):
    """These are the questions that are open."""
    return mock.patch.object(inbox, "inbox", SimpleNamespace(standing=lambda: questions))


def words(text, servers=SERVERS):
    """The words that are offered."""
    return list(suggestions(text, servers).words)


@pytest.mark.parametrize(
    "before", ["%mcp ", "x = %mcp ", "    %mcp ", "a = 1\n%mcp ", "%%mcp ", "for i in x:\n    y = %mcp "]
)
def test_a_verb_is_completed_wherever_a_line_may_stand(before):
    assert words(before) == list(VERBS)
    assert offered(f"{before}ca") == [f"{before}call"]


@pytest.mark.parametrize(
    "text", ["%mc", "%mcp", "mcp ca", "%mcp call weather.now\nprint(", "print('%mcpx ')", "%mcp nonsense ", ""]
)
def test_nothing_is_offered_where_it_is_none_of_ours(text):
    assert words(text) == []


def test_options_of_the_verb_once_each_unless_they_repeat():
    assert "--max-time" in words("%mcp call weather.now --")
    assert offered("%mcp call weather.now --dry") == ["%mcp call weather.now --dry-run"]
    assert "--out" not in words("%mcp call weather.now -o x --")
    assert "--env" in words("%mcp add x --env A=1 --")
    assert words("%mcp add x -- npx --") == []


def test_the_choices_of_an_option_and_of_a_word():
    assert words("%mcp add x --protocol ") == ["auto", "2026-07-28", "legacy"]
    assert offered("%mcp add x --protocol=le") == ["%mcp add x --protocol=legacy"]
    assert words("%mcp playground st") == ["start", "stop"]
    assert words("%mcp help ca") == ["call"]
    assert words("%mcp request weather tools/") == ["tools/list", "tools/call"]


def test_the_servers_of_the_playground_each_once_and_to_stop_only_what_there_is():
    assert words("%mcp playground start ")[:3] == ["shop", "s1", "protocol"]
    assert words("%mcp playground start l1 l") == ["l0", "l2", "l3", "l4"]
    assert words("%mcp playground stop ") == []
    assert words("%mcp playground stop ", Known(shop=[], weather=[])) == ["shop"]
    assert words("%mcp playground list ") == []


def test_the_faults_that_the_named_servers_of_the_playground_can_have():
    assert words("%mcp playground start l2 --fault dp") == ["dpop", "dpop-nonce"]
    assert words("%mcp playground start l1 l2 --fault dp") == []
    assert offered("%mcp playground start --fault=close") == ["%mcp playground start --fault=close-mid-call"]
    assert "wrong-iss" in words("%mcp playground start --fault ")
    assert "none" not in words("%mcp playground start --fault ")
    assert words("%mcp playground start shop --fault ") == []


def test_an_optional_value_does_not_hide_what_follows():
    assert "city=" in words("%mcp call weather.now --expect-error ")


def test_servers_and_their_quoted_and_unicode_names():
    assert words("%mcp tools ") == ["weather", "wetter.de", "天気", '"my server"']
    assert offered('%mcp tools "my') == ['%mcp tools "my server"']
    assert offered("%mcp disconnect weather 天") == ["%mcp disconnect weather 天気"]


def test_tools_after_the_dot_as_they_are_written():
    assert offered("%mcp call we") == ["%mcp call weather.", "%mcp call wetter.de."]
    assert offered("x = %mcp call weather.") == [
        f"x = %mcp call weather.{tool}" for tool in ("now", "get-sum", "a.b", '"two words"', "天気")
    ]
    assert offered("%mcp_call wetter.de.") == ["%mcp_call wetter.de.now"]
    assert offered('%mcp call "my server".n') == ['%mcp call "my server".now']
    assert offered('%mcp call weather."two') == ['%mcp call weather."two words"']
    assert offered("%%mcp_call -o x 天気.") == ["%%mcp_call -o x 天気.get"]


def test_prompts_resources_and_their_arguments():
    assert words("%mcp prompt weather.") == ["weather.greet"]
    assert words("%mcp prompt weather.greet ") == ["who=", "how="]
    assert words("%mcp complete weather.greet h") == ["how"]
    assert words("%mcp read weather ") == ["a://b"]


def test_argument_names_then_the_values_the_schema_lists():
    names = ["city=", "colour=", "level=", "urgent=", "größe=", "loop=", "order="]
    assert words("%mcp call weather.now ") == names
    assert words("%mcp call weather.now colour=red ") == [name for name in names if name != "colour="]
    assert offered("%mcp call weather.now --quiet co") == ["%mcp call weather.now --quiet colour="]
    assert words("%mcp call weather.now colour=") == ["red", '"dark red"', "no"]
    assert words("%mcp call weather.now level=") == ["low", "high"]
    assert offered("%mcp call weather.now urgent:=t") == ["%mcp call weather.now urgent:=true"]
    assert words('%mcp call "my server".now colour="da') == ['"dark red"']
    assert words("%mcp call weather.now loop=") == []


@pytest.mark.parametrize(
    "head", ["%%mcp_call weather.now\n", "%%mcp call -o x weather.now --quiet\n", "\n%%mcp_call weather.now\n"]
)
def test_a_yaml_body(head):
    assert offered(f"{head}ci") == [f"{head}city: "]
    assert "city: " not in words(f"{head}city: x\n")
    assert words(f"{head}city: x\ncolour: ") == ["red", '"dark red"', "no"]
    assert words(f"{head}größe: ") == ["1", "2.5", "null", '"true"']
    assert words(f"{head}urgent: f") == ["false"]
    assert words(f"{head}order:\n  ") == []


@pytest.mark.parametrize("head", ["%%mcp_call weather.now\n", "%%mcp call weather.now -o x\n"])
def test_a_json_body(head):
    assert '"city": ' in words(f"{head}{{")
    assert offered(f'{head}{{"ci') == [f'{head}{{"city": ']
    assert '"city": ' not in words(f'{head}{{"city": "x", ')
    assert words(f'{head}{{"colour": ') == ['"red"', '"dark red"', '"no"']
    assert offered(f'{head}{{"city": "a,b: {{", "colour": "da') == [f'{head}{{"city": "a,b: {{", "colour": "dark red"']
    assert words(f'{head}{{\n  "urgent": t') == ["true"]
    assert words(f'{head}{{"order": {{') == []
    assert words(f'{head}{{"city": "x"') == []
    assert words(f'{head}{{"city"') == []
    assert '"colour": ' in words(f'{head}{{"order": {{"inner": "}}"}}, ')


@pytest.mark.parametrize("servers", [SERVERS, None, Known()], ids=["some", "nobody asked", "none"])
def test_tab_raises_behind_no_verb_no_word_and_no_option(servers):
    for name, verb in VERBS.items():
        for given in ("", "weather ", "weather.now ", "weather a ", "a b c d ", '"', "weather.now a=1 "):
            words(f"%mcp {name} {given}", servers)
            words(f"%%mcp {name} {given}\n", servers)
        for spelling in verb.spellings:
            words(f"%mcp {name} {spelling} ", servers)
            words(f"%mcp {name} {spelling}=", servers)


def test_what_may_be_done_to_a_job_and_to_which():
    settled = SimpleNamespace(number=1, done=True)
    running = SimpleNamespace(number=2, done=False)
    with listed(running, settled), asked(SimpleNamespace(number=7)):
        assert words("%mcp jobs ")[:6] == ["cancel", "answer", "decline", "dismiss", "2", "1"]
        assert "weather" in words("%mcp jobs ")
        assert words("%mcp jobs cancel ") == ["2"]
        assert words("%mcp jobs answer ") == words("%mcp jobs dismiss ") == ["7"]
        assert words("%mcp jobs answer 7 ") == ["accept", "decline", "cancel"]
        assert words("%mcp jobs weather ") == []


def test_what_a_function_may_handle_and_for_which_server():
    assert words("%mcp handle ")[:4] == ["elicitation", "sampling", "roots", "connected"]
    assert words("%mcp handle notifications/me") == ["notifications/message"]
    assert words("%mcp handle elicitation ") == []  # Python's own names are IPython's to offer
    assert words("%mcp handle elicitation ask we") == words("%mcp handle elicitation ask --server we")
    assert words("%mcp handle elicitation ask we") == ["weather", "wetter.de"]


def test_options_that_name_a_server_a_level_or_an_answer_offer_them():
    assert words("%mcp call weather.now --against we") == ["weather", "wetter.de"]
    assert words("%mcp call weather.now --against=we") == ["weather", "wetter.de"]
    assert words("%mcp log weather --set e") == ["error", "emergency"]
    assert words("%mcp call weather.now --answer ") == ["accept", "decline", "cancel"]
    assert LEVELS == (*log_level.LEVELS, log_level.OFF)


def test_without_servers_verbs_and_options_are_still_offered():
    assert "call" in words("%mcp ", None)
    assert "--max-time" in words("%mcp call --", None)
    assert words("%mcp call ", None) == words("%mcp tools ", None) == []


def test_whatever_a_schema_holds_completion_does_not_raise():
    for broken in (
        {"properties": []},
        {"properties": {"a": {"enum": 5, "anyOf": {"x": 1}}}},
        {"properties": {"a": True}},
    ):
        servers = Known(s=["t"])
        servers.live = lambda _, schema=broken: SimpleNamespace(
            connection=SimpleNamespace(
                catalog=SimpleNamespace(tools={"t": SimpleNamespace(input_schema=schema)}), known={}
            )
        )
        for text in ("%mcp call s.t ", "%mcp call s.t a=", "%%mcp_call s.t\na: ", '%%mcp_call s.t\n{"a": '):
            words(text, servers)


def test_the_matcher_offers_at_the_cursor_not_at_the_end():
    context = CompletionContext(
        token="", full_text="y = %mcp ca\nprint(1)", cursor_position=11, cursor_line=0, limit=None
    )
    result = completion.mcp_matcher(context)
    assert [each.text for each in result["completions"]] == ["call"]
    assert (result["matched_fragment"], result["suppress"]) == ("ca", True)


def test_asking_imports_no_more_than_was_imported():
    shell = InteractiveShell()
    completion.install(shell)
    completion.install(shell)
    assert shell.Completer.custom_matchers.count(completion.mcp_matcher) == 1
    before = set(sys.modules)
    with provisionalcompleter():
        assert [each.text for each in shell.Completer.completions("%mcp resta", 10)] == ["restart"]
        line = "%mcp playground start faulty --fault nois"
        assert [each.text for each in shell.Completer.completions(line, len(line))] == ["noise"]
    before |= {name for name in sys.modules if name.startswith("mcp_magics.playground")}
    assert not [name for name in set(sys.modules) - before if name.startswith(("mcp", "pydantic", "httpx"))]
    completion.uninstall(shell)
    assert completion.mcp_matcher not in shell.Completer.custom_matchers


@pytest.mark.kernel
def test_a_real_kernel_completes_lines_and_bodies_and_connects_nowhere(kernel):
    done(kernel.run("%load_ext mcp_magics"))
    assert kernel.complete("x = %mcp resta") == ["restart"]
    assert kernel.value("'mcp' in __import__('sys').modules") is False
    done(kernel.run(f"%mcp add idle --no-connect -- {S1}"))
    assert kernel.complete("%mcp tools id") == ["idle"]
    assert kernel.complete("%mcp call idle.") == []
    assert kernel.value("__import__('mcp_magics').servers['idle'].connection.state") == "idle"
    with_s1(kernel)
    assert kernel.complete("x = %mcp call s1.ec") == ["s1.echo"]
    assert kernel.complete("%mcp call s1.log message=x level=wa") == ["warning"]
    assert kernel.complete("%%mcp_call s1.log\nmessage: x\nlevel: wa") == ["warning"]
    assert kernel.complete('%%mcp_call s1.log\n{"message": "x", "level": "wa') == ['"warning"']
    assert kernel.complete("%mcp call s1.天") == ["s1.天気"]
