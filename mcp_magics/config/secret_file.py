"""Secrets in ``$MCP_MAGICS_HOME/secrets.json``: a JSON object of names and values that only its owner can read."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from mcp_magics.config.files import PRIVATE, locked, read_text, replace_text
from mcp_magics.config.home import home
from mcp_magics.config.secret_store import check_secret_name, store_error
from mcp_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

FILE_NAME = "secrets.json"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class FileSecrets:
    """Secrets in one file, replaced whole under a lock; ``path`` None is the file of the user's home directory."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path

    @property
    def path(self) -> Path:
        """Where the secrets are."""
        return self._path or home() / FILE_NAME

    def get(self, name: str) -> str | None:
        """The secret called ``name``, or None."""
        return self._read().get(name)

    def set(self, name: str, value: str) -> None:
        """Keep ``value`` as ``name``."""
        check_secret_name(name)

        def change(values: dict[str, str]) -> bool:
            values[name] = value
            return True

        self._change(change)

    def delete(self, name: str) -> bool:
        """Forget ``name``; the file goes with the last secret."""
        return name in self._read() and self._change(lambda values: values.pop(name, None) is not None)

    def names(self) -> list[str]:
        """The names, sorted."""
        return sorted(self._read())

    def _change(self, change: Callable[[dict[str, str]], bool]) -> bool:
        path = self.path
        try:
            with locked(path):
                values = self._read()
                done = change(values)
                if values:
                    replace_text(path, json.dumps(values, indent=2) + "\n", PRIVATE)
                else:
                    path.unlink(missing_ok=True)
                return done
        except OSError as error:
            raise store_error(f"{path} cannot be changed: {error.strerror}", f"!ls -l {path}") from None
        except ConfigurationError as error:
            raise _as_store_error(error) from None

    def _read(self) -> dict[str, str]:
        path = self.path
        try:
            _check_private(path)
            text = read_text(path)
        except ConfigurationError as error:
            raise _as_store_error(error) from None
        if text is None:
            return {}
        try:
            values = json.loads(text)
        except ValueError:
            values = None
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            raise store_error(
                f"failed to parse the secrets in {path}: a JSON object of strings is expected", f"mend or remove {path}"
            )
        return values


def _check_private(path: Path) -> None:
    """Refuse a file that others can read: what is in it is no secret."""
    if os.name != "posix" or not path.exists():
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _OTHERS:
        raise store_error(f"others may read or write {path} (mode {mode:04o})", f"!chmod 600 {path}")


def _as_store_error(error: ConfigurationError) -> ConfigurationError:
    failure = error.failure
    if failure.class_ in ("store_error", "home_invalid"):
        return error
    return store_error(
        failure.message,
        failure.next_step if failure.class_ != "config_unwritable" else "%env MCP_MAGICS_HOME=/a/writable/directory",
    )
