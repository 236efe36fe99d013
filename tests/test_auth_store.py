"""A login is kept where it was promised, private, and a store that fails never says "not logged in"."""

from __future__ import annotations

import json
import stat
import threading
from dataclasses import replace

import keyring
import pytest
from keyring.backend import KeyringBackend

from mcp_magics.auth.credential import Client, OAuthCredential, Tokens
from mcp_magics.auth.store import (
    AutoCredentials,
    CredentialStore,
    FileCredentials,
    KeyringCredentials,
    MemoryCredentials,
    credential_store,
    open_credentials,
)
from mcp_magics.auth.stored_credential import entry_key
from mcp_magics.config.secret_file import FileSecrets
from mcp_magics.config.secrets import use_secret_store
from mcp_magics.errors import ConfigurationError

URL = "https://mcp.example.com/mcp"
ISSUER = "https://as.example.com"
WINDOWS_LIMIT = 2560


def credential(access="access-canary-1", *, url=URL, refresh="refresh-canary-1"):
    client = Client(
        "client-1", "registered", ISSUER, "client_secret_basic", "http://127.0.0.1:4321/cb", "s3cret-canary"
    )
    tokens = Tokens(access, "DPoP", 1_900_000_000.5, refresh, ("read", "write"))
    endpoints = {"token_endpoint": f"{ISSUER}/token"}
    return OAuthCredential(url, url, client, tokens, endpoints, requested=("read",), obtained_at=1.5, dpop_key="{}")


class Ring(KeyringBackend):
    """A keyring in memory that counts what it is asked."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.kept, self.reads, self.writes = {}, 0, 0

    def get_password(self, service, username):
        self.reads += 1
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.writes += 1
        self.kept[service, username] = password

    def delete_password(self, service, username):
        del self.kept[service, username]


class Locked(Ring):
    """A keyring nobody can open."""

    def get_password(self, service, username):
        raise RuntimeError("locked, and here is s3cret-canary")

    set_password = delete_password = get_password


class Small(Ring):
    """A keyring that takes what Windows' takes."""

    def set_password(self, service, username, password):
        if len(password.encode("utf-16-le")) > WINDOWS_LIMIT:
            raise OSError(1783, "The stub received bad data")
        super().set_password(service, username, password)


Small.__module__ = "keyring.backends.Windows"


@pytest.fixture
def use_keyring():
    """Put a keyring in charge: ``use_keyring(Ring())``."""
    before = keyring.get_keyring()

    def use(backend):
        keyring.set_keyring(backend)
        return backend

    yield use
    keyring.set_keyring(before)
    for mode in ("file", "auto"):  # opened anew, with the keyring that is in charge now
        use_secret_store(mode)


@pytest.fixture(params=["memory", "file", "keyring", "auto", "auto without a keyring"])
def store(request, use_keyring, home) -> CredentialStore:
    """Each kind of store, empty."""
    if request.param != "auto without a keyring":
        use_keyring(Ring())
    return MemoryCredentials() if request.param == "memory" else open_credentials(request.param.partition(" ")[0])


def test_every_store_gives_back_what_it_was_given_and_forgets_it(store):
    assert isinstance(store, CredentialStore)
    assert store.get("shop", URL) is None and store.where("shop", URL) is None and store.delete("shop", URL) == ()
    given = credential()
    store.set("shop", given)
    assert store.get("shop", URL) == given
    place = store.where("shop", URL)
    assert store.delete("shop", URL) == (place,)
    assert store.get("shop", URL) is None and store.where("shop", URL) is None


def test_a_client_without_tokens_is_kept_too(store):
    store.set("shop", replace(credential(), tokens=None))
    assert store.get("shop", URL) == replace(credential(), tokens=None)


def test_each_server_has_its_own_by_name_and_by_address(store):
    other = "https://other.example.com/mcp"
    store.set("shop", credential("one"))
    store.set("shop", credential("two", url=other))
    store.set("bank", credential("three"))
    found = [store.get(*key).tokens.access_token for key in (("shop", URL), ("shop", other), ("bank", URL))]
    assert found == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://mcp.example.com", "HTTPS://MCP.example.com/", True),
        (URL, f"{URL}#fragment", True),
        (URL, f"{URL}/", False),
        (URL, f"{URL}?tenant=2", False),
        (URL, "http://mcp.example.com/mcp", False),
    ],
)
def test_an_entry_is_named_by_the_canonical_address(one, other, same):
    assert (entry_key("shop", one) == entry_key("shop", other)) is same
    assert entry_key("shop", one).startswith("shop|") and len(entry_key("shop", one)) == len("shop|") + 16


def test_the_key_of_an_entry_never_changes_between_versions():
    assert entry_key("shop", "https://mcp.example.com/mcp") == "shop|7a930d27a3f5c464"


def test_places_are_told_in_words_for_a_person(use_keyring, home):
    use_keyring(Ring())
    told = []
    for kept in (MemoryCredentials(), FileCredentials(), KeyringCredentials()):
        kept.set("shop", credential())
        told.append(kept.where("shop", URL))
    assert told[:2] == ["memory", str(home / "credentials.json")]
    assert told[2].startswith("keyring (") and told[2].endswith("Ring)")


def test_row_41_the_file_is_private_and_goes_with_its_last_entry(home):
    path = home / "credentials.json"
    FileCredentials().set("shop", credential())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    FileSecrets().set("A", "one")
    FileCredentials().delete("shop", URL)
    assert json.loads(path.read_text()) == {"secrets": {"A": "one"}}
    FileSecrets().delete("A")
    assert list(home.iterdir()) == []


def test_row_41_the_file_is_never_seen_half_written_or_open_to_others(home):
    path, kept, seen = home / "credentials.json", FileCredentials(), []
    kept.set("shop", credential())
    done = threading.Event()

    def look():
        while not done.is_set():
            seen.append((stat.S_IMODE(path.stat().st_mode), kept.get("shop", URL).tokens.access_token))

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(50):
        kept.set("shop", credential(f"access-{number}"))
    done.set()
    reader.join()
    assert seen and {mode for mode, _ in seen} == {0o600}
    assert list(home.iterdir()) == [path]


def test_row_41_a_file_others_can_read_is_refused_by_every_use(home):
    kept = FileCredentials()
    kept.set("shop", credential())
    (home / "credentials.json").chmod(0o640)
    for use in (
        lambda: kept.get("shop", URL),
        lambda: kept.set("shop", credential()),
        lambda: kept.where("shop", URL),
        lambda: kept.delete("shop", URL),
    ):
        with pytest.raises(ConfigurationError) as caught:
            use()
        assert caught.value.failure.class_ == "store_error"
        assert caught.value.failure.next_step == f"!chmod 600 {home / 'credentials.json'}"


@pytest.mark.parametrize("mode", ["file", "auto"])
def test_a_store_file_that_is_no_json_is_an_error_naming_it(use_keyring, home, mode):
    use_keyring(Ring())
    path = home / "credentials.json"
    path.write_text("{not valid json")
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="failed to parse") as caught:
        open_credentials(mode).get("shop", URL)
    assert caught.value.failure.class_ == "store_error"
    assert str(path) in caught.value.failure.message
    assert path.read_text() == "{not valid json"


@pytest.mark.parametrize(
    "damage",
    [
        lambda entry: "text",
        lambda entry: [],
        lambda entry: {},
        lambda entry: {**entry, "client": None},
        lambda entry: {**entry, "client": {"client_id": "x"}},
        lambda entry: {**entry, "tokens": {"access_token": 7}},
        lambda entry: {**entry, "tokens": {**entry["tokens"], "expires_at": "soon"}},
        lambda entry: {**entry, "tokens": {**entry["tokens"], "expires_at": float("nan")}},
        lambda entry: {**entry, "tokens": {**entry["tokens"], "scopes": [1]}},
        lambda entry: {**entry, "endpoints": None},
        lambda entry: {**entry, "endpoints": {"token_endpoint": 1}},
        lambda entry: {**entry, "server_url": None},
    ],
)
def test_an_entry_somebody_mangled_is_an_error_and_can_be_logged_out(home, use_keyring, damage):
    ring = use_keyring(Ring())
    damaged = damage(credential().to_json())
    path = home / "credentials.json"
    path.write_text(json.dumps({"oauth": {entry_key("shop", URL): damaged}}))
    path.chmod(0o600)
    ring.kept["mcp_magics", entry_key("shop", URL)] = json.dumps(damaged)
    for kept in (FileCredentials(), KeyringCredentials()):
        with pytest.raises(ConfigurationError, match="failed to parse the credential of shop") as caught:
            kept.get("shop", URL)
        assert (caught.value.failure.class_, caught.value.failure.server) == ("store_error", "shop")
        assert "canary" not in str(caught.value)
        assert len(kept.delete("shop", URL)) == 1


def test_row_38_keyring_mode_with_a_broken_keyring_errs_and_writes_no_file(use_keyring, home):
    use_keyring(Locked())
    kept = open_credentials("keyring")
    for use in (lambda: kept.get("shop", URL), lambda: kept.set("shop", credential())):
        with pytest.raises(ConfigurationError) as caught:
            use()
        failure = caught.value.failure
        assert failure.class_ == "store_error" and "Locked" in failure.evidence[0]
        assert failure.next_step == "%config MCPMagics.secret_store = 'file'"
        assert "canary" not in str(caught.value)
    assert list(home.iterdir()) == []


def test_row_38_file_mode_never_touches_the_keyring(use_keyring):
    ring = use_keyring(Ring())
    kept = open_credentials("file")
    kept.set("shop", credential())
    assert (kept.get("shop", URL), kept.where("bank", URL)) == (credential(), None)
    kept.delete("shop", URL)
    assert (ring.reads, ring.writes, ring.kept) == (0, 0, {})


def test_row_31_auto_prefers_the_keyring_and_leaves_no_file(use_keyring, home):
    ring = use_keyring(Ring())
    open_credentials("auto").set("shop", credential())
    assert json.loads(ring.kept["mcp_magics", entry_key("shop", URL)])["tokens"]["access_token"] == "access-canary-1"
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("backend", ["fail", "null", "chainer"])
def test_row_26_without_a_keyring_auto_is_the_file(use_keyring, home, backend):
    from keyring.backends import chainer, fail, null

    class NoBackends(chainer.ChainerBackend):
        backends = []

    use_keyring({"fail": fail.Keyring, "null": null.Keyring, "chainer": NoBackends}[backend]())
    kept = open_credentials("auto")
    kept.set("shop", credential())
    assert kept.get("shop", URL) == credential()
    assert kept.where("shop", URL) == str(home / "credentials.json")


def test_auto_never_takes_a_keyring_that_cannot_be_read_for_no_login(use_keyring):
    use_keyring(Locked())
    with pytest.raises(ConfigurationError) as caught:
        open_credentials("auto").get("shop", URL)
    assert caught.value.failure.class_ == "store_error"


def test_what_was_read_from_the_file_is_written_to_the_file(use_keyring, home):
    ring = use_keyring(Ring())
    FileCredentials().set("shop", credential())
    kept = open_credentials("auto")
    kept.set("shop", credential("newer"))
    assert FileCredentials().get("shop", URL).tokens.access_token == "newer"
    assert ring.kept == {}


def test_a_credential_the_keyring_will_not_take_goes_to_the_file_and_is_found_there_first(use_keyring):
    ring = use_keyring(Small())
    kept = open_credentials("auto")
    kept.set("shop", credential())
    assert ring.kept
    kept.set("shop", credential("x" * WINDOWS_LIMIT))
    assert kept.get("shop", URL).tokens.access_token == "x" * WINDOWS_LIMIT
    assert len(kept.delete("shop", URL)) == 2
    assert kept.get("shop", URL) is None and ring.kept == {}


def test_keyring_mode_names_the_limit_of_windows(use_keyring):
    use_keyring(Small())
    with pytest.raises(ConfigurationError) as caught:
        open_credentials("keyring").set("shop", credential("x" * WINDOWS_LIMIT))
    assert "Windows takes 2,560" in caught.value.failure.evidence[1]


def test_row_41_logging_out_empties_both_stores_and_says_which(use_keyring, home):
    use_keyring(Ring())
    FileCredentials().set("shop", credential())
    KeyringCredentials().set("shop", credential())
    removed = open_credentials("auto").delete("shop", URL)
    assert removed[0] == str(home / "credentials.json") and removed[1].startswith("keyring (")
    assert list(home.iterdir()) == []


def test_logging_out_with_a_locked_keyring_empties_the_file_and_says_what_remains(use_keyring, home):
    use_keyring(Locked())
    FileCredentials().set("shop", credential())
    with pytest.raises(ConfigurationError) as caught:
        AutoCredentials(KeyringCredentials(), FileCredentials()).delete("shop", URL)
    assert caught.value.failure.class_ == "store_error"
    assert caught.value.failure.evidence[0] == f"removed from {home / 'credentials.json'}"
    assert list(home.iterdir()) == []


def test_the_session_chooses_the_store_of_logins_with_that_of_secrets(use_keyring):
    use_keyring(Ring())
    kinds = []
    for mode in ("file", "keyring", "auto"):
        use_secret_store(mode)
        kinds.append(type(credential_store()))
    assert kinds == [FileCredentials, KeyringCredentials, AutoCredentials]


def test_to_open_a_store_asks_no_keyring(monkeypatch):
    def never():
        raise AssertionError("asked")

    monkeypatch.setattr(keyring, "get_keyring", never)
    for mode in ("auto", "keyring", "file"):
        open_credentials(mode)


def test_many_threads_lose_no_entry(home):
    def keep(number):
        FileCredentials().set(f"server-{number}", credential(f"access-{number}"))

    threads = [threading.Thread(target=keep, args=(number,)) for number in range(12)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    kept = FileCredentials()
    assert [kept.get(f"server-{n}", URL).tokens.access_token for n in range(12)] == [f"access-{n}" for n in range(12)]
