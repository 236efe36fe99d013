"""``--reload PATH``: which of a server's files have changed since it was started."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Stamp = tuple[int, int]

SKIPPED = frozenset({".git", ".venv", "__pycache__", "node_modules", ".mypy_cache", ".pytest_cache"})


def snapshot(paths: tuple[str, ...], cwd: str | None) -> dict[str, Stamp]:
    """Time of change (nanoseconds) and size (bytes) of every file under ``paths``."""
    base = Path(cwd or ".")
    found: dict[str, Stamp] = {}
    for path in paths:
        for file in _files(base / Path(path).expanduser()):
            try:
                status = file.stat()
            except OSError:
                continue
            found[str(file)] = (status.st_mtime_ns, status.st_size)
    return found


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if name not in SKIPPED]
        yield from (Path(folder, name) for name in names)


def changed(before: Mapping[str, Stamp], after: Mapping[str, Stamp]) -> tuple[str, ...]:
    """The files that were changed, added or removed."""
    return tuple(sorted(path for path in {*before, *after} if before.get(path) != after.get(path)))
