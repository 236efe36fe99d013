"""What an error about a login says to do next can be typed as it stands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.typed import check_typed, written_in

import mcp_magics
from mcp_magics.errors import CommandError, Failure
from mcp_magics.magics.parse import parse

HOME = Path(mcp_magics.__file__).parent
AUTHORS = sorted(
    [
        *HOME.glob("auth/**/*.py"),
        HOME / "connection/login/asking.py",
        HOME / "magics/commands/permission.py",
        HOME / "wire/verdict.py",
    ]
)
WRITTEN = [(path.relative_to(HOME).as_posix(), step) for path in AUTHORS for step in written_in(path)]


@pytest.mark.parametrize(("where", "step"), WRITTEN)
def test_a_next_step_is_one_command_and_its_prose_a_comment(where: str, step: str) -> None:
    check_typed(step)


def test_the_scan_finds_what_is_written_and_the_check_refuses_prose_in_a_line() -> None:
    assert len(WRITTEN) > 40
    mixed = (
        "%mcp add l2, without it",
        "%mcp add l2 (if not)",
        "%mcp add l2 again, then %mcp login l2",
        "%mcp login l2 now",
    )
    for step in mixed:
        with pytest.raises((CommandError, AssertionError)):
            check_typed(step)


@pytest.mark.parametrize("name", ["My Server", "it's", "a[1]", 'say "hi"'])
def test_a_next_step_has_a_name_of_several_words_in_quotes(name: str) -> None:
    failure = Failure("process_exited", "", server=name, next_step=f"%mcp log {name}  # {name} stays registered")
    assert parse(failure.next_step.removeprefix("%mcp "), servers=(name,)).word(0) == name
    assert replace(failure, retryable=True).next_step == failure.next_step


def test_a_next_step_leaves_a_plain_name_and_prose_as_they_are() -> None:
    for name, step in [("钉钉", "%mcp log 钉钉"), ("a b", "ask whoever runs a b"), ("a", "%mcp login a --again")]:
        assert Failure("x", "", server=name, next_step=step).next_step == step
