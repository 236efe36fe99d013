"""From a command's name to its file, and why a command could not be started."""

from __future__ import annotations

import errno
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcp_magics.errors import ConnectionFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ADDRESS = re.compile(r"(?:localhost|\w[\w-]*(?:\.\w[\w-]*)+)(?::\d+(?:/\S*)?|/\S*)")
"""What looks like an address without its scheme: a host, and a port or a path."""
_SOURCES = {
    "bun": "install Bun from https://bun.sh",
    "bunx": "install Bun from https://bun.sh",
    "deno": "install Deno from https://deno.com",
    "docker": "install Docker from https://docs.docker.com/get-docker",
    "node": "install Node.js from https://nodejs.org",
    "npm": "install Node.js from https://nodejs.org",
    "npx": "install Node.js from https://nodejs.org",
    "pipx": "%pip install pipx",
    "uv": "%pip install uv",
    "uvx": "%pip install uv",
}
_SHEBANG_BYTES = 256


@dataclass(frozen=True, slots=True)
class Lookup:
    """Where a command was looked for; ``path`` is the file found, or None."""

    path: str | None
    searched: tuple[str, ...]


def is_program(path: str) -> bool:
    """Whether ``path`` is a file this process may execute."""
    return Path(path).is_file() and os.access(path, os.X_OK)


def which(
    command: str,
    *,
    path: str,
    pathext: str | None = None,
    cwd: str | None = None,
    runnable: Callable[[str], bool] | None = None,
) -> Lookup:
    """Look ``command`` up as the operating system would for a child with that ``PATH`` and working directory.

    A command with a directory in it is taken relative to ``cwd``; a bare one is searched in ``path``, whose relative
    entries (and empty ones: POSIX XBD 8.3) are relative to ``cwd`` too. With ``pathext`` (Windows: ``.COM;.EXE;.CMD``)
    entries end at ``;``, any file is a program, and a name without one of these endings is tried with each of them,
    so ``npx`` finds ``npx.cmd``.
    """
    runnable = runnable or (is_program if pathext is None else os.path.isfile)
    base = Path(cwd or ".").absolute()
    names = _spellings(command, pathext)
    if _has_directory(command, windows=pathext is not None):
        directories, searched = [base], []
    else:
        entries = path.split(os.pathsep if pathext is None else ";")
        directories = searched = list(dict.fromkeys(base / entry for entry in entries))
    candidates = (str(directory / name) for directory in directories for name in names)
    found = next(filter(runnable, candidates), None)
    return Lookup(found, tuple(map(str, searched)))


def _has_directory(command: str, *, windows: bool) -> bool:
    return "/" in command or (windows and ("\\" in command or ":" in command))


def _spellings(command: str, pathext: str | None) -> list[str]:
    """The file names to try; on a file system that tells cases apart, an ending is tried in lower case too."""
    endings = [ending for ending in (pathext or "").split(";") if ending]
    if not endings or command.lower().endswith(tuple(ending.lower() for ending in endings)):
        return [command]
    return list(dict.fromkeys(command + spelt for ending in endings for spelt in (ending, ending.lower())))


def resolve(server: str, command: str, env: Mapping[str, str], cwd: str | None) -> str:
    """The file to execute for ``command``; raises ``ConnectionFailedError`` (phase ``spawn``) that says what is wrong.

    Classes: ``cwd_missing``, ``command_not_executable``, ``command_not_found``.
    """
    if cwd is not None and not Path(cwd).is_dir():
        raise _cwd_missing(server, cwd)
    path = env.get("PATH", os.defpath)
    pathext = env.get("PATHEXT", ".COM;.EXE;.BAT;.CMD") if os.name == "nt" else None
    found = which(command, path=path, pathext=pathext, cwd=cwd)
    if found.path is not None:
        return found.path
    exists = os.path.isfile if found.searched else os.path.exists
    forbidden = which(command, path=path, pathext=pathext, cwd=cwd, runnable=exists).path
    if forbidden is not None:
        raise _not_executable(server, forbidden)
    raise _not_found(server, command, found, cwd)


def _failed(class_: str, message: str, server: str, next_step: str, *evidence: str) -> ConnectionFailedError:
    return ConnectionFailedError(
        message, class_=class_, phase="spawn", server=server, evidence=evidence, next_step=next_step
    )


def _cwd_missing(server: str, cwd: str) -> ConnectionFailedError:
    what = "is not a directory" if Path(cwd).exists() else "does not exist"
    next_step = f"%mcp add {server} --cwd DIRECTORY -- …"
    return _failed("cwd_missing", f"the working directory {cwd!r} {what}", server, next_step)


def _not_executable(server: str, path: str) -> ConnectionFailedError:
    if Path(path).is_dir():
        message, next_step = f"{path} is a directory, not a program", f"%mcp add {server} -- {path}/PROGRAM …"
    else:
        message, next_step = f"{path} may not be executed", f"!chmod +x {path}"
    return _failed("command_not_executable", message, server, next_step)


def _not_found(server: str, command: str, lookup: Lookup, cwd: str | None) -> ConnectionFailedError:
    if lookup.searched:
        evidence = f"PATH searched: {', '.join(lookup.searched)}"
    else:
        evidence = f"no such file: {Path(cwd or '.').absolute() / command}"
    next_step = _as_address(server, command) or _hint(server, command)
    return _failed("command_not_found", f"there is no program {command!r}", server, next_step, evidence)


def _as_address(server: str, command: str) -> str:
    if not _ADDRESS.fullmatch(command):
        return ""
    scheme = "http" if command.startswith(("localhost", "127.")) else "https"
    return f"%mcp add {server} {scheme}://{command}   (an address begins with its scheme)"


def _hint(server: str, command: str) -> str:
    """The line to type when ``command`` was not found."""
    if command.startswith("~"):
        return f"%mcp add {server} -- {Path(command).expanduser()} …   (~ is a shell's)"
    beside = Path(sys.executable).parent / command
    if command and command == Path(command).name and is_program(str(beside)):
        return f"%mcp add {server} -- {beside} …"
    if command in {"python", "python3"}:
        return f"%mcp add {server} -- {sys.executable} …"
    if len(command.split()) > 1 and not Path(command).exists():
        return f"%mcp add {server} -- {command}   (words, not one quoted string)"
    source = _SOURCES.get(command)
    if source is None:
        return f"%mcp add {server} -- /full/path/to/{Path(command).name or 'PROGRAM'} …"
    return f"{source}, then %mcp connect {server}"


def refused(server: str, path: str, error: OSError | ValueError) -> ConnectionFailedError:
    """Why the operating system would not execute ``path``, which exists and may be executed."""
    again = f"%mcp get {server}"
    if isinstance(error, ValueError):
        return _failed("spawn_failed", f"the command cannot be started: {error}", server, again)
    interpreter = _interpreter(path)
    if error.errno == errno.ENOENT and interpreter:
        wrong = interpreter.encode("unicode_escape").decode()
        carriage = " (the file has Windows line ends)" if interpreter.endswith("\r") else ""
        message = f"{path} asks for the interpreter {wrong}, which does not exist{carriage}"
        return _failed("bad_interpreter", message, server, f"%mcp add {server} -- INTERPRETER {path} …")
    if error.errno == errno.ENOENT:
        message = f"{path} is there, but the loader it needs is not (a program for another system?)"
        return _failed("bad_interpreter", message, server, f"!file {path}")
    if error.errno == errno.ENOEXEC:
        message = f"{path} is neither a program of this machine nor a script with a #! line"
        return _failed("bad_interpreter", message, server, f"%mcp add {server} -- sh {path} …")
    message = f"{path} cannot be started: {error.strerror or error}"
    return _failed("spawn_failed", message, server, again)


def _interpreter(path: str) -> str:
    """What the file's ``#!`` line names, line end of Windows included; "" where there is none."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(_SHEBANG_BYTES)
    except OSError:
        return ""
    if not head.startswith(b"#!"):
        return ""
    return head[2:].split(b"\n", 1)[0].strip(b" \t").split(b" ", 1)[0].decode("utf-8", "replace")
