"""Secrets in the system's keyring, and the list of their names, which no keyring can tell by itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mcp_magics.config.keyring_service import KeyringService
from mcp_magics.config.secret_store import SERVICE, check_secret_name

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES_ENTRY = "names of secrets"  # no secret's name: it has spaces


class KeyringSecrets:
    """Secrets in the system's keyring; every method raises ``ConfigurationError`` (``store_error``)."""

    def __init__(self, service: str = SERVICE) -> None:
        self._keyring = KeyringService(service)

    def get(self, name: str) -> str | None:
        """The secret called ``name``, or None where the keyring answers that it has none."""
        return self._keyring.get(name)

    def set(self, name: str, value: str) -> None:
        """Keep ``value`` as ``name``."""
        check_secret_name(name)
        self._keyring.set(name, value)
        self._rename(lambda names: names | {name})

    def delete(self, name: str) -> bool:
        """Forget ``name``; whether there was one."""
        if not self._keyring.delete(name):
            return False
        self._rename(lambda names: names - {name})
        return True

    def names(self) -> list[str]:
        """The names, sorted."""
        return sorted(name for name in self._names() if self.get(name) is not None)

    def _names(self) -> frozenset[str]:
        text = self._keyring.get(NAMES_ENTRY)
        try:
            names = json.loads(text or "[]")
        except ValueError:
            names = []
        return frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()

    def _rename(self, change: Callable[[frozenset[str]], frozenset[str]]) -> None:
        before = self._names()
        after = change(before)
        if after != before:
            self._keyring.set(NAMES_ENTRY, json.dumps(sorted(after)))
