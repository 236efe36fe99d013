"""``$MCP_MAGICS_HOME/credentials.json``: one JSON object a kind of credential, in a file only its owner can read."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp_magics.config.files import PRIVATE, locked, read_text, replace_text
from mcp_magics.config.home import home
from mcp_magics.config.secret_store import store_error
from mcp_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

FILE_NAME = "credentials.json"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO

Section = dict[str, Any]


class CredentialFile:
    """The entries of one ``section``; the file is replaced whole, under a lock, and goes with its last entry.

    ``path`` None is the file of the user's home directory. Every method raises ``ConfigurationError``
    (``store_error``); a file that cannot be read as it should be is never written over.
    """

    def __init__(self, section: str, path: Path | None = None) -> None:
        self._section = section
        self._path = path

    @property
    def path(self) -> Path:
        """Where the credentials are."""
        return self._path or home() / FILE_NAME

    def entries(self) -> Section:
        """All entries by their names."""
        return self._entries_of(self._read())

    def change(self, change: Callable[[Section], bool]) -> bool:
        """Let ``change`` edit the entries and keep them; what ``change`` returned: whether there was anything to do."""
        path = self.path
        try:
            with locked(path):
                sections = self._read()
                entries = self._entries_of(sections)
                if done := change(entries):
                    self._keep(path, {**sections, self._section: entries})
                return done
        except OSError as error:
            raise store_error(f"{path} cannot be changed: {error.strerror}", f"!ls -l {path}") from None
        except ConfigurationError as error:
            raise _as_store_error(error) from None

    def _keep(self, path: Path, sections: Section) -> None:
        filled = {name: section for name, section in sections.items() if section}
        if filled:
            replace_text(path, json.dumps(filled, indent=2) + "\n", PRIVATE)
        else:
            path.unlink(missing_ok=True)

    def _read(self) -> Section:
        path = self.path
        try:
            _check_private(path)
            text = read_text(path)
        except ConfigurationError as error:
            raise _as_store_error(error) from None
        if text is None:
            return {}
        try:
            sections = json.loads(text)
        except (ValueError, RecursionError):
            sections = None
        if not isinstance(sections, dict):
            raise self.malformed("a JSON object is expected")
        return sections

    def _entries_of(self, sections: Section) -> Section:
        entries = sections.get(self._section, {})
        if not isinstance(entries, dict):
            raise self.malformed(f"its {self._section!r} is no JSON object")
        return dict(entries)

    def malformed(self, reason: str) -> ConfigurationError:
        """The error of a file that somebody else has written."""
        return store_error(f"failed to parse {self.path}: {reason}", f"mend or remove {self.path}")


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
    step = failure.next_step if failure.class_ != "config_unwritable" else "%env MCP_MAGICS_HOME=/a/writable/directory"
    return store_error(failure.message, step, retryable=failure.retryable)
