"""One entry of a credential store, held among all processes of this user, without ever blocking a loop."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from mcp_magics.auth.stored_credential import entry_key
from mcp_magics.config.home import home
from mcp_magics.config.secret_store import store_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from filelock import FileLock

WAIT = 60.0
"""Seconds to wait for another process, which may be refreshing for 45 of them."""
POLL = 0.05
"""Seconds between two attempts."""
_DIRECTORY_MODE = 0o700


@asynccontextmanager
async def entry_locked(name: str, server_url: str, wait: float = WAIT) -> AsyncIterator[None]:
    """Hold the lock of one server's credential; it ends with the process, however that ends.

    Raises ``ConfigurationError`` (``store_error``, retryable) where another process holds it for ``wait`` seconds.
    """
    path = await asyncio.to_thread(_prepared, name, server_url)
    lock = _lock(path)
    await _acquired(lock, name, path, wait)
    try:
        yield
    finally:
        lock.release()


def _prepared(name: str, server_url: str) -> Path:
    """The lock file's path, its directory made; the file stays behind, for to remove it would break the exclusion."""
    directory = home() / "locks"
    try:
        directory.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
    except OSError as error:
        step = "%env MCP_MAGICS_HOME=/a/writable/directory"
        raise store_error(f"{directory} cannot be made: {error.strerror}", step) from None
    digest = hashlib.sha256(entry_key(name, server_url).encode("utf-8", "surrogatepass")).hexdigest()
    return directory / f"{digest[:16]}.lock"


def _lock(path: Path) -> FileLock:
    from filelock import FileLock

    return FileLock(path, mode=0o600, thread_local=False, blocking=False)


async def _acquired(lock: FileLock, name: str, path: Path, wait: float) -> None:
    from filelock import Timeout

    deadline = asyncio.get_running_loop().time() + wait
    while True:
        try:
            await asyncio.to_thread(lock.acquire)  # one attempt; on a network's disk that may take its time
        except Timeout:
            if asyncio.get_running_loop().time() >= deadline:
                break
        except OSError as error:
            raise store_error(f"{path} cannot be locked: {error.strerror}", f"!ls -l {path}").at(server=name) from None
        else:
            return
        await asyncio.sleep(POLL)
    problem = f"another process has held the credential of {name} for {wait:g} s"
    raise store_error(problem, "run the cell again", f"lock: {path}", retryable=True).at(server=name)
