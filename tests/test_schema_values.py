"""Python objects as JSON text: exactly, or not at all."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mcp_magics
from mcp_magics.errors import CommandError
from mcp_magics.schema.values import json_string, to_json_text


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


@dataclasses.dataclass
class Point:
    x: int
    tags: list[str]


class Model(pydantic.BaseModel):
    some_name: int = pydantic.Field(alias="someName")
    when: dt.date


UTC = dt.UTC


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (12345678901234567890123, "12345678901234567890123"),
        (1.0, "1.0"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (Decimal("1.10"), "1.10"),
        (Decimal("1E+5"), "1E+5"),
        ('é\n"', '"é\\n\\""'),
        ("\ud800x", '"\\ud800x"'),
        ((1, [2, {}], {"a": []}), '[1,[2,{}],{"a":[]}]'),
        ({"b": 1, "a": 2}, '{"b":1,"a":2}'),
        (MappingProxyType({"a": 1}), '{"a":1}'),
        (Colour.RED, '"red"'),
        (Level.LOW, "1"),
        ({Colour.RED: Level.LOW}, '{"red":1}'),
        (Point(1, ["a"]), '{"x":1,"tags":["a"]}'),
        (Model(someName=1, when=dt.date(2025, 1, 2)), '{"someName":1,"when":"2025-01-02"}'),
        (dt.datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC), '"2025-01-02T03:04:05+00:00"'),
        (dt.date(2025, 1, 2), '"2025-01-02"'),
        (dt.time(3, 4), '"03:04:00"'),
        (np.int64(5), "5"),
        (np.float64(0.1), "0.1"),
        (np.float32(0.5), "0.5"),
        (np.bool_(True), "true"),
        (np.str_("a"), '"a"'),
        (np.array([[1, 2], [3, 4]]), "[[1,2],[3,4]]"),
        (np.array(7), "7"),
        (np.datetime64("2025-01-02T03:04"), '"2025-01-02T03:04"'),
        (np.array(["2025-01-02"], dtype="datetime64[ns]"), '["2025-01-02T00:00:00.000000000"]'),
        (np.datetime64("NaT"), "null"),
        (pd.Timestamp("2025-01-02", tz="UTC"), '"2025-01-02T00:00:00+00:00"'),
        (pd.NaT, "null"),
        (pd.NA, "null"),
        (pd.Series([1, 2]), "[1,2]"),
        (pd.Series([1, None], dtype="Int64"), "[1,null]"),
        (pd.Series(["a", None]), '["a",null]'),
        (pd.Index(["a"]), '["a"]'),
        (pd.DataFrame({"a": [1, 2], "b": ["x", None]}), '[{"a":1,"b":"x"},{"a":2,"b":null}]'),
        (pd.DataFrame({"t": pd.to_datetime(["2025-01-02", None])}), '[{"t":"2025-01-02T00:00:00"},{"t":null}]'),
        (pd.DataFrame({"a": []}), "[]"),
    ],
)
def test_a_python_value_has_its_json_text(value, text):
    assert to_json_text(value) == text


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"items": [0, 1, {"when": {1}}]}, "arguments.items[2].when: a set is not JSON"),
        ({"a b": b"x"}, "arguments['a b']: a bytes is not JSON"),
        ([float("nan")], "arguments[0]: nan is not JSON"),
        ([float("-inf")], "arguments[0]: -inf is not JSON"),
        ([Decimal("NaN")], "arguments[0]: NaN is not JSON"),
        (np.float64("inf"), "arguments: inf is not JSON"),
        ({"x": {1: "a"}}, "arguments.x: the key 1 is an int"),
        ({None: 1}, "the key None is a NoneType"),
        (object(), "arguments: an object is not JSON"),
        (print, "is not JSON"),
        (Point, "arguments: a type is not JSON"),
        ((each for each in [1]), "a generator is not JSON"),
        (dt.timedelta(1), "a timedelta is not JSON"),
        (1j, "a complex is not JSON"),
        (pd.DataFrame({"p": [1.0, float("nan")]}), "arguments[1].p: nan is not JSON"),
        (pd.DataFrame([[1]]), "the column 0 is an int"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "the column 'a' is there twice"),
        ([10**5000], "arguments[0]: the integer is too long"),
        ({"n": 10**5000}, "arguments.n: the integer is too long"),
    ],
)
def test_what_is_not_json_names_its_path_and_a_way_out(value, says):
    with pytest.raises(CommandError) as caught:
        to_json_text(value)
    assert says in caught.value.failure.message
    assert caught.value.failure.next_step.startswith("convert it, e.g. ")


def test_a_cycle_is_refused_and_a_value_used_twice_is_not():
    loop: list[object] = []
    loop.append({"x": loop})
    with pytest.raises(CommandError, match=r"arguments\[0\]\.x: it contains itself"):
        to_json_text(loop)
    shared = [1]
    assert to_json_text([shared, shared]) == "[[1],[1]]"


def test_a_value_nested_too_deeply_is_an_error_of_ours():
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(CommandError, match="nested too deeply"):
        to_json_text(deep)


def test_neither_pandas_nor_numpy_is_imported():
    code = (
        "import sys; from mcp_magics.schema.values import to_json_text; to_json_text({'a': [1]});"
        "sys.exit('pandas' in sys.modules or 'numpy' in sys.modules)"
    )
    root = Path(mcp_magics.__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters()))
def test_any_text_is_a_json_string_that_utf8_can_carry(text):
    found = json_string(text)
    found.encode("utf-8")
    assert json.loads(found) == text or any("\ud800" <= char <= "\udfff" for char in text)


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=15,
    )
)
def test_any_plain_value_is_what_json_says_it_is(value):
    assert to_json_text(value) == json.dumps(value, ensure_ascii=False, separators=(",", ":"))


PLAIN = st.none() | st.booleans() | st.integers() | st.text(st.characters())


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(st.characters()), PLAIN))
def test_a_plain_dict_is_written_as_any_other_mapping_of_the_same(members):
    assert to_json_text(members) == to_json_text(MappingProxyType(members))
