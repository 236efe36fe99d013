"""Files other programs also read and write: read whole, replaced at once, under a lock, never half-written."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mcp_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK_SECONDS = 10.0
PRIVATE = 0o600
_DIRECTORY_MODE = 0o700


def read_text(path: Path) -> str | None:
    """The text of ``path`` (UTF-8, with or without a byte order mark), or None where there is no such file."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        message = f"{path} is not UTF-8 text (byte {error.start})"
        raise ConfigurationError(message, phase="config", next_step=f"save {path} as UTF-8") from None
    except OSError as error:
        raise unusable(path, "read", error) from None


def replace_text(path: Path, text: str, mode: int) -> None:
    """Put ``text`` in the place of ``path``: all of it or nothing, readable as ``mode`` says from the first byte.

    A symbolic link stays one. Raises ``ConfigurationError`` where the directory cannot be written.
    """
    target = Path(os.path.realpath(path))
    fresh = target.with_name(f".{target.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        target.parent.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        _write(fresh, text.encode(), mode)
        fresh.replace(target)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise unusable(path, "written", error) from None
    _settle(target.parent)


def _write(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        if hasattr(os, "fchmod") and stat.S_IMODE(os.fstat(descriptor).st_mode) != mode:
            os.fchmod(descriptor, mode)
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _settle(directory: Path) -> None:
    """Make the replacement survive a power cut, where directories can be synchronised."""
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of ``path`` among all processes of this user; waits :data:`LOCK_SECONDS` at most.

    Lock files stay behind (to remove one would break the exclusion), so they stand in a directory of their own,
    not beside a project's files.
    """
    from filelock import FileLock, Timeout

    name = hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:16]
    lock = FileLock(_lock_directory() / f"{name}.lock", timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        message = f"another process has held {path} for {LOCK_SECONDS:g} s"
        raise ConfigurationError(
            message, class_="config_locked", phase="config", retryable=True, next_step="run the cell again"
        ) from None
    except OSError as error:
        raise unusable(path, "locked", error) from None
    try:
        yield
    finally:
        lock.release()


def _lock_directory() -> Path:
    """A directory only this user can write."""
    owner = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    directory = Path(tempfile.gettempdir()) / f"mcp_magics-locks-{owner}"
    directory.mkdir(mode=_DIRECTORY_MODE, exist_ok=True)
    status = directory.lstat()
    if not stat.S_ISDIR(status.st_mode) or (hasattr(os, "getuid") and status.st_uid != owner):
        message = f"{directory} belongs to someone else"
        raise PermissionError(message)
    return directory


def unusable(path: Path, action: str, error: OSError) -> ConfigurationError:
    """The error that says that ``path`` could not be read, written or locked, and why."""
    reason = error.strerror or str(error)
    return ConfigurationError(
        f"{path} cannot be {action}: {reason}",
        class_="config_unreadable" if action == "read" else "config_unwritable",
        phase="config",
        next_step="--scope notebook keeps it in this notebook only" if action != "read" else f"!ls -l {path}",
    )
