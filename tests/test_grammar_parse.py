"""Lines become commands: verbs, options, words, arguments, targets, help."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_magics.errors import CommandError, UnknownServerError
from mcp_magics.magics.parse import parse
from mcp_magics.magics.target import Target, target
from mcp_magics.magics.usage import help_text
from mcp_magics.magics.verbs import GROUPS, VERBS, near_verbs


def failure_of(line: str, **kwargs):
    with pytest.raises(CommandError) as caught:
        parse(line, **kwargs)
    return caught.value.failure


def test_a_line_alone_and_its_help_option_are_the_help_verb():
    assert parse("").verb.name == "help"
    assert parse("--help").verb.name == "help"
    command = parse("call --help")
    assert (command.verb.name, command.word(0)) == ("help", "call")
    assert parse("-h", verb="call").word(0) == "call"


def test_the_help_screen_fits_and_names_every_verb():
    lines = help_text().splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 100
    assert set(VERBS) <= set(help_text().split())


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_help_with_its_options_and_an_example_that_parses(name):
    text, verb = help_text(name), VERBS[name]
    assert all(f"--{option.name}" in text for option in verb.options)
    line = verb.example.removeprefix("%mcp ")
    assert line in text
    assert parse(line).verb is verb


def test_help_says_which_words_a_word_may_be():
    assert all(each in help_text("jobs") for each in ("cancel | answer | decline | dismiss", "NUMBER", "a JSON object"))
    assert "elicitation | sampling | roots | connected" in help_text("handle")
    assert "start | stop | list" in help_text("playground")


def test_the_groups_hold_every_verb_once():
    assert [verb.name for verbs in GROUPS.values() for verb in verbs] == list(VERBS)


@pytest.mark.parametrize(
    ("typed", "meant"), [("ls", "list"), ("rm", "remove"), ("cal", "call"), ("ps", "status"), ("Tools", "tools")]
)
def test_an_unknown_verb_suggests_the_one_meant(typed, meant):
    assert near_verbs(typed)[0] == meant
    failure = failure_of(typed)
    assert failure.class_ == "unknown_verb"
    assert f"%mcp {meant}" in failure.next_step


def test_options_stand_anywhere_before_two_dashes_and_take_their_value_either_way():
    command = parse("call --timeout 2 s.t a=1 --save=out.json --quiet -o total")
    assert [word.text for word in command.words] == ["s.t"]
    assert command.options.seconds("timeout") == 2
    assert command.options.text("save") == "out.json"
    assert command.options.text("out") == "total"
    assert command.options.flag("quiet")
    assert not command.shown
    assert command.options.text("meta") is None
    with pytest.raises(KeyError):
        command.options.flag("no-such-option")


def test_options_are_never_abbreviated():
    failure = failure_of("call s.t --time 3")
    assert failure.class_ == "unknown_option"
    assert "--timeout" in failure.next_step


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("call s.t --timeout", "needs a value"),
        ("call s.t --timeout --quiet", "needs a value"),
        ("call s.t --timeout 0", "above 0"),
        ("call s.t --timeout nan", "above 0"),
        ("call s.t --timeout 1 --timeout 2", "given twice"),
        ("call s.t --quiet=1", "takes no value"),
        ("call s.t -o 1x", "name of a variable"),
        ("call s.t a=1 a=2", "'a' is given twice"),
        ("call s.t =1", "without its name"),
        ("call s.t word", "no argument"),
        ("call", "needs SERVER.TOOL"),
        ("get a b", "does not know what to do with 'b'"),
        ("trace --last x", "whole number"),
        ("add x --protocol 2025", "one of auto, 2026-07-28, legacy"),
        ("add x --env A", "takes K=V"),
        ("list -- x", "list takes none"),
        ("playground strt", "not 'strt'"),
    ],
)
def test_a_mistake_says_what_is_wrong_and_what_to_type(line, says):
    failure = failure_of(line)
    assert says in failure.message
    assert failure.next_step


def test_durations_may_have_a_unit():
    seconds = [parse(f"ping s --timeout {text}").options.seconds("timeout") for text in ("500ms", "2s", ".5", "2m")]
    assert seconds == [0.5, 2, 0.5, 120]


def test_add_knows_the_options_of_codex_and_their_meaning():
    command = parse(
        "add x --env A=1 --env 'B=x=y' --env-var PATH --header 'X-A: b:c' --env-header X=VAR --env-header 'Y: V2' "
        "--enabled-tools a,b --startup-timeout-sec 5 --bearer-token-env-var TOKEN --no-connect -- npx -y pkg"
    )
    assert command.options.pairs("env") == (("A", "1"), ("B", "x=y"))
    assert command.options.many("env-var") == ("PATH",)
    assert command.options.pairs("header") == (("X-A", "b:c"),)
    assert command.options.pairs("env-header") == (("X", "VAR"), ("Y", "V2"))
    assert command.options.many("enabled-tools") == ("a", "b")
    assert command.options.seconds("startup-timeout") == 5
    assert command.options.text("bearer-token-env-var") == "TOKEN"
    assert command.literal == ("npx", "-y", "pkg")


def test_a_command_without_two_dashes_works_until_it_has_options_of_its_own():
    assert [word.text for word in parse("add x npx pkg").words] == ["x", "npx", "pkg"]
    assert "put -- before" in failure_of("add x npx -y pkg").next_step


@pytest.mark.parametrize(
    "line",
    [
        "add x --header 'Authorization: Bearer $TOKEN'",
        "add x --env A=$TOKEN",
        "add x --url https://x/?k=$TOKEN",
        "add x https://x/?k=$TOKEN",
    ],
)
def test_a_bare_dollar_in_configuration_says_to_write_braces(line):
    assert "write ${TOKEN}" in failure_of(line).message


@pytest.mark.parametrize("word", ["{url}", "{ base + '/mcp' }", "$url"])
def test_python_in_the_place_of_an_address_is_not_taken_for_a_command(word):
    failure = failure_of(f"add x {word}")
    assert "not evaluated here" in failure.message
    assert f"url={word.strip('{}$ ')})" in failure.next_step


def test_braced_variables_and_literal_words_are_left_alone():
    command = parse("add x --header 'A: ${TOKEN} $5' -- sh -c 'echo $HOME'")
    assert command.options.pairs("header") == (("A", "${TOKEN} $5"),)
    assert command.literal == ("sh", "-c", "echo $HOME")


@pytest.mark.parametrize("value", ["$TOKEN", "${TOKEN}"])
def test_the_name_of_a_variable_is_asked_for_and_not_its_value(value):
    failure = failure_of(f"add x --bearer-token-env-var '{value}'")
    assert failure.next_step == "--bearer-token-env-var TOKEN"


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("call s.t --expect-error", ""),
        ("call s.t --expect-error tool_error", "tool_error"),
        ("call s.t --expect-error -32602", "-32602"),
        ("call s.t --expect-error ToolError", "ToolError"),
        ("call s.t --expect-error a=1", ""),
        ("call --expect-error s.t", ""),
        ("call s.t --expect-error=timeout", "timeout"),
        ("call s.t", None),
    ],
)
def test_expect_error_may_name_a_class(line, given):
    assert parse(line).options.text("expect-error") == given


def test_expect_error_does_not_take_a_server_for_a_class():
    command = parse("request --expect-error shop ping", servers=["shop"])
    assert [word.text for word in command.words] == ["shop", "ping"]


@pytest.mark.parametrize(
    ("word", "kind", "key", "text"),
    [
        ("a=1", "value", "a", "1"),
        ("a=", "value", "a", ""),
        ("a=b=c", "value", "a", "b=c"),
        ("a='x y'", "value", "a", "x y"),
        ("'a=x y'", "value", "a", "x y"),
        ("'a b'=c", "value", "a b", "c"),
        ("a.b=1", "value", "a.b", "1"),
        ("ключ=1", "value", "ключ", "1"),
        ("a:=1.0", "json", "a", "1.0"),
        ('a:="x"', "json", "a", '"x"'),
        ("""a:='{"x": 1}'""", "json", "a", '{"x": 1}'),
        ("a=@f.txt", "file", "a", "f.txt"),
        ("a=@'my f.txt'", "file", "a", "my f.txt"),
        ("a='@f'", "value", "a", "@f"),
        ("a:=@f.json", "json_file", "a", "f.json"),
        ("a=--x", "value", "a", "--x"),
    ],
)
def test_an_argument_on_a_line(word, kind, key, text):
    (found,) = parse(f"call s.t {word}").assignments
    assert (found.kind, found.key, found.text) == (kind, key, text)


def test_only_an_unquoted_value_is_bare():
    bare = [each.bare for each in parse("""call s.t a=$n b='$n' c="$n" d={n} e=x'y'""").assignments]
    assert bare == [True, False, False, True, False]


def test_verbs_without_arguments_keep_words_with_an_equals_sign():
    assert [word.text for word in parse("read s x://y?a=b").words] == ["s", "x://y?a=b"]


def test_a_body_goes_only_to_verbs_that_take_one():
    assert parse("x", verb="call", body="a: 1").body == "a: 1"
    assert "takes no body" in failure_of("list", body="a: 1").message
    assert parse("list", body=" \n").verb.name == "list"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("a.b", Target("a", "b")),
        ("a.b.c", Target("a.b", "c")),
        ('a."b.c"', Target("a", "b.c")),
        ('"a.b"."c.d"', Target("a.b", "c.d")),
        ("'a.b'.c", Target("a.b", "c")),
        ("钉钉待办.列表", Target("钉钉待办", "列表")),
        ("a.get-sum", Target("a", "get-sum")),
        ("'my server'.'my tool'", Target("my server", "my tool")),
        ("a.x://{y}/z", Target("a", "x://{y}/z")),
    ],
)
def test_the_longest_registered_server_wins_and_parts_may_be_quoted(word, expected):
    servers = ["a", "a.b", "钉钉待办", "my server"]
    assert target(parse(f"call {word}"), servers) == expected


def test_an_unknown_server_is_named_with_the_known_ones_and_a_suggestion():
    with pytest.raises(UnknownServerError) as caught:
        target(parse("call evrything.echo"), ["everything", "shop"])
    failure = caught.value.failure
    assert "evrything" in failure.message
    assert failure.evidence == ("registered: everything, shop",)
    assert failure.next_step == "%mcp call everything.echo"
    with pytest.raises(UnknownServerError, match="none is registered"):
        target(parse("call x.y"), [])


def test_a_server_without_its_item_asks_which_one():
    for line in ("call shop", "call shop."):
        with pytest.raises(CommandError, match="which tool of 'shop'"):
            target(parse(line), ["shop"])
    with pytest.raises(CommandError, match="which prompt of 'shop'"):
        target(parse("prompt shop"), ["shop"])


def test_an_item_without_its_server_gets_the_only_one_suggested():
    with pytest.raises(CommandError) as caught:
        target(parse("call echo"), ["shop"])
    assert caught.value.failure.next_step == "%mcp call shop.echo"


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_any_line_is_a_command_or_a_command_error(line):
    try:
        assert parse(line).verb.name in VERBS
    except CommandError as error:
        assert error.failure.next_step


_UNQUOTED = st.characters(exclude_characters="'", exclude_categories=["Cs"])


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(_UNQUOTED, min_size=1), st.text(_UNQUOTED)))
def test_any_quoted_argument_is_taken_literally(arguments):
    line = "call s.t " + " ".join(f"'{key}'='{value}'" for key, value in arguments.items())
    found = {each.key: (each.kind, each.text, each.bare) for each in parse(line).assignments}
    assert found == {key: ("value", value, False) for key, value in arguments.items()}


@pytest.mark.parametrize("word", ["banana", "10x", "half-an-hour"])
def test_what_can_only_be_a_duration_and_is_none_is_said_to_be_one(word):
    failure = failure_of(f"call s.t --task {word}")
    assert "--task takes a number of seconds" in failure.message
    assert parse("call --task s.t", servers=["s"]).word(0) == "s.t"
