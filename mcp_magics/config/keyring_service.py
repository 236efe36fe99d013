"""The system's keyring as texts by name; whatever a backend raises is a ``store_error`` that names the backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from mcp_magics.config.secret_store import SERVICE, USE_FILE, store_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from keyring.backend import KeyringBackend

WINDOWS_LIMIT = 2560
"""Bytes of UTF-16 that Windows' Credential Manager takes (``CRED_MAX_CREDENTIAL_BLOB_SIZE``)."""

Answer = TypeVar("Answer")


def has_keyring() -> bool:
    """Whether this system has a keyring at all, and not one that only forgets or refuses."""
    try:
        return _is_usable(_backend())
    except Exception:  # noqa: BLE001  backends are plug-ins: they raise what they like
        return False


class KeyringService:
    """The texts of one service. Every method blocks and raises ``ConfigurationError`` (``store_error``)."""

    def __init__(self, service: str = SERVICE) -> None:
        self._service = service

    @property
    def backend(self) -> str:
        """The name of the backend in charge, or ``keyring`` where there is none to ask."""
        try:
            return _named(_backend())
        except Exception:  # noqa: BLE001  backends are plug-ins: they raise what they like
            return "keyring"

    def get(self, name: str) -> str | None:
        """The text called ``name``, or None where the keyring answers that it has none."""
        text: str | None = self._ask("read", lambda backend: backend.get_password(self._service, name))
        return text

    def set(self, name: str, text: str) -> None:
        """Keep ``text`` as ``name``."""
        size = len(text.encode("utf-16-le", "surrogatepass"))
        told = (f"it has {size:,} bytes; Windows takes {WINDOWS_LIMIT:,}",) if size > WINDOWS_LIMIT else ()
        self._ask("written", lambda backend: backend.set_password(self._service, name, text), *told)

    def delete(self, name: str) -> bool:
        """Forget ``name``; whether there was one."""
        if self.get(name) is None:
            return False
        self._ask("written", lambda backend: backend.delete_password(self._service, name))
        return True

    def _ask(self, done: str, question: Callable[[Any], Answer], *told: str) -> Answer:
        problem, name = "", "keyring"
        try:
            backend = _backend()
            name = _named(backend)
            if _is_usable(backend):
                return question(backend)
            problem = "there is no keyring on this system"
        except Exception as error:  # noqa: BLE001  backends are plug-ins: they raise what they like
            problem = f"the keyring cannot be {done}: {type(error).__name__}"
        windows = told if name.startswith("keyring.backends.Windows.") else ()
        raise store_error(problem, USE_FILE, f"backend: {name}", *windows)


def _backend() -> KeyringBackend:
    import keyring

    return keyring.get_keyring()


def _named(backend: KeyringBackend) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _is_usable(backend: KeyringBackend) -> bool:
    members = getattr(backend, "backends", None)
    if members is not None:
        return any(_is_usable(each) for each in members)
    return type(backend).__module__ not in ("keyring.backends.fail", "keyring.backends.null")
