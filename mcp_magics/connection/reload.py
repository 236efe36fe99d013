"""``--reload PATH``: which of a server's files have changed since it was started."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mcp_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcp_magics.config.model import ServerSpec

Stamp = tuple[int, int]

SKIPPED = frozenset({".git", ".venv", "__pycache__", "node_modules", ".mypy_cache", ".pytest_cache"})


def snapshot(paths: tuple[str, ...], cwd: str | None) -> dict[str, Stamp]:
    """Time of change (nanoseconds) and size (bytes) of every file under ``paths``."""
    base = Path(cwd or ".").expanduser()
    found: dict[str, Stamp] = {}
    for path in paths:
        for file in _files(base / Path(path).expanduser()):
            try:
                status = file.stat()
            except OSError:
                continue
            found[str(file)] = (status.st_mtime_ns, status.st_size)
    return found


def unwatchable(spec: ServerSpec) -> tuple[str, ...]:
    """The watched paths of ``spec`` where there is nothing, as they were looked for; a reference is not looked up."""
    base = getattr(spec.transport, "cwd", None) or "."
    places = [Path(base).expanduser() / Path(path).expanduser() for path in spec.reload if "${" not in base + path]
    return tuple(str(place.absolute()) for place in places if not place.exists())


def refuse_unwatchable(spec: ServerSpec) -> None:
    """Raise ``ConfigurationError`` where ``--reload`` names nothing: its server would never be restarted."""
    if gone := unwatchable(spec):
        raise ConfigurationError(
            "there is nothing to watch with --reload: no such file or directory",
            class_="reload_not_found",
            phase="config",
            server=spec.name,
            evidence=(f"looked for {gone[0]}",),
            next_step=f"%mcp add {spec.name} --reload PATH …, with a file or directory that exists",
        )


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
