"""Logins that meet: a second one, a usable credential, a logout meanwhile, a notebook that nobody attends."""

from __future__ import annotations

from collections.abc import Iterator

import nbformat
import pytest
from nbclient import NotebookClient
from support.permission import play, playing
from support.shell import Shell

from mcp_magics.connection.manager import servers


@pytest.fixture
def l2(nothing_leaks: None, shell: Shell) -> Iterator[None]:
    with playing():
        play(shell, "l2")
        yield


def test_a_second_login_of_a_server_takes_the_place_of_the_one_that_waits(shell: Shell, l2: None) -> None:
    first = shell.value("first = %mcp login l2 --no-wait --quiet\nfirst")
    second = shell.value("second = %mcp login l2 --no-wait --quiet\nsecond")
    first.job.wait(10)
    assert (first.state, second.state) == ("cancelled", "waiting")
    second.cancel()


def test_logging_out_ends_the_login_under_way_and_says_so(shell: Shell, l2: None) -> None:
    job = shell.value("job = %mcp login l2 --no-wait --quiet\njob")
    assert "a login under way was ended" in shell("%mcp logout l2").text
    assert job.state == "cancelled"
    assert servers["l2"].status.credential == "none"


def test_not_waiting_gives_a_login_also_where_a_usable_credential_is_there(shell: Shell, l2: None) -> None:
    shell("%mcp login l2 --consent approve --quiet")
    job = shell.value("job = %mcp login l2 --no-wait --quiet\njob")
    assert (job.state, job.url, job.wait()) == ("succeeded", None, job)
    assert any("nothing was done" in note for note in job.notes)


def test_logging_in_again_keeps_what_was_granted_before(shell: Shell, l2: None) -> None:
    shell("%mcp login l2 --consent approve --scopes shop:read,offline_access,shop:write --quiet")
    shell("%mcp login l2 --again --consent approve --quiet")
    assert set(servers["l2"].permission.stored().tokens.scopes) == {"shop:read", "shop:write", "offline_access"}


def test_a_second_logout_has_no_tokens_to_remove(shell: Shell, l2: None) -> None:
    shell("%mcp login l2 --consent approve --quiet")
    assert "the tokens" in shell("%mcp logout l2").text
    assert "no tokens are stored" in shell("%mcp logout l2").text


@pytest.mark.kernel
def test_a_notebook_that_nobody_attends_keeps_no_link(nothing_leaks: None) -> None:
    cells = [
        "%load_ext mcp_magics\n%mcp playground start l2 --quiet",
        "job = %mcp login l2 --no-wait\n%mcp login l2 --no-wait",
        "job.state",
        "%mcp playground stop l2",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    NotebookClient(notebook, timeout=60).execute()
    saved = nbformat.writes(notebook)
    assert "'cancelled'" in saved
    assert "authorize" not in saved


def test_a_login_nobody_came_back_from_leaves_its_client_to_the_next(shell: Shell, l2: None) -> None:
    first = shell.value("job = %mcp login l2 --no-wait --quiet --timeout 0.3\njob")
    first.job.wait(10)
    client = servers["l2"].permission.stored().client
    assert client.origin == "registered"
    shell("%mcp login l2 --consent approve --quiet")
    assert servers["l2"].permission.stored().client == client
