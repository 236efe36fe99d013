"""A secret is kept where it was promised, and a store that fails never says "not set"."""

from __future__ import annotations

import json
import stat

import keyring
import pytest
from keyring.backend import KeyringBackend

from mcp_magics.config.keyring_service import has_keyring
from mcp_magics.config.secret_file import FileSecrets
from mcp_magics.config.secret_keyring import KeyringSecrets
from mcp_magics.config.secret_store import SecretStore
from mcp_magics.config.secrets import (
    AutoSecrets,
    LayeredSecrets,
    MemorySecrets,
    open_secrets,
    secrets,
    session_secrets,
    use_secret_store,
)
from mcp_magics.errors import ConfigurationError


class Ring(KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.kept = {}
        self.reads = 0

    def get_password(self, service, username):
        self.reads += 1
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        del self.kept[service, username]


class Broken(Ring):
    """A keyring that is locked."""

    def get_password(self, service, username):
        raise RuntimeError("locked, and here is s3cret-canary")

    set_password = delete_password = get_password


@pytest.fixture
def use_keyring():
    """Put a keyring in charge: ``use_keyring(Ring())``."""
    before = keyring.get_keyring()

    def use(backend):
        keyring.set_keyring(backend)
        return backend

    yield use
    keyring.set_keyring(before)


@pytest.fixture(params=["memory", "file", "keyring", "auto", "layered"])
def store(request, use_keyring, home) -> SecretStore:
    """Each kind of store, empty."""
    use_keyring(Ring())
    kinds = {
        "memory": MemorySecrets,
        "file": FileSecrets,
        "keyring": KeyringSecrets,
        "auto": lambda: open_secrets("auto"),
        "layered": lambda: LayeredSecrets(MemorySecrets(), FileSecrets()),
    }
    return kinds[request.param]()


def test_every_store_keeps_lists_and_forgets(store):
    assert isinstance(store, SecretStore)
    assert store.get("A") is None and store.names() == []
    store.set("B", "two")
    store.set("A", "one ü \n")
    store.set("B", "three")
    assert (store.get("A"), store.get("B"), store.names()) == ("one ü \n", "three", ["A", "B"])
    assert (store.delete("A"), store.delete("A")) == (True, False)
    assert (store.get("A"), store.names()) == (None, ["B"])


@pytest.mark.parametrize("name", ["", "a b", "1A", "A=B", "ü", "names of secrets"])
def test_a_name_that_no_reference_could_have_is_refused(store, name):
    with pytest.raises(ConfigurationError, match="cannot name a secret"):
        store.set(name, "x")


def test_the_file_is_private_and_goes_with_its_last_secret(home):
    kept = FileSecrets()
    kept.set("A", "one")
    assert stat.S_IMODE((home / "credentials.json").stat().st_mode) == 0o600
    assert json.loads((home / "credentials.json").read_text()) == {"secrets": {"A": "one"}}
    kept.delete("A")
    assert list(home.iterdir()) == []


def test_a_file_that_others_can_read_is_refused(home):
    FileSecrets().set("A", "one")
    (home / "credentials.json").chmod(0o644)
    for use in (lambda: FileSecrets().get("A"), lambda: FileSecrets().set("B", "x"), lambda: FileSecrets().names()):
        with pytest.raises(ConfigurationError) as caught:
            use()
        assert caught.value.failure.class_ == "store_error"
        assert caught.value.failure.next_step == f"!chmod 600 {home / 'credentials.json'}"


@pytest.mark.parametrize(
    "text", ["{not valid json", "[]", '{"secrets": {"A": 1}}', '{"secrets": []}', "\udcff", "[" * 100_000]
)
def test_a_malformed_file_is_an_error_and_is_not_overwritten(home, text):
    path = home / "credentials.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    path.chmod(0o600)
    before = path.read_bytes()
    for use in (lambda: FileSecrets().get("A"), lambda: FileSecrets().set("A", "x")):
        with pytest.raises(ConfigurationError) as caught:
            use()
        assert caught.value.failure.class_ == "store_error"
        assert str(path) in caught.value.failure.message
    assert path.read_bytes() == before


def test_a_keyring_that_fails_says_how_to_use_the_file(use_keyring):
    use_keyring(Broken())
    with pytest.raises(ConfigurationError) as caught:
        KeyringSecrets().get("A")
    assert caught.value.failure.next_step == "%config MCPMagics.secret_store = 'file'"


def test_a_secret_of_yesterdays_file_format_is_not_read(home):
    (home / "secrets.json").write_text('{"A": "one"}')
    assert FileSecrets().get("A") is None


def test_what_else_is_in_the_file_stays_as_it_is(home):
    path = home / "credentials.json"
    path.write_text('{"oauth": {"x": {"y": null}}, "later": [1]}')
    path.chmod(0o600)
    FileSecrets().set("A", "one")
    FileSecrets().delete("A")
    assert json.loads(path.read_text()) == {"oauth": {"x": {"y": None}}, "later": [1]}


def test_a_home_that_cannot_be_written_is_a_store_error(monkeypatch):
    monkeypatch.setenv("MCP_MAGICS_HOME", "/proc")
    with pytest.raises(ConfigurationError) as caught:
        FileSecrets().set("A", "x")
    assert caught.value.failure.class_ == "store_error"


def test_secrets_are_in_the_keyring_under_our_service(use_keyring):
    ring = use_keyring(Ring())
    KeyringSecrets().set("A", "one")
    assert ring.kept["mcp_magics", "A"] == "one"
    assert "one" not in json.dumps([value for (_, name), value in ring.kept.items() if name != "A"])


def test_a_keyring_that_fails_is_an_error_that_names_it_and_never_not_set(use_keyring):
    use_keyring(Broken())
    for use in (
        lambda: KeyringSecrets().get("A"),
        lambda: KeyringSecrets().set("A", "x"),
        lambda: KeyringSecrets().names(),
    ):
        with pytest.raises(ConfigurationError) as caught:
            use()
        failure = caught.value.failure
        assert failure.class_ == "store_error"
        assert "Broken" in failure.evidence[0]
        assert "canary" not in str(caught.value)


def test_row_38_keyring_mode_writes_no_file(use_keyring, home):
    use_keyring(Broken())
    with pytest.raises(ConfigurationError):
        open_secrets("keyring").set("A", "x")
    assert list(home.iterdir()) == []


def test_row_38_file_mode_never_touches_the_keyring(use_keyring):
    ring = use_keyring(Ring())
    kept = open_secrets("file")
    kept.set("A", "x")
    assert (kept.get("A"), kept.get("B"), kept.names()) == ("x", None, ["A"])
    assert ring.reads == 0 and ring.kept == {}


@pytest.mark.parametrize("backend", ["fail", "null", "chainer"])
def test_row_26_without_a_keyring_auto_uses_the_file(use_keyring, home, backend):
    from keyring.backends import chainer, fail, null

    class NoBackends(chainer.ChainerBackend):
        backends = []

    use_keyring({"fail": fail.Keyring, "null": null.Keyring, "chainer": NoBackends}[backend]())
    assert not has_keyring()
    kept = open_secrets("auto")
    kept.set("A", "x")
    assert kept.get("A") == "x"
    assert (home / "credentials.json").exists()
    with pytest.raises(ConfigurationError, match="no keyring"):
        open_secrets("keyring").get("A")


def test_auto_falls_back_to_the_file_when_the_keyring_will_not_take_a_secret(use_keyring):
    use_keyring(Broken())
    kept = AutoSecrets(KeyringSecrets(), FileSecrets())
    kept.set("A", "x")
    assert kept.get("A") == "x"
    with pytest.raises(ConfigurationError) as caught:
        kept.get("B")
    assert caught.value.failure.class_ == "store_error"


def test_auto_keeps_a_secret_in_one_place_only(use_keyring, home):
    ring = use_keyring(Ring())
    FileSecrets().set("A", "old")
    open_secrets("auto").set("A", "new")
    assert open_secrets("auto").get("A") == "new"
    assert not (home / "credentials.json").exists()
    assert ring.kept["mcp_magics", "A"] == "new"


def test_a_store_that_does_not_exist_suggests_one_that_does():
    with pytest.raises(ConfigurationError, match="did you mean 'keyring'"):
        use_secret_store("keyrung")


def test_this_sessions_secrets_come_first_until_they_are_kept():
    session_secrets().set("ONLY_HERE", "session")
    try:
        assert secrets().get("ONLY_HERE") == "session"
        assert "ONLY_HERE" in secrets().names()
        secrets().set("ONLY_HERE", "kept")
        assert session_secrets().names() == []
        assert FileSecrets().get("ONLY_HERE") == "kept"
    finally:
        secrets().delete("ONLY_HERE")
