"""Where the kernel runs, seen from the browser: can it reach a port of the kernel's machine, and under which address?

A pure ladder on the environment and on what a front end has answered. Where nothing is certain the redirect URI is
loopback and a person pastes the address the browser ended on; that is always offered beside the listener.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol
from urllib.parse import urlsplit

from mcp_magics.auth.address import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal[
    "local", "ssh", "vscode", "vscode_proxy", "codespaces", "jupyter", "jupyterhub", "binder", "colab", "databricks"
]
_COLAB = ("COLAB_RELEASE_TAG", "COLAB_BACKEND_VERSION", "COLAB_JUPYTER_IP")
_BINDER = ("BINDER_SERVICE_HOST", "BINDER_LAUNCH_HOST", "BINDER_REPO_URL")
_VSCODE = ("VSCODE_IPC_HOOK_CLI", "VSCODE_PID", "VSCODE_CWD", "REMOTE_CONTAINERS")
_PASTE = "paste the address the browser ends on"
_PORT_MARK = "{{port}}"
_PLAIN = re.compile(r"[\x21-\x7e]+\Z")


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """What a front end answered: its origin, its base path, whether a probe reached the listener through its proxy."""

    origin: str
    base_path: str = "/"
    proxy_answers: bool = False


class Lookout(Protocol):
    """Whoever can look at the kernel from the browser's side; called on the background loop."""

    async def front_end(self) -> FrontEnd | None:
        """What the front end has answered, or None where none does."""

    async def probed(self, port: int, path: str) -> FrontEnd | None:
        """The same, after it has asked for ``path`` of ``port`` through the Jupyter proxy."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the kernel runs; ``why`` is one sentence. ``template`` has ``{port}`` and ``{path}``; None is loopback.

    ``pastes`` tells that a browser elsewhere may not reach the listener; ``ssh_to`` is the host for a tunnel.
    """

    kind: Kind
    why: str
    template: str | None = None
    pastes: bool = False
    ssh_to: str | None = None

    def uri(self, port: int, path: str) -> str | None:
        """The address under which a browser reaches ``path`` of ``port``, or None where that is loopback."""
        if self.template is None:
            return None
        return self.template.replace("{port}", str(port)).replace("{path}", path)

    def tunnel(self, port: int) -> str | None:
        """The line to type on the browser's machine so that loopback reaches the kernel, where that can help."""
        return None if self.ssh_to is None else f"ssh -L {port}:127.0.0.1:{port} {self.ssh_to}"


def surroundings(environ: Mapping[str, str], front_end: FrontEnd | None = None) -> Surroundings:
    """The first rung that holds; ``environ`` is a copy of the environment."""
    for rung in (_hosted, _vscode_web, _jupyter, _vscode, _ssh):
        if (found := rung(environ, front_end)) is not None:
            return found
    return Surroundings("local", "kernel and browser seem to be on one machine: the browser ends on loopback")


async def seen_through(environ: Mapping[str, str], lookout: Lookout, port: int, probe: str) -> Surroundings:
    """The rung that holds for whoever looks through ``lookout``; the proxy is probed only where that decides."""
    front_end = await lookout.front_end()
    found = surroundings(environ, front_end)
    if front_end is None:
        return found
    otherwise = replace(front_end, proxy_answers=not front_end.proxy_answers)
    if surroundings(environ, otherwise) == found:
        return found
    return surroundings(environ, await lookout.probed(port, probe))


def _hosted(environ: Mapping[str, str], _front_end: FrontEnd | None) -> Surroundings | None:
    if environ.get("DATABRICKS_RUNTIME_VERSION"):
        return Surroundings("databricks", f"Databricks forwards no port of the kernel: {_PASTE}", pastes=True)
    if _any(environ, _COLAB):
        return Surroundings("colab", f"Colab forwards no stable port of the kernel: {_PASTE}", pastes=True)
    if _any(environ, _BINDER):
        return Surroundings("binder", f"a Binder host is thrown away, so none is registered: {_PASTE}", pastes=True)
    return None


def _vscode_web(environ: Mapping[str, str], _front_end: FrontEnd | None) -> Surroundings | None:
    proxy = environ.get("VSCODE_PROXY_URI", "")
    codespaces = bool(environ.get("CODESPACES"))
    kind: Kind = "codespaces" if codespaces else "vscode_proxy"
    if (template := _proxy_template(proxy)) is not None:
        return Surroundings(kind, "VSCODE_PROXY_URI names the address under which ports are forwarded", template)
    if codespaces or proxy:
        return Surroundings(kind, f"no usable VSCODE_PROXY_URI with {_PORT_MARK} is set: {_PASTE}", pastes=True)
    return None


def _proxy_template(proxy: str) -> str | None:
    try:
        parts = urlsplit(proxy.replace(_PORT_MARK, "1"))
        host = parts.hostname or ""
    except ValueError:
        return None
    fine = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    plain = _PLAIN.match(proxy) and not parts.query and not parts.fragment and "@" not in parts.netloc
    if not (fine and host and plain and _PORT_MARK in proxy):
        return None
    return proxy.rstrip("/").replace(_PORT_MARK, "{port}") + "{path}"


def _jupyter(environ: Mapping[str, str], front_end: FrontEnd | None) -> Surroundings | None:
    prefix = environ.get("JUPYTERHUB_SERVICE_PREFIX")
    kind: Kind = "jupyterhub" if prefix else "jupyter"
    if front_end is not None and front_end.proxy_answers and (base := _base(front_end, prefix)):
        if not prefix and is_loopback(urlsplit(front_end.origin).hostname or "") and not environ.get("SSH_CONNECTION"):
            return None  # loopback needs no proxy
        return Surroundings(kind, "the front end reached the listener through the Jupyter proxy", base)
    if prefix:
        return Surroundings(kind, f"no proxy is known to lead from JupyterHub to the kernel: {_PASTE}", pastes=True)
    if front_end is not None and _is_web(front_end) and not is_loopback(urlsplit(front_end.origin).hostname or ""):
        return Surroundings(kind, f"the browser is at {front_end.origin}, and no proxy answered: {_PASTE}", pastes=True)
    return None


def _base(front_end: FrontEnd, prefix: str | None) -> str | None:
    if not _is_web(front_end):
        return None
    parts = [part for part in (prefix or front_end.base_path).split("/") if part]
    return "/".join([front_end.origin.rstrip("/"), *parts, "proxy", "{port}"]) + "{path}"


def _is_web(front_end: FrontEnd) -> bool:
    try:
        parts = urlsplit(front_end.origin)
        host = parts.hostname or ""
    except ValueError:
        return False
    bare = not parts.path.strip("/") and not parts.query and "@" not in parts.netloc
    return bool(host) and bare and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


def _vscode(environ: Mapping[str, str], front_end: FrontEnd | None) -> Surroundings | None:
    webview = front_end is not None and front_end.origin.startswith("vscode-webview:")
    if not (webview or _any(environ, _VSCODE)):
        return None
    why = "VS Code forwards loopback ports of a remote kernel when it sees them"
    return Surroundings("vscode", f"{why}; where it does not, {_PASTE}", pastes=True, ssh_to=_ssh_to(environ))


def _ssh(environ: Mapping[str, str], _front_end: FrontEnd | None) -> Surroundings | None:
    if not environ.get("SSH_CONNECTION"):
        return None
    why = f"the kernel was started over ssh: open a tunnel, or {_PASTE}"
    return Surroundings("ssh", why, pastes=True, ssh_to=_ssh_to(environ))


def _ssh_to(environ: Mapping[str, str]) -> str | None:
    """``USER@HOST`` of this machine as the ssh client named it (sshd sets ``SSH_CONNECTION``: from, port, to, port)."""
    words = environ.get("SSH_CONNECTION", "").split()
    if len(words) != 4:
        return None
    user = environ.get("LOGNAME") or environ.get("USER")
    port = f"-p {words[3]} " if words[3] != "22" else ""
    return port + (f"{user}@{words[2]}" if user else words[2])


def _any(environ: Mapping[str, str], names: tuple[str, ...]) -> bool:
    return any(environ.get(name) for name in names)
