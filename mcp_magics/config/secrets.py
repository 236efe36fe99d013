"""Secrets by name: asked for once, kept outside the notebook, found by ``${NAME}`` when a server is started.

``auto`` keeps them in the system's keyring and, where there is none, in a file only its owner can read. What cannot
be read is an error (``store_error``), never "not set".
"""

from __future__ import annotations

import difflib
import threading
from typing import TYPE_CHECKING, Literal, cast, get_args

from mcp_magics.config.keyring_service import has_keyring
from mcp_magics.config.secret_file import FileSecrets
from mcp_magics.config.secret_keyring import KeyringSecrets
from mcp_magics.config.secret_store import check_secret_name
from mcp_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from mcp_magics.config.secret_store import SecretStore

Mode = Literal["auto", "keyring", "file"]


class MemorySecrets:
    """Secrets that end with the process."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> str | None:
        """The secret called ``name``, or None."""
        return self._values.get(name)

    def set(self, name: str, value: str) -> None:
        """Keep ``value`` until the process ends."""
        with self._lock:
            self._values[check_secret_name(name)] = value

    def delete(self, name: str) -> bool:
        """Forget ``name``; whether there was one."""
        with self._lock:
            return self._values.pop(name, None) is not None

    def names(self) -> list[str]:
        """The names, sorted."""
        return sorted(self._values)


class LayeredSecrets:
    """This session's secrets over those that are kept; what is set is kept, and no longer only this session's."""

    def __init__(self, session: SecretStore, kept: SecretStore) -> None:
        self.session = session
        self.kept = kept

    def get(self, name: str) -> str | None:
        """The session's secret, or the kept one."""
        value = self.session.get(name)
        return self.kept.get(name) if value is None else value

    def set(self, name: str, value: str) -> None:
        """Keep ``value`` beyond this session."""
        self.kept.set(check_secret_name(name), value)
        self.session.delete(name)

    def delete(self, name: str) -> bool:
        """Forget ``name`` in both."""
        return self.session.delete(name) | self.kept.delete(name)

    def names(self) -> list[str]:
        """The names of both, sorted."""
        return sorted({*self.session.names(), *self.kept.names()})


class AutoSecrets:
    """The keyring where there is one that works, else the file; a secret is in one of them only."""

    def __init__(self, keyring: SecretStore, file: SecretStore) -> None:
        self.keyring = keyring
        self.file = file

    def get(self, name: str) -> str | None:
        """The secret from the file or the keyring; a keyring that fails is an error unless the file has it."""
        value = self.file.get(name)
        return self.keyring.get(name) if value is None else value

    def set(self, name: str, value: str) -> None:
        """Keep ``value`` in the keyring, or in the file where the keyring will not have it."""
        try:
            self.keyring.set(name, value)
        except ConfigurationError as error:
            if error.failure.class_ != "store_error":
                raise
            self.file.set(name, value)
        else:
            self.file.delete(name)

    def delete(self, name: str) -> bool:
        """Forget ``name`` in both."""
        return self.file.delete(name) | self.keyring.delete(name)

    def names(self) -> list[str]:
        """The names of both, sorted."""
        return sorted({*self.file.names(), *self.keyring.names()})


def open_secrets(mode: str) -> SecretStore:
    """The store of that mode; raises ``ConfigurationError`` for another word or, for ``keyring``, without a keyring."""
    if mode not in get_args(Mode):
        near = difflib.get_close_matches(mode, get_args(Mode), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        message = f"there is no credential store {mode!r}{hint}"
        step = f"%config MCPMagics.secret_store = {near[0] if near else 'auto'!r}"
        evidence = (f"one of: {', '.join(get_args(Mode))}",)
        raise ConfigurationError(message, phase="config", evidence=evidence, next_step=step)
    if mode == "keyring":
        return KeyringSecrets()
    file = FileSecrets()
    return AutoSecrets(KeyringSecrets(), file) if mode == "auto" and has_keyring() else file


class _Session:
    """The secrets of this process: what only it knows, and the store that was chosen, opened when first asked."""

    def __init__(self) -> None:
        self.memory = MemorySecrets()
        self._mode: Mode = "auto"
        self._kept: SecretStore | None = None
        self._lock = threading.Lock()

    @property
    def mode(self) -> Mode:
        return self._mode

    def choose(self, mode: str) -> None:
        with self._lock:
            if mode != self._mode:
                self._kept, self._mode = open_secrets(mode), cast("Mode", mode)

    def opened(self) -> SecretStore:
        with self._lock:
            if self._kept is None:
                self._kept = open_secrets(self._mode)
            return self._kept


_SESSION = _Session()


def secrets() -> SecretStore:
    """The secrets of this session over those that are kept."""
    return LayeredSecrets(_SESSION.memory, _SESSION.opened())


def session_secrets() -> MemorySecrets:
    """The secrets that end with this process."""
    return _SESSION.memory


def use_secret_store(mode: str) -> None:
    """Keep secrets in another store (``auto``, ``keyring``, ``file``) from now on; raises ``ConfigurationError``."""
    _SESSION.choose(mode)


def secret_store_mode() -> Mode:
    """Where secrets and logins are kept in this session."""
    return _SESSION.mode
