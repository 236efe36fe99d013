"""Where logins are kept: the system's keyring, the user's credential file, or this process's memory.

The same service, file and modes as for secrets (``%config MCPMagics.secret_store``). Every method blocks, so callers
on a loop use threads; each raises ``ConfigurationError`` of class ``store_error`` where a store fails, which is never
"not logged in".
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from mcp_magics.auth.credential import OAuthCredential
from mcp_magics.auth.stored_credential import entry_key, read_entry
from mcp_magics.config.credential_file import CredentialFile
from mcp_magics.config.keyring_service import KeyringService, has_keyring
from mcp_magics.config.secrets import secret_store_mode
from mcp_magics.errors import ConfigurationError, MCPMagicsError

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_magics.config.secrets import Mode

SECTION = "oauth"


@runtime_checkable
class CredentialStore(Protocol):
    """One credential for each server: its name and its address together are the key."""

    def get(self, name: str, server_url: str) -> OAuthCredential | None:
        """The credential, or None where there is none."""

    def set(self, name: str, credential: OAuthCredential) -> None:
        """Keep ``credential`` in place of any other for the same server."""

    def delete(self, name: str, server_url: str) -> tuple[str, ...]:
        """Forget it, also one that cannot be read; where it was removed from, in words for a person."""

    def where(self, name: str, server_url: str) -> str | None:
        """Where it is: ``keyring (BACKEND)``, a file's path, ``memory``; None where there is none."""


class MemoryCredentials:
    """Credentials that end with the process."""

    def __init__(self) -> None:
        self._entries: dict[str, OAuthCredential] = {}
        self._lock = threading.Lock()

    def get(self, name: str, server_url: str) -> OAuthCredential | None:
        """The credential, or None."""
        return self._entries.get(entry_key(name, server_url))

    def set(self, name: str, credential: OAuthCredential) -> None:
        """Keep it until the process ends."""
        with self._lock:
            self._entries[entry_key(name, credential.server_url)] = credential

    def delete(self, name: str, server_url: str) -> tuple[str, ...]:
        """Forget it."""
        with self._lock:
            return ("memory",) if self._entries.pop(entry_key(name, server_url), None) is not None else ()

    def where(self, name: str, server_url: str) -> str | None:
        """``memory``, or None."""
        return "memory" if entry_key(name, server_url) in self._entries else None


class FileCredentials:
    """Credentials in the user's credential file; ``path`` None is that of the home directory."""

    def __init__(self, path: Path | None = None) -> None:
        self._file = CredentialFile(SECTION, path)

    def get(self, name: str, server_url: str) -> OAuthCredential | None:
        """The credential, or None."""
        entry = self._file.entries().get(entry_key(name, server_url))
        return None if entry is None else read_entry(entry, name, str(self._file.path))

    def set(self, name: str, credential: OAuthCredential) -> None:
        """Keep it; the file is replaced whole."""

        def change(entries: dict[str, Any]) -> bool:
            entries[entry_key(name, credential.server_url)] = credential.to_json()
            return True

        self._file.change(change)

    def delete(self, name: str, server_url: str) -> tuple[str, ...]:
        """Forget it; the file goes with its last entry."""
        key, path = entry_key(name, server_url), str(self._file.path)
        if key not in self._file.entries():
            return ()
        return (path,) if self._file.change(lambda entries: entries.pop(key, self) is not self) else ()

    def where(self, name: str, server_url: str) -> str | None:
        """The file's path, or None."""
        return str(self._file.path) if entry_key(name, server_url) in self._file.entries() else None


class KeyringCredentials:
    """Credentials in the system's keyring, each one JSON text."""

    def __init__(self, keyring: KeyringService | None = None) -> None:
        self._keyring = keyring or KeyringService()

    def get(self, name: str, server_url: str) -> OAuthCredential | None:
        """The credential, or None where the keyring answers that it has none."""
        text = self._keyring.get(entry_key(name, server_url))
        return None if text is None else read_entry(_parsed(text), name, self._place)

    def set(self, name: str, credential: OAuthCredential) -> None:
        """Keep it."""
        text = json.dumps(credential.to_json(), separators=(",", ":"))
        self._keyring.set(entry_key(name, credential.server_url), text)

    def delete(self, name: str, server_url: str) -> tuple[str, ...]:
        """Forget it."""
        return (self._place,) if self._keyring.delete(entry_key(name, server_url)) else ()

    def where(self, name: str, server_url: str) -> str | None:
        """The keyring and its backend, or None."""
        return None if self._keyring.get(entry_key(name, server_url)) is None else self._place

    @property
    def _place(self) -> str:
        return f"keyring ({self._keyring.backend})"


class AutoCredentials:
    """The keyring where there is one that takes a credential, else the file; a credential stays where it was found.

    Whether there is a keyring is looked up when it is needed, in the caller's thread: the search may ask D-Bus.
    """

    def __init__(self, keyring: CredentialStore, file: CredentialStore) -> None:
        self._keyring = keyring
        self._file = file

    def get(self, name: str, server_url: str) -> OAuthCredential | None:
        """The one in the file or in the keyring; a keyring that fails is an error unless the file has it."""
        found = self._file.get(name, server_url)
        return self._keyring.get(name, server_url) if found is None and has_keyring() else found

    def set(self, name: str, credential: OAuthCredential) -> None:
        """Keep it where it is already, else in the keyring, else in the file."""
        if self._file.where(name, credential.server_url) is not None or not has_keyring():
            self._file.set(name, credential)
            return
        try:
            self._keyring.set(name, credential)
        except ConfigurationError as error:
            if error.failure.class_ != "store_error":
                raise
            self._file.set(name, credential)  # from now on found there first, whatever the keyring still has

    def delete(self, name: str, server_url: str) -> tuple[str, ...]:
        """Forget it in both; a store that fails is told of after the other was emptied."""
        removed: tuple[str, ...] = ()
        failed: list[MCPMagicsError] = []
        for store in (self._file, self._keyring) if has_keyring() else (self._file,):
            try:
                removed += store.delete(name, server_url)
            except ConfigurationError as error:
                failed.append(error)
        if failed:
            told = (f"removed from {' and '.join(removed)}",) if removed else ()
            failure = failed[0].failure
            raise ConfigurationError(
                failure.message,
                class_=failure.class_,
                phase=failure.phase,
                server=name,
                evidence=(*told, *failure.evidence),
                next_step=failure.next_step,
            )
        return removed

    def where(self, name: str, server_url: str) -> str | None:
        """Where it is read from."""
        found = self._file.where(name, server_url)
        return self._keyring.where(name, server_url) if found is None and has_keyring() else found


def open_credentials(mode: Mode) -> CredentialStore:
    """The store of that mode; to open one asks and reads nothing."""
    if mode == "keyring":
        return KeyringCredentials()
    file = FileCredentials()
    return AutoCredentials(KeyringCredentials(), file) if mode == "auto" else file


def credential_store() -> CredentialStore:
    """The store this session uses (``%config MCPMagics.secret_store``)."""
    return open_credentials(secret_store_mode())


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
