"""Secrets in the user's credential file: names and values, all strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_magics.config.credential_file import CredentialFile
from mcp_magics.config.secret_store import check_secret_name

if TYPE_CHECKING:
    from pathlib import Path

SECTION = "secrets"


class FileSecrets:
    """Secrets in one file; ``path`` None is the file of the user's home directory."""

    def __init__(self, path: Path | None = None) -> None:
        self._file = CredentialFile(SECTION, path)

    @property
    def path(self) -> Path:
        """Where the secrets are."""
        return self._file.path

    def get(self, name: str) -> str | None:
        """The secret called ``name``, or None."""
        return self._values().get(name)

    def set(self, name: str, value: str) -> None:
        """Keep ``value`` as ``name``."""
        check_secret_name(name)
        self._values()

        def change(values: dict[str, str]) -> bool:
            values[name] = value
            return True

        self._file.change(change)

    def delete(self, name: str) -> bool:
        """Forget ``name``; the file goes with the last credential."""
        return name in self._values() and self._file.change(lambda values: values.pop(name, None) is not None)

    def names(self) -> list[str]:
        """The names, sorted."""
        return sorted(self._values())

    def _values(self) -> dict[str, str]:
        values = self._file.entries()
        if not all(isinstance(value, str) for value in values.values()):
            raise self._file.malformed(f"its {SECTION!r} is no JSON object of strings")
        return values
