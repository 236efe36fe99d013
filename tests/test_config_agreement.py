"""Two configurations that mean the same, in different words."""

from __future__ import annotations

import pytest

from mcp_magics.config.agreement import agree
from mcp_magics.config.document import spec_from_options
from mcp_magics.config.model import ServerSpec

URL = "https://example.com/mcp"


def web(**options: object) -> ServerSpec:
    return spec_from_options("x", url=URL, **options)


def local(**options: object) -> ServerSpec:
    return spec_from_options("x", command=["serve"], **options)


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "abc-123")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (web(bearer_token_env_var="TOKEN"), web(headers={"Authorization": "Bearer ${TOKEN}"})),
        (web(env_headers={"X-Key": "TOKEN"}), web(headers={"x-key": "${TOKEN}"})),
        (web(headers={"X-Key": "abc-123"}), web(headers={"X-Key": "${TOKEN}"})),
        (local(env_vars=["TOKEN"]), local(env={"TOKEN": "${TOKEN}"})),
    ],
)
def test_other_words_for_the_same_agree(one: ServerSpec, other: ServerSpec) -> None:
    assert one != other
    assert agree(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (web(), local()),
        (web(), web(type="sse")),
        (web(), web(tool_timeout=1)),
        (local(), local(env={"TOKEN": "${TOKEN}"})),
        (local(env={"A": "${NOT_SET}"}), local(env={"A": ""})),
        (spec_from_options("x", object=object()), spec_from_options("x", object=object())),
    ],
)
def test_different_things_do_not(one: ServerSpec, other: ServerSpec) -> None:
    assert not agree(one, other)


def test_a_bearer_variable_is_its_header_even_without_a_value() -> None:
    assert agree(web(bearer_token_env_var="NOT_SET"), web(headers={"Authorization": "Bearer ${NOT_SET}"}))


def test_equal_words_agree_even_without_a_value() -> None:
    assert agree(local(env={"A": "${NOT_SET}"}), local(env={"A": "${NOT_SET}"}))
