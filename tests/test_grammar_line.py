"""The words of a line: quotes, brackets, comments, silence, what follows ``--``."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_magics.errors import CommandError
from mcp_magics.magics.tokens import tokenize


def texts(line: str) -> list[str]:
    return [token.text for token in tokenize(line).tokens]


def test_words_are_separated_by_white_space():
    assert texts("  call \t s.t   a=1 ") == ["call", "s.t", "a=1"]


def test_quotes_group_and_are_removed():
    assert texts("""a='x y' b="x y" 'c d'=e""") == ["a=x y", "b=x y", "c d=e"]


def test_single_quotes_are_literal_and_double_quotes_know_the_escapes_of_json():
    assert texts(r"""'a\n' "a\n\"\\\u00e9\ud83d\ude00" """) == ["a\\n", 'a\n"\\é😀']


def test_an_unknown_escape_is_an_error_instead_of_a_guess():
    with pytest.raises(CommandError, match=r"\\U is no escape \(column 8\)"):
        tokenize(r'cwd="C:\Users"')


def test_outside_quotes_a_backslash_is_a_backslash():
    assert texts(r"dir=C:\new") == [r"dir=C:\new"]


def test_brackets_balance_across_spaces_and_keep_the_quotes_in_them():
    assert texts("""a={"x y": [1, 2]} b={f(1, 'a b')} c=(1, 2)""") == [
        """a={"x y": [1, 2]}""",
        "b={f(1, 'a b')}",
        "c=(1, 2)",
    ]


def test_brackets_inside_strings_inside_brackets_do_not_count():
    assert texts("""a={"}": 1} b={'''it's }'''}""") == ["""a={"}": 1}""", """b={'''it's }'''}"""]


@pytest.mark.parametrize(
    ("line", "column"),
    [("a='x", 3), ('a="x', 3), ("a={1", 3), ("a=[1, {2]", 9), ("a=1)", 4), ("it's", 3), ('-- a "b', 3)],
)
def test_an_unbalanced_quote_or_bracket_names_its_column_and_shows_a_caret(line, column):
    with pytest.raises(CommandError) as caught:
        tokenize(line)
    failure = caught.value.failure
    assert f"column {column}" in failure.message
    assert failure.evidence[1] == " " * (column - 1) + "^"


def test_the_caret_stands_under_its_character_below_wide_ones():
    with pytest.raises(CommandError) as caught:
        tokenize("钉='x")
    assert caught.value.failure.evidence == ("钉='x", "   ^")


def test_a_hash_at_the_start_of_a_word_begins_a_comment():
    assert texts("a=1 # it's nothing {") == ["a=1"]
    assert texts("# all") == []


def test_a_hash_in_a_word_in_quotes_or_in_brackets_is_text():
    assert texts("http://x/#y '# a' {'#'}") == ["http://x/#y", "# a", "{'#'}"]


@pytest.mark.parametrize("line", ["call s.t a=1;", "call s.t a=1 ;", "call s.t a=1; # done"])
def test_a_trailing_semicolon_silences(line):
    assert tokenize(line).silenced
    assert texts(line) == ["call", "s.t", "a=1"]


@pytest.mark.parametrize("line", ["a=';'", 'a=";"', "a={x;}", "a; b"])
def test_a_semicolon_that_is_quoted_bracketed_or_not_last_is_text(line):
    assert not tokenize(line).silenced


def test_what_follows_two_dashes_is_posix_words():
    line = tokenize("""add x -- sh -c 'echo "$HOME" ${TOKEN} # {' --flag a\\ b""")
    assert line.literal == ("sh", "-c", 'echo "$HOME" ${TOKEN} # {', "--flag", "a b")


def test_two_dashes_need_white_space_around_them():
    assert tokenize("a --b").literal is None
    assert tokenize("a '--' b").literal is None
    assert tokenize("a --").literal == ()


@pytest.mark.parametrize(
    ("line", "words", "silenced"),
    [
        ("-- a b;", ("a", "b"), True),
        ("-- a b ;", ("a", "b"), True),
        (r"-- find -exec x \;", ("find", "-exec", "x", ";"), False),
        ("-- find -exec x ';'", ("find", "-exec", "x", ";"), False),
        ("-- a; b", ("a;", "b"), False),
    ],
)
def test_behind_two_dashes_an_unquoted_last_semicolon_silences_too(line, words, silenced):
    found = tokenize(line)
    assert (found.literal, found.silenced) == (words, silenced)


def test_a_token_knows_its_column_and_what_of_it_was_quoted():
    token = tokenize("  a='b'c").tokens[0]
    assert (token.column, token.raw, token.text, token.quoted) == (2, "a='b'c", "a=bc", (False, False, True, False))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_characters="'", exclude_categories=["Cs"]))))
def test_any_words_in_single_quotes_come_back_as_they_were(words):
    assert texts(" ".join(f"'{word}'" for word in words)) == words


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]))))
def test_any_words_quoted_for_a_shell_come_back_behind_two_dashes(words):
    assert tokenize(f"-- {shlex.join(words)}").literal == tuple(words)


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_any_line_is_words_or_a_command_error(line):
    try:
        found = tokenize(line)
    except CommandError:
        return
    assert all(token.raw and line.startswith(token.raw, token.column) for token in found.tokens)
