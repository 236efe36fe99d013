"""Arguments: what a body and the words of a line put on the wire, digit for digit."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_magics.errors import CommandError
from mcp_magics.magics.body import Arguments, arguments_from_body, arguments_of, read_text
from mcp_magics.magics.json_text import read_json
from mcp_magics.magics.parse import parse
from mcp_magics.schema.arguments import argument_notes

NAMES = {"n": 3, "name": "Ada", "items": [1, {"a": None}], "table": {"k": [1, 2]}, "bad": {"when": [{1}]}}


def evaluate(source: str) -> object:
    return eval(source, dict(NAMES))


def never(source: str) -> object:
    raise AssertionError(f"{source} was evaluated")


def body(text: str, using=evaluate) -> str:
    return arguments_from_body(text, using).text


def failure_of(text: str):
    with pytest.raises(CommandError) as caught:
        body(text)
    return caught.value.failure


SCHEMA = {
    "type": "object",
    "properties": {
        "int": {"type": "integer"},
        "num": {"type": "number"},
        "str": {"type": "string"},
        "both": {"type": ["string", "integer"]},
        "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "flag": {"type": "boolean"},
        "list": {"type": "array"},
        "obj": {"type": "object"},
        "mode": {"enum": ["auto", 1]},
        "any": {},
    },
}


def words(line: str, text: str | None = None, using=evaluate, **kwargs) -> str:
    found = arguments_of(parse(f"call s.t {line}", body=text), schema=SCHEMA, evaluate=using, **kwargs)
    assert found is not None
    return found.text


# JSON


def test_a_json_body_travels_with_its_order_nulls_numbers_and_escapes_as_typed():
    text = r'{"z": 1.0, "a": [1e400, -0, 12345678901234567890.10, 1E+2], "n": null, "s": "\u00e9\/\ud800é"}'
    expected = r'{"z":1.0,"a":[1e400,-0,12345678901234567890.10,1E+2],"n":null,"s":"\u00e9\/\ud800é"}'
    assert body(text) == expected


def test_a_body_on_many_lines_becomes_one_line():
    assert body('{\r\n\t"a":\n  [1,\n 2]\n}\n') == '{"a":[1,2]}'


def test_unquoted_whole_values_in_json_are_python():
    assert body('{"a": $n, "b": {n + 1}, "c": [ {name.upper()}, {items} ]}') == (
        '{"a":3,"b":4,"c":["ADA",[1,{"a":null}]]}'
    )
    assert body("{table}") == '{"k":[1,2]}'
    assert body('{({"x": n}["x"])}') == "3"


def test_expressions_may_span_lines_and_hold_brackets_strings_and_comments():
    assert (
        body("""{"a": {[f"{x}}}" for x in  # it's a comment }
        range(2)]}}""")
        == '{"a":["0}","1}"]}'
    )
    assert body('{"a": {n\n + 1}}') == '{"a":4}'


@pytest.mark.parametrize("text", ['{"a": "$n", "b": "{n}"}', "a: '$n'\nb: \"{n}\"", "- '{n}'\n- \"$n\""])
def test_a_quoted_string_is_never_evaluated(text):
    assert sorted(_leaves(json.loads(body(text, never)))) == ["$n", "{n}"]


def _leaves(value):
    return list(value.values()) if isinstance(value, dict) else value


def test_empty_objects_and_arrays_are_json():
    assert body('{"a": {}, "b": [], "c": { }, "d": [ ]}') == '{"a":{},"b":[],"c":{},"d":[]}'


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ('{"a": NaN}', 1, 7, "NaN"),
        ('{"a": -Infinity}', 1, 7, "-Infinity"),
        ('{"a": True}', 1, 7, "True"),
        ('{"a": 01}', 1, 7, "01"),
        ('{"a": .5}', 1, 7, ".5"),
        ('{"a": 1,}', 1, 8, "comma before }"),
        ('{"a": 1\n "b": 2}', 2, 2, "where , or } should stand"),
        ('{"a" 1}', 1, 6, "where : should stand"),
        ('{"a": "x\ny"}', 1, 9, "line break"),
        ('{"a": "x\\q"}', 1, 9, "no escape"),
        ('{"a": "x', 1, 7, "never ends"),
        ('{"a": ', 1, 7, "end of the text"),
        ("[1] [2]", 1, 5, "behind the end"),
        ("[1, 2", 1, 6, "end of the text"),
        ('["x": 1]', 1, 5, "where , or ] should stand"),
        ('{"a":١}', 1, 6, "no JSON value"),
    ],
)
def test_a_mistake_in_json_names_line_and_column_and_shows_the_line(text, line, column, says):
    failure = failure_of(text)
    assert says in failure.message
    assert f"line {line}, column {column}" in failure.message
    assert failure.evidence[0] == text.splitlines()[line - 1]
    assert failure.next_step


@pytest.mark.parametrize("text", ['{"a": 1,\n "\\u0061": 2}', "a: 1\na: 2", "x: {a: 1,\n a: 2}"])
def test_a_key_given_twice_is_an_error_in_json_and_yaml(text):
    failure = failure_of(text)
    assert failure.class_ == "duplicate_key"
    assert "'a' is given twice (line 2" in failure.message


def test_what_is_neither_json_nor_python_says_how_json_keys_are_written():
    for text in ("{a: 1}", "{'a': 1}"):
        failure = failure_of(text)
        assert failure.class_ == "not_python"
        assert "line 1, column 1" in failure.evidence[0]
        assert '{"key": value}' in failure.next_step


def test_deep_nesting_has_no_limit():
    text = "[" * 50_000 + "]" * 50_000
    assert body(text) == text


# Python


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('{", ".join(["a", "b"])}', '"a, b"'),
        ("{'-'.join(name)}", '"A-d-a"'),
        ('{"%s!" % name}', '"Ada!"'),
        ('{"yes" if n > 2 else "no"}', '"yes"'),
        ('{"a" in name}', "true"),
        ('{"abc"[n - 3]}', '"a"'),
        ('{ "x" * n }', '"xxx"'),
        ('{"Ada" == name}', "true"),
    ],
)
def test_an_expression_may_begin_with_a_quoted_text(expression, value):
    assert words(f"any={expression}") == f'{{"any":{value}}}'
    assert words(f"any:={expression}") == f'{{"any":{value}}}'
    assert body(f"any: {expression}\nlist: [{expression}]") == f'{{"any":{value},"list":[{value}]}}'
    assert body(f'{{"any": {expression}, "list": [{expression}]}}') == f'{{"any":{value},"list":[{value}]}}'


@pytest.mark.parametrize("text", ['{"a": 1}', '{"a":"b.c"}', '{ "a" : [1] }', '{"a": {"b.c": 1}}'])
def test_an_object_is_never_taken_for_an_expression(text):
    assert json.loads(words(f"obj={text}", using=never))["obj"] == json.loads(text)
    assert json.loads(body(f"obj: {text}", using=never))["obj"] == json.loads(text)
    assert json.loads(body(text, using=never)) == json.loads(text)


def test_yaml_keys_without_values_stay_keys():
    assert body("""a: {"x", 'y'}""", using=never) == '{"a":{"x":null,"y":null}}'


def test_a_generator_is_an_expression_whose_value_is_no_json():
    assert failure_of("a: {each for each in items}").class_ == "not_json"


def test_a_body_behind_python_is_one_expression():
    assert body("python: dict(a=n)") == '{"a":3}'
    assert body("python:\n    dict(a=n,\n         b=items)\n") == '{"a":3,"b":[1,{"a":null}]}'


def test_a_dollar_name_alone_is_the_whole_body():
    assert body(" $table \n") == '{"k":[1,2]}'


def test_an_unknown_name_is_named_with_its_place_and_similar_names():
    failure = failure_of('{\n "a": {itms}\n}')
    assert failure.class_ == "undefined_name"
    assert "'itms'" in failure.message
    assert failure.evidence[0].startswith("line 2, column 7:")
    assert "items" in failure.next_step


def test_an_expression_that_raises_says_what_it_raised():
    failure = failure_of("a: {1 / 0}")
    assert failure.message == "1 / 0 raised ZeroDivisionError: division by zero"


def test_an_error_carries_no_context_of_library_frames():
    with pytest.raises(CommandError) as caught:
        body("{1 / 0}")
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_a_value_that_is_no_json_names_its_path():
    assert failure_of('{"x": [0, $bad]}').message == "arguments.x[1].when[0]: a set is not JSON"
    assert failure_of("x:\n- 0\n- $bad").message == "arguments.x[1].when[0]: a set is not JSON"


# YAML


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("NO", '"NO"'),
        ("yes", '"yes"'),
        ("12:30", '"12:30"'),
        ("2024-01-31", '"2024-01-31"'),
        ("1_000", '"1_000"'),
        ("0b1", '"0b1"'),
        ("-0x1", '"-0x1"'),
        ("1.2.3", '"1.2.3"'),
        (".", '"."'),
        ("e5", '"e5"'),
        ("True", "true"),
        ("FALSE", "false"),
        ("~", "null"),
        ("", "null"),
        ("Null", "null"),
        ("1.0", "1.0"),
        ("1e400", "1e400"),
        ("-0", "-0"),
        ("12345678901234567890.10", "12345678901234567890.10"),
        ("007", "7"),
        ("+1", "1"),
        ("-01", "-1"),
        ("0x1F", "31"),
        ("0o17", "15"),
        (".5", "0.5"),
        ("+.5", "0.5"),
        ("5.", "5.0"),
        ("1.e3", "1e3"),
        ("00.50", "0.50"),
        ("!!str 12", '"12"'),
        ("! 12", '"12"'),
        ("!!int 12", "12"),
        ("!!float 12", "12"),
        ("http://x/#y", '"http://x/#y"'),
        ("it's {n}", '"it\'s {n}"'),
        ("$n", "3"),
        ("$$n", '"$n"'),
        ("$5", '"$5"'),
        ("a $n", '"a $n"'),
        ("{n + 1}", "4"),
        ("{}", "{}"),
        ("{ }", "{}"),
        ("{x: 1}", '{"x":1}'),
        ("{x: {n}}", '{"x":3}'),
        ('{"x": $n}', '{"x":3}'),
        ('{table["k"]}', "[1,2]"),
        ('{f"{n}: {n}"}', '"3: 3"'),
        ("{[x for x in items][0]}", "1"),
        ("{n, n}", "[3,3]"),
        ("[{n}, {x: 1}, $n, {}]", '[3,{"x":1},3,{}]'),
        ("{it's: x}", '{"it\'s":"x"}'),
        (r'"\u00e9\x41\ud83d\ude00"', r'"éA\ud83d\ude00"'),
    ],
)
def test_a_yaml_scalar_is_core_schema_and_nothing_more(scalar, value):
    assert body(f"a: {scalar}") == f'{{"a":{value}}}'


def test_yaml_keys_are_texts_as_typed():
    assert body("1: a\ntrue: b\n1.0: c\nNO: d\n<<: {x: 1}") == '{"1":"a","true":"b","1.0":"c","NO":"d","<<":{"x":1}}'


def test_braces_in_block_scalars_and_continued_texts_are_text():
    text = 'a: |\n  {n}\n  $n\nb: >-\n  {n}\nc: hello\n  {n}\nd: {n}\ne: "x\n  {n}"\n'
    assert json.loads(body(text)) == {"a": "{n}\n$n\n", "b": "{n}", "c": "hello {n}", "d": 3, "e": "x {n}"}


def test_a_python_expression_in_yaml_may_span_lines():
    assert body("a: {[x for x in\n  range(3)]}  # it's fine\nb: 2") == '{"a":[0,1,2],"b":2}'


def test_anchors_and_aliases_are_written_out():
    assert body("a: &x {b: [1]}\nc: *x") == '{"a":{"b":[1]},"c":{"b":[1]}}'
    assert body("a: &k b\n*k : 1") == '{"a":"b","b":1}'
    assert body("- &n {n}\n- *n") == "[3,3]"


def test_a_billion_laughs_are_refused():
    lines = ["a0: &a0 [1,1,1,1,1,1,1,1,1,1]"]
    lines += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    assert "too big" in failure_of("\n".join(lines)).message


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("a: .nan", 1, 4, ".nan is not JSON"),
        ("b: 1\na: -.inf", 2, 4, "-.inf is not JSON"),
        ("a: *x", 1, 4, "nothing is anchored"),
        ("a: &x [*x]", 1, 8, "inside its own value"),
        ("a: b: c", 1, 5, "not allowed here"),
        ("a: @x", 1, 4, "cannot start"),
        ("a: {n} {n}", 1, 8, "expected"),
        ("a: {n", 1, 6, "expected"),
        ("? [1]\n: 2", 1, 3, "a key that is no text"),
        ("a: 1\n{n}: 1", 2, 1, "a key that is Python"),
        ("a: !foo x", 1, 4, "no !foo"),
        ("a: !!set {x: }", 1, 4, "no type of JSON"),
        ("---\na: 1\n---\nb: 2", 3, 1, "second document"),
        ("a: \x01", 1, 4, "U+0001"),
    ],
)
def test_a_mistake_in_yaml_names_line_and_column_and_shows_the_line(text, line, column, says):
    failure = failure_of(text)
    assert says in failure.message
    assert f"line {line}, column {column}" in failure.message
    assert failure.next_step


def test_an_empty_body_and_one_of_comments_are_no_arguments():
    assert body("") == "{}"
    assert body("# nothing\n") == "{}"


def test_a_body_that_is_one_text_is_an_error_and_a_list_travels_as_written():
    assert "one text" in failure_of("hello").message
    assert body("- 1\n- b") == '[1,"b"]'
    assert body("[1, 2]") == "[1,2]"


# Words


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("int=40", '{"int":40}'),
        ("int=1.0", '{"int":1.0}'),
        ("int=1e2", '{"int":1e2}'),
        ("int=1.5", '{"int":"1.5"}'),
        ("int=x", '{"int":"x"}'),
        ("int='5'", '{"int":5}'),
        ("num=12345678901234567890.10", '{"num":12345678901234567890.10}'),
        ("num=NaN", '{"num":"NaN"}'),
        ("str=5", '{"str":"5"}'),
        ("str=null", '{"str":"null"}'),
        ("str=", '{"str":""}'),
        ("both=5", '{"both":"5"}'),
        ("maybe=null", '{"maybe":null}'),
        ("flag=true", '{"flag":true}'),
        ("flag=True", '{"flag":"True"}'),
        ("list=[1, 2]", '{"list":[1,2]}'),
        ("list='[1, 2]'", '{"list":[1,2]}'),
        ('obj={"x": [1]}', '{"obj":{"x":[1]}}'),
        ("obj={}", '{"obj":{}}'),
        ("mode=1", '{"mode":1}'),
        ("mode=auto", '{"mode":"auto"}'),
        ("any=5", '{"any":"5"}'),
        ("unknown=5", '{"unknown":"5"}'),
        ("int=$n str={n + 1}", '{"int":3,"str":4}'),
        ("str='$n' any='{n}'", '{"str":"$n","any":"{n}"}'),
        ("str=$$n", '{"str":"$n"}'),
        ("str=a$n", '{"str":"a$n"}'),
        ("str={n}x", '{"str":"{n}x"}'),
        ('int:="x"', '{"int":"x"}'),
        ("int:=1e400", '{"int":1e400}'),
        ("""int:='{"x": [1, 2]}'""", '{"int":{"x":[1,2]}}'),
        ("int:=[1, {n}, $n]", '{"int":[1,3,3]}'),
        ('{"a": {n}}', '{"a":3}'),
        ("$table", '{"k":[1,2]}'),
        ("str=b int=1", '{"str":"b","int":1}'),
    ],
)
def test_what_a_word_puts_on_the_wire(line, text):
    assert words(line) == text


def test_quoted_words_are_never_evaluated():
    assert words("str='{n}' any=\"$n\"", using=never) == '{"str":"{n}","any":"$n"}'
    with pytest.raises(CommandError):
        words("""'{"a": $n}'""", using=never)


def test_a_file_is_text_or_json(tmp_path):
    file = tmp_path / "my file.json"
    file.write_text('{"é": 1.0}\n', encoding="utf-8")
    assert words(f"any=@'{file}'", read_file=read_text) == r'{"any":"{\"é\": 1.0}\n"}'
    assert words(f"int:=@'{file}'", read_file=read_text) == '{"int":{"é":1.0}}'


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(CommandError, match="No such file") as caught:
        words(f"any=@{tmp_path}/nope")
    assert caught.value.failure.class_ == "file_unreadable"
    (tmp_path / "binary").write_bytes(b"\xff")
    with pytest.raises(CommandError, match="not UTF-8"):
        words(f"any=@{tmp_path}/binary")


def test_malformed_json_on_a_line_names_its_argument():
    with pytest.raises(CommandError, match="int: JSON: nope is no JSON value"):
        words("int:=nope")


def test_words_and_body_are_merged_unless_both_give_an_argument():
    assert words("int=1", "str: x") == '{"int":1,"str":"x"}'
    assert words("int=1", "") == '{"int":1}'
    with pytest.raises(CommandError, match="'int' is given on the line and in the body"):
        words("int=1", "int: 2")
    with pytest.raises(CommandError, match="no object"):
        words("int=1", "[1]")


def test_raw_sends_the_text_as_it_is():
    command = parse("s.t --raw", verb="call", body='{"a": 1,,  "b": NaN}\n')
    found = arguments_of(command, evaluate=never)
    assert found == Arguments('{"a": 1,,  "b": NaN}', is_verbatim=True)
    assert "not JSON" in argument_notes(found.text, {"type": "object"})[0]
    with pytest.raises(CommandError, match="no place"):
        arguments_of(parse("call s.t a=1 --raw", body="x"), evaluate=never)
    with pytest.raises(CommandError, match="needs a text"):
        arguments_of(parse("call s.t --raw"), evaluate=never)


def test_nothing_given_is_none():
    assert arguments_of(parse("call s.t"), evaluate=never) is None


def test_params_of_a_request_come_from_its_json_word_or_its_body():
    found = arguments_of(parse('request s x/y {"a": {n}}'), evaluate=evaluate)
    assert found is not None
    assert found.text == '{"a":3}'


def test_notes_say_where_the_schema_is_broken_and_change_nothing():
    arguments = arguments_from_body('{"int": "x", "num": 1e400}', never)
    assert argument_notes(arguments.text, SCHEMA) == ("arguments.int: 'x' is not of type 'integer'",)
    assert arguments.text == '{"int":"x","num":1e400}'
    assert argument_notes("[" * 5000 + "]" * 5000, SCHEMA)


# Any value


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(), VALUES) | st.lists(VALUES), st.sampled_from([None, 1, "\t"]), st.booleans())
def test_any_json_value_travels_through_a_json_body(value, indent, ascii_only):
    text = body(json.dumps(value, indent=indent, ensure_ascii=ascii_only), never)
    assert json.loads(text) == value
    assert "\n" not in text


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_any_json_value_is_itself_in_the_json_reader(value):
    compact = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    assert read_json(compact).text == compact


# ruamel's emitter breaks lines at these where YAML 1.2 does not; they are escaped in bodies people write.
PRINTABLE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\ufeff\ufffe\uffff"))
# YAML takes keys of up to 1024 characters (YAML 1.2.2 §7.4.2).
KEYS = PRINTABLE.map(lambda text: text[:40])
YAML_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | PRINTABLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(KEYS, YAML_VALUES, min_size=1))
def test_any_json_value_travels_through_a_yaml_body_of_json_values(value):
    lines = [f"{json.dumps(key)}: {json.dumps(each)}" for key, each in value.items()]
    assert json.loads(body("\n".join(lines), never)) == value


@settings(max_examples=60, deadline=None)
@given(value=st.dictionaries(KEYS, YAML_VALUES, min_size=1), quoting=st.sampled_from(["'", '"']))
def test_any_json_value_dumped_as_yaml_with_quoted_texts_comes_back(value, quoting):
    import io

    from ruamel.yaml import YAML
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, SingleQuotedScalarString

    quote = SingleQuotedScalarString if quoting == "'" else DoubleQuotedScalarString

    def quoted(each):
        if isinstance(each, str):
            return quote(each)
        if isinstance(each, list):
            return [quoted(item) for item in each]
        return {quote(key): quoted(item) for key, item in each.items()} if isinstance(each, dict) else each

    yaml = YAML()
    yaml.width = 10_000
    yaml.allow_unicode = True
    stream = io.StringIO()
    yaml.dump(quoted(value), stream)
    text = stream.getvalue()
    if text.lstrip().startswith("{"):
        text = f"# YAML\n{text}"
    assert json.loads(body(text, never)) == value


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_any_body_is_arguments_or_a_command_error(text):
    def nothing(source: str) -> object:
        raise NameError(source)

    try:
        found = arguments_from_body(text, nothing)
    except CommandError as error:
        assert error.failure.next_step
    else:
        json.loads(found.text)


@settings(max_examples=60, deadline=None)
@given(st.integers(), VALUES)
def test_any_python_value_is_spliced_in_as_its_json(number, value):
    found = arguments_from_body('{"a": $x, "b": {y}}', {"x": number, "y": value}.__getitem__)
    assert json.loads(found.text) == {"a": number, "b": value}
