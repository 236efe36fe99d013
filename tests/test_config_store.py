"""Three scopes, files that are never half-written, and secrets that never reach a project's file."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcp_magics.config.document import entry_from_spec, spec_from_entry, spec_from_options
from mcp_magics.config.expand import expand_stdio
from mcp_magics.config.files import replace_text
from mcp_magics.config.home import home as find_home
from mcp_magics.config.jsonedit import with_member, without_member
from mcp_magics.config.jsontext import JsonTextError, parse
from mcp_magics.config.store import Store
from mcp_magics.errors import ConfigurationError, UnknownServerError
from mcp_magics.redact import redactor

PROJECT = Path(".mcp.json")


def spec(name="s", **options):
    return spec_from_options(name, **{"command": ["server", "--fast"], **options})


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_nearest_scope_wins(home):
    store = Store()
    for number, scope in enumerate(("user", "project", "notebook"), 1):
        store.put(spec(tool_timeout=number), scope)
        found = store.get("s")
        assert (found.scope, found.spec.tool_timeout) == (scope, number)
    assert [each.scope for each in store.specs()] == ["notebook"]
    assert [store.remove("s") for _ in range(3)] == ["notebook", "project", "user"]
    assert store.get("s") is None and store.names() == []


def test_scopes_are_listed_in_order_and_say_where_they_are(home, elsewhere):
    store = Store()
    store.put(spec("u"), "user")
    store.put(spec("p"), "project")
    store.put(spec("n"), "notebook")
    assert [(each.spec.name, each.scope, each.path) for each in store.specs()] == [
        ("n", "notebook", None),
        ("p", "project", elsewhere / ".mcp.json"),
        ("u", "user", home / "mcp.json"),
    ]


def test_a_wider_scope_takes_over_from_the_notebook():
    store = Store()
    store.put(spec(tool_timeout=1), "notebook")
    store.put(spec(tool_timeout=2), "user")
    assert store.get("s").spec.tool_timeout == 2


def test_a_hidden_server_is_said_to_be_hidden():
    store = Store()
    store.put(spec(), "project")
    assert "hides" in " ".join(store.put(spec(), "user"))


def test_what_is_put_comes_back_equal_in_another_process():
    Store().put(spec(env={"A": "${B}"}, enabled_tools=["t"], reload=["x.py"]), "project")
    assert Store().get("s").spec == spec(env={"A": "${B}"}, enabled_tools=["t"], reload=["x.py"])


def test_a_file_changed_by_someone_else_is_read_again():
    store = Store()
    store.put(spec("a"), "project")
    assert store.names() == ["a"]
    replace_text(PROJECT, '{"mcpServers": {"b": {"command": "x"}}}', 0o644)
    assert store.names() == ["b"]
    PROJECT.unlink()
    assert store.names() == []


def test_a_change_leaves_everything_else_as_it_was():
    before = (
        '{\n    "other": {"number": 1e999, "big": 12345678901234567890.10},\n'
        '    "mcpServers": {\n        "z": {"command": "x",   "args": ["-y", "z"], "unknown": [1,2]},\n'
        '        "a": {"url": "https://h"}\n    },\n    "last": null\n}\n'
    )
    PROJECT.write_text(before)
    store = Store()
    store.put(spec("new", command=["y"]), "project")
    after = PROJECT.read_text()
    entry = '        "new": {\n            "type": "stdio",\n            "command": "y"\n        }\n'
    assert after == before.replace('"https://h"}\n', '"https://h"},\n' + entry)
    store.remove("new")
    assert PROJECT.read_text() == before
    store.remove("z")
    assert list(json.loads(PROJECT.read_text())["mcpServers"]) == ["a"]


def test_a_file_of_the_user_is_private_from_its_first_byte_and_a_projects_is_not(home, monkeypatch):
    seen = []
    real = os.open

    def spy(path, flags, *more, **options):
        if str(path).endswith(".tmp"):
            seen.append(more[0])
        return real(path, flags, *more, **options)

    monkeypatch.setattr(os, "open", spy)
    store = Store()
    store.put(spec(), "user")
    store.put(spec(), "project")
    assert seen == [0o600, 0o644]
    assert mode(home / "mcp.json") == 0o600
    assert mode(PROJECT) == 0o644


def test_a_projects_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path):
    real = tmp_path / "real.json"
    real.write_text("{}")
    real.chmod(0o640)
    PROJECT.symlink_to(real)
    Store().put(spec(), "project")
    assert PROJECT.is_symlink()
    assert mode(real) == 0o640
    assert "mcpServers" in real.read_text()


def test_a_users_file_that_others_could_read_is_private_after_a_change(home):
    (home / "mcp.json").write_text("{}")
    (home / "mcp.json").chmod(0o644)
    Store().put(spec(), "user")
    assert mode(home / "mcp.json") == 0o600


def test_nothing_is_left_beside_the_file(home, elsewhere):
    Store().put(spec(), "project")
    Store().put(spec(), "user")
    assert [path.name for path in elsewhere.iterdir()] == [".mcp.json"]
    assert [path.name for path in home.iterdir()] == ["mcp.json"]


def test_a_failed_write_leaves_the_old_file_whole(monkeypatch, elsewhere):
    store = Store()
    store.put(spec("a"), "project")
    before = PROJECT.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigurationError, match="No space left"):
        store.put(spec("b"), "project")
    assert PROJECT.read_bytes() == before
    assert [path.name for path in elsewhere.iterdir()] == [".mcp.json"]


def test_processes_that_write_at_once_lose_nothing(elsewhere):
    code = (
        "import sys\nfrom mcp_magics.config.document import spec_from_options\n"
        "from mcp_magics.config.store import Store\n"
        "for n in range(5): Store().put(spec_from_options(f'{sys.argv[1]}-{n}', command='x'), 'project')\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(number)]) for number in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert len(Store().names()) == 15


BROKEN = {
    '{"mcpServers": {\n "a": {"command": "x",}}}': ":2, column 22: a comma before '}'",
    '{"mcpServers": {\n "a": {"command": "x"\n "b": 1}}': ":3, column 2: expected ','",
    '{"mcpServers": {"a": {"command": "x"}': "the text ends where ',' or '}' should be",
    '{"mcpServers": {"a": {"command": "x"}, "a": {"command": "y"}}}': "the name 'a' is used twice",
    '{\n"mcpServers": []}': ":2: mcpServers must be an object",
    "[]": ":1: the file must hold an object",
    "// a\n{}": ":1, column 1: expected a value",
}


@pytest.mark.parametrize(("text", "message"), BROKEN.items(), ids=BROKEN.values())
def test_a_broken_file_is_named_with_its_line_and_never_overwritten(text, message):
    PROJECT.write_text(text)
    store = Store()
    [problem] = store.problems()
    assert str(PROJECT.absolute()) in problem.failure.message
    assert message in problem.failure.message
    for change in (lambda: store.put(spec("a"), "project"), lambda: store.put(spec("b"), "project")):
        with pytest.raises(ConfigurationError) as caught:
            change()
        assert message in caught.value.failure.message
    assert PROJECT.read_text() == text


def test_a_broken_file_hides_no_server_of_another_place():
    store = Store()
    store.put(spec("mine"), "user")
    PROJECT.write_text('{"mcpServers": {"theirs": {"command": }}}')
    store.put(spec("here"), "notebook")
    assert store.names() == ["here", "mine"]
    assert store.get("mine").scope == "user"
    assert store.get("unheard-of") is None
    with pytest.raises(ConfigurationError, match=r"\.mcp\.json:1"):
        store.get("theirs")


def test_a_wrong_entry_is_named_with_line_and_key_and_the_others_work():
    PROJECT.write_text('{"mcpServers": {\n"a": {"command": "x"},\n"b": {\n"command": "x",\n"env": {"K": 1}}}}')
    store = Store()
    assert store.names() == ["a"]
    [problem] = store.problems()
    assert (
        problem.failure.message
        == f"{PROJECT.absolute()}:5: mcpServers.b: env.K: input should be a valid string, not a number"
    )
    with pytest.raises(ConfigurationError, match=r"env\.K"):
        store.get("b")
    assert store.remove("b") == "project"
    assert store.problems() == []


def test_a_name_nobody_can_read_in_a_file_is_a_problem_not_a_crash():
    PROJECT.write_text('{"mcpServers": {"\\u001b[31m": {"command": "x"}, "a": {"command": "x"}}}')
    store = Store()
    assert store.names() == ["a"]
    assert "\x1b" not in str(store.problems()[0])


def test_a_file_that_is_not_utf_8_is_named():
    PROJECT.write_bytes(b'{"mcpServers": {"a\xff": {}}}')
    assert "not UTF-8" in Store().problems()[0].failure.message


def test_an_empty_file_and_one_with_a_byte_order_mark_are_fine():
    PROJECT.write_text("")
    assert Store().problems() == []
    PROJECT.write_bytes(b'\xef\xbb\xbf{"mcpServers": {"a": {"command": "x"}}}')
    assert Store().names() == ["a"]


def test_an_unknown_server_cannot_be_removed():
    with pytest.raises(UnknownServerError, match="no server 'x' in scope project"):
        Store().remove("x", "project")


def test_an_object_of_this_process_is_for_the_notebook_only():
    app = spec_from_options("o", object=object())
    store = Store()
    store.put(app, "notebook")
    with pytest.raises(ConfigurationError, match="no file can hold it"):
        store.put(app, "project")
    assert store.get("o").spec is app
    assert not PROJECT.exists()


LITERAL = {
    "command": ["docker", "--api-key", "args-canary-1234", "-e", "OTHER=ghp_argscanaryabcdefgh1234"],
    "env": {"API_KEY": "env-canary-1234", "MODE": "plain"},
}


def test_a_literal_secret_never_reaches_a_projects_file_and_is_not_lost():
    store = Store()
    notes = store.put(spec(**LITERAL), "project")
    text = PROJECT.read_text()
    assert "canary" not in text and "plain" in text
    assert len(notes) == 3
    assert any("%mcp secret API_KEY" in note for note in notes)
    assert "canary" not in " ".join(notes)
    run = expand_stdio(store.get("s").spec)
    assert run.args == tuple(LITERAL["command"][1:])
    assert run.env["API_KEY"] == "env-canary-1234"


def test_a_literal_in_an_address_or_a_header_becomes_a_reference_too():
    http = spec_from_entry(
        "h",
        {
            "url": "https://u:p4ss-canary@h/mcp?api_key=query-canary-12&page=2",
            "headers": {"Authorization": "Bearer header-canary-1234", "X-Api-Key": "key-canary-12", "Accept": "a/b"},
        },
    )
    notes = Store().put(http, "project")
    entry = json.loads(PROJECT.read_text())["mcpServers"]["h"]
    assert entry["url"] == "https://u:${H_PASSWORD}@h/mcp?api_key=${H_API_KEY_2}&page=2"
    assert entry["headers"]["Authorization"] == "Bearer ${H_TOKEN}"
    assert entry["headers"]["X-Api-Key"] == "${H_API_KEY}"
    assert entry["headers"]["Accept"] == "a/b"
    assert "canary" not in PROJECT.read_text()
    assert len(notes) == 4


def test_two_secrets_of_one_name_do_not_become_one(monkeypatch):
    monkeypatch.setenv("API_KEY", "another-one-1234")
    Store().put(spec("a", env={"API_KEY": "canary-a-1234"}), "project")
    Store().put(spec("b", env={"API_KEY": "canary-b-1234"}), "project")
    found = {each.spec.name: expand_stdio(each.spec).env["API_KEY"] for each in Store().specs()}
    assert found == {"a": "canary-a-1234", "b": "canary-b-1234"}
    assert os.environ["API_KEY"] == "another-one-1234"


def test_in_a_notebook_a_literal_stays_with_the_line_to_write_instead():
    store = Store()
    notes = store.put(spec(env={"API_KEY": "notebook-canary-1"}), "notebook")
    assert "%mcp secret API_KEY" in notes[0] and "${API_KEY}" in notes[0]
    assert "canary" not in notes[0]
    assert store.get("s").spec.transport.env["API_KEY"] == "notebook-canary-1"
    assert "canary" not in redactor().text("notebook-canary-1")
    assert store.put(spec(env={"API_KEY": "${API_KEY}"}), "notebook") == ()


@pytest.mark.parametrize("value", ["missing", "file"])
def test_row_8_a_home_that_is_no_directory_is_an_error(tmp_path, monkeypatch, value):
    path = tmp_path / value
    if value == "file":
        path.touch()
    monkeypatch.setenv("MCP_MAGICS_HOME", str(path))
    with pytest.raises(ConfigurationError) as caught:
        find_home()
    assert "MCP_MAGICS_HOME" in caught.value.failure.message
    assert str(path) in caught.value.failure.message
    store = Store()
    store.put(spec(), "notebook")
    assert store.names() == ["s"]
    assert len(store.problems()) == 1
    with pytest.raises(ConfigurationError, match="MCP_MAGICS_HOME"):
        store.put(spec(), "user")


def test_row_8_a_home_that_is_a_directory_is_used(tmp_path, monkeypatch):
    monkeypatch.setenv("MCP_MAGICS_HOME", str(tmp_path))
    assert find_home() == tmp_path


def test_row_8_the_usual_home_is_made_when_it_is_first_written(tmp_path, monkeypatch):
    monkeypatch.delenv("MCP_MAGICS_HOME")
    for name in ("HOME", "XDG_CONFIG_HOME", "APPDATA", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path / "someone"))
    store = Store()
    assert store.names() == [] and store.problems() == []
    assert not find_home().exists()
    store.put(spec(), "user")
    assert mode(find_home() / "mcp.json") == 0o600


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="needs a directory nobody can write to")
def test_a_read_only_home_is_a_clear_error_and_the_notebook_still_works(monkeypatch):
    monkeypatch.setenv("MCP_MAGICS_HOME", "/proc")
    store = Store()
    with pytest.raises(ConfigurationError) as caught:
        store.put(spec(), "user")
    assert caught.value.failure.class_ == "config_unwritable"
    assert "/proc/mcp.json cannot be written" in caught.value.failure.message
    assert "notebook" in caught.value.failure.next_step
    store.put(spec(), "notebook")
    assert store.get("s").scope == "notebook"


# -- the JSON that is edited ---------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, st.sampled_from([None, 2, "\t"]))
def test_json_is_read_as_the_standard_library_reads_it(value, indent):
    text = json.dumps(value, indent=indent)
    assert parse(text).value == parse(text, lenient=True).value == json.loads(text)


@given(st.text(alphabet='{}[]":,0123456789eE+-.truefalsn \\/*\n'))
def test_what_the_standard_library_refuses_is_refused(text):
    try:
        expected = json.loads(text, parse_constant=int)
    except ValueError:
        with pytest.raises(JsonTextError):
            parse(text)
        return
    try:
        assert parse(text).value == expected
    except JsonTextError as error:
        assert "twice" in error.reason


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text(), JSON, max_size=4), st.text(), JSON, st.sampled_from([None, 2, 4, "\t"]))
def test_an_edit_changes_one_member_and_nothing_else(document, name, value, indent):
    text = json.dumps(document, indent=indent)
    after = with_member(text, parse(text), name, value)
    assert json.loads(after) == {**document, name: value}
    assert list(json.loads(after)) == list({**document, name: value})
    gone = without_member(after, parse(after), name)
    assert json.loads(gone) == {key: each for key, each in document.items() if key != name}


def test_lenient_json_is_what_people_paste():
    text = '// a\n{"a": [1, 2,], /* b */ "c": {"d": "// no comment",}, ...\n}'
    assert parse(text, lenient=True).value == {"a": [1, 2], "c": {"d": "// no comment"}}
    with pytest.raises(JsonTextError):
        parse(text)


def test_json_that_is_nested_too_deeply_is_refused_not_overflowed():
    with pytest.raises(JsonTextError, match="deep"):
        parse("[" * 100_000)


def test_an_entry_written_by_hand_is_what_a_spec_writes():
    assert entry_from_spec(spec()) == {"type": "stdio", "command": "server", "args": ["--fast"]}
