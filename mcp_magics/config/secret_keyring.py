"""Secrets in the system's keyring, under the service ``mcp_magics``.

Keyrings cannot list what they hold, so the names (no values) stand in one more entry.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from mcp_magics.config.secret_store import SERVICE, check_secret_name, store_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from keyring.backend import KeyringBackend

NAMES_ENTRY = "names of secrets"  # no secret's name: it has spaces

Answer = TypeVar("Answer")


def has_keyring() -> bool:
    """Whether this system has a keyring at all, and not one that only forgets or refuses."""
    try:
        return _is_usable(_backend())
    except Exception:  # noqa: BLE001  backends are plug-ins: they raise what they like
        return False


def _backend() -> KeyringBackend:
    import keyring

    return keyring.get_keyring()


def _is_usable(backend: KeyringBackend) -> bool:
    members = getattr(backend, "backends", None)
    if members is not None:
        return any(_is_usable(each) for each in members)
    return type(backend).__module__ not in ("keyring.backends.fail", "keyring.backends.null")


class KeyringSecrets:
    """Secrets in the system's keyring; whatever a backend raises is a ``store_error`` that names the backend."""

    def __init__(self, service: str = SERVICE) -> None:
        self._service = service

    def get(self, name: str) -> str | None:
        """The secret called ``name``, or None where the keyring answers that it has none."""
        value: str | None = self._ask("read", lambda backend: backend.get_password(self._service, name))
        return value

    def set(self, name: str, value: str) -> None:
        """Keep ``value`` as ``name``."""
        check_secret_name(name)
        self._ask("write", lambda backend: backend.set_password(self._service, name, value))
        self._rename(lambda names: names | {name})

    def delete(self, name: str) -> bool:
        """Forget ``name``; whether there was one."""
        if self.get(name) is None:
            return False
        self._ask("write", lambda backend: backend.delete_password(self._service, name))
        self._rename(lambda names: names - {name})
        return True

    def names(self) -> list[str]:
        """The names, sorted."""
        return sorted(name for name in self._names() if self.get(name) is not None)

    def _names(self) -> frozenset[str]:
        text = self._ask("read", lambda backend: backend.get_password(self._service, NAMES_ENTRY))
        try:
            names = json.loads(text or "[]")
        except ValueError:
            names = []
        return frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()

    def _rename(self, change: Callable[[frozenset[str]], frozenset[str]]) -> None:
        before = self._names()
        after = change(before)
        if after != before:
            text = json.dumps(sorted(after))
            self._ask("write", lambda backend: backend.set_password(self._service, NAMES_ENTRY, text))

    def _ask(self, action: str, question: Callable[[Any], Answer]) -> Answer:
        problem, name = "", "keyring"
        try:
            backend = _backend()
            name = f"{type(backend).__module__}.{type(backend).__qualname__}"
            if _is_usable(backend):
                return question(backend)
            problem = "there is no keyring on this system"
        except Exception as error:  # noqa: BLE001  backends are plug-ins: they raise what they like
            problem = f"the keyring cannot be {action}{'' if action == 'read' else 'ten'}: {type(error).__name__}"
        raise store_error(
            problem,
            "from mcp_magics.config.secrets import use_secret_store; use_secret_store('file')",
            f"backend: {name}",
        )
