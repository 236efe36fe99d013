"""``oidc-provider`` of npm, a certified OpenID provider, before a small MCP server; and a browser without a screen."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2

from support.paths import BUILD, REPOSITORY
from support.required import required

INSTALLED = BUILD / "oidc" / "node_modules"
SCRIPT = REPOSITORY / "tests" / "node" / "oidc_provider.mjs"
MAX_HOPS = 12


@dataclass(frozen=True)
class Ledger:
    """An MCP server at ``url`` and the authorization server, ``issuer``, that it believes."""

    url: str
    issuer: str

    def events(self, *names: str) -> list[dict[str, Any]]:
        """What the provider's library said that it did, in order; of these ``names`` only, where some are given."""
        told: list[dict[str, Any]] = httpx2.get(f"{self.issuer}/events").json()
        return [each for each in told if not names or each["name"] in names]


@contextmanager
def ledger(directory: Path, *, lifetime: int = 3600, clients: tuple[dict[str, Any], ...] = ()) -> Iterator[Ledger]:
    """Both servers until the block ends, their logs in ``directory``; access tokens last ``lifetime`` seconds."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        words = json.dumps({"resource": url, "lifetime": lifetime, "clients": clients})
        with _running([*_provider(), words], directory / "provider.log") as provider:
            assert provider.stdout is not None  # a pipe
            issuer = json.loads(provider.stdout.readline())["issuer"]
            command = [sys.executable, str(Path(__file__).with_name("oidc_server.py")), str(listening.fileno()), issuer]
            with _running(command, directory / "server.log", listening.fileno()):
                assert httpx2.post(url, json={}, timeout=30).status_code == 401
                yield Ledger(url, issuer)


def _provider() -> list[str]:
    node, library = INSTALLED / "node" / "bin" / "node", INSTALLED / "oidc-provider" / "lib" / "index.js"
    for path in (node, library):
        if not path.exists():
            required(f"{path} is not there: run `make node`")
    return [str(node), str(SCRIPT), str(library)]


@contextmanager
def _running(command: list[str], log: Path, *inherited: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends when its standard input does."""
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, pass_fds=inherited
        ) as process,
    ):
        yield process


def sign_in(url: str, name: str = "ada") -> httpx2.Response:
    """Open ``url`` as a browser, send each form with ``name`` where one is asked for, and give the last page."""
    with httpx2.Client(follow_redirects=True, timeout=30, max_redirects=MAX_HOPS) as browser:
        page = browser.get(url)
        for _ in range(MAX_HOPS):
            form = Form(page.text)
            if page.status_code != 200 or not form.method:
                return page
            fields = {field: value or name for field, value in form.fields.items()}
            page = browser.request(form.method, urljoin(str(page.url), form.action), data=fields)
    raise AssertionError(f"one form after another: {page.url}")


def cancel(url: str) -> httpx2.Response:
    """Open ``url`` as a browser, click *[ Cancel ]* on the first page, and give the last one."""
    with httpx2.Client(follow_redirects=True, timeout=30, max_redirects=MAX_HOPS) as browser:
        page = browser.get(url)
        return browser.get(f"{page.url}/abort")


class Form(HTMLParser):
    """The first form of a page and its fields; ``method`` is empty where there is none."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = self.method = ""
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.method:
            self.action, self.method = given["action"], given.get("method", "get").upper()
        elif tag == "input" and "name" in given:
            self.fields[given["name"]] = given.get("value", "")
