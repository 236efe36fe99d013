"""A consent given by a script: for playground servers, whose authorization server is on loopback like everything here.

A page with a form is read as a browser would read it, its hidden fields are sent back with the decision, and each
redirect is looked at before it is followed. Nothing leaves loopback.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from mcp_magics.auth.address import is_loopback
from mcp_magics.errors import MCPMagicsError
from mcp_magics.redact import redactor
from mcp_magics.results.sanitise import one_line

if TYPE_CHECKING:
    import httpx2

Decision = Literal["approve", "deny"]

MAX_PAGE = 1024 * 1024
MAX_STEPS = 10
MAX_READ = 16 * 1024
LONGEST_QUOTED = 300


@dataclass(frozen=True, slots=True)
class Landing:
    """Where the scripted browser ended: the listener's status and page; the address stays out of the repr."""

    url: str = field(repr=False)
    status: int
    page: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Form:
    """A form of a page: where it is sent, how, and its hidden fields in order."""

    action: str
    method: Literal["GET", "POST"]
    hidden: tuple[tuple[str, str], ...]
    decides: bool = False


async def consent(url: str, decision: Decision, client: httpx2.AsyncClient) -> Landing:
    """Open the authorization address ``url``, decide, and follow to its ``redirect_uri``.

    The last request may be answered only when the exchange of the code has ended: run this beside it. Raises
    ``MCPMagicsError`` of class ``consent_failed``, or ``client_unknown`` where the page says ``invalid_client``.
    """
    target = dict(parse_qsl(urlsplit(url).query)).get("redirect_uri", "")
    request = client.build_request("GET", _on_loopback(url))
    for _ in range(MAX_STEPS):
        response, page = await _answered(request, client)
        if target and _same_address(str(request.url), target):
            return Landing(str(request.url), response.status_code, page)
        if response.has_redirect_location:
            following = _on_loopback(urljoin(str(request.url), response.headers.get("location", "")))
            request = client.build_request("GET", following)
        else:
            request = _submission(page, str(request.url), response.status_code, decision, client)
    raise _failed(f"no redirect URI was reached in {MAX_STEPS} steps")


async def _answered(request: httpx2.Request, client: httpx2.AsyncClient) -> tuple[httpx2.Response, str]:
    import httpx2

    try:
        return await _fetch(request, client)
    except httpx2.HTTPError as error:
        raise _failed(f"{_shown(str(request.url))} gave no answer ({type(error).__name__})") from None


async def _fetch(request: httpx2.Request, client: httpx2.AsyncClient) -> tuple[httpx2.Response, str]:
    response = await client.send(request, stream=True, follow_redirects=False)
    page = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            page += chunk
            if len(page) > MAX_PAGE:
                raise _failed(f"{_shown(str(request.url))} answered with more than {MAX_PAGE} bytes")
    finally:
        await response.aclose()
    return response, page.decode("utf-8", "replace")


def _submission(page: str, address: str, status: int, decision: Decision, client: httpx2.AsyncClient) -> httpx2.Request:
    form = consent_form(page, address) if status == 200 else None
    if form is None:
        raise _led_nowhere(page, address, status)
    if _origin(form.action) != _origin(address):
        raise _failed(f"the form of {_shown(address)} is sent to another origin, {_shown(form.action)}")
    content = urlencode([*form.hidden, ("decision", decision)])
    if form.method == "GET":
        return client.build_request("GET", _on_loopback(f"{form.action.partition('?')[0]}?{content}"))
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return client.build_request("POST", _on_loopback(form.action), content=content.encode(), headers=headers)


def consent_form(page: str, address: str) -> Form | None:
    """The form of ``page`` that asks for a decision, otherwise its first, or None; ``address`` is where it stands."""
    reader = _Forms(address)
    reader.feed(page)
    reader.close()
    return next((form for form in reader.forms if form.decides), reader.forms[0] if reader.forms else None)


class _Forms(HTMLParser):
    """The forms of a page (HTML §4.10.22), as far as a consent needs them."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self._open = False
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            method: Literal["GET", "POST"] = "POST" if given.get("method", "").lower() == "post" else "GET"
            self.forms.append(Form(urljoin(self._address, given.get("action", "")), method, ()))
            self._open = True
        elif self._open and tag in ("input", "button") and "name" in given:
            self._add(given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False

    def _add(self, given: dict[str, str]) -> None:
        form = self.forms[-1]
        hidden = form.hidden
        if given["name"] != "decision" and given.get("type", "").lower() == "hidden":
            hidden = (*hidden, (given["name"], given.get("value", "")))
        self.forms[-1] = Form(form.action, form.method, hidden, form.decides or given["name"] == "decision")


def _on_loopback(url: str) -> str:
    try:
        parts = urlsplit(url)
        fine = parts.scheme == "http" and is_loopback(parts.hostname or "") and "@" not in parts.netloc
        port = parts.port
    except ValueError:
        fine, port = False, None
    if not fine or port == 0:
        raise _failed(f"{_shown(url)} is not on loopback, and a script consents only there")
    return url


def _same_address(given: str, expected: str) -> bool:
    return given.partition("?")[0] == expected.partition("?")[0]


def _origin(url: str) -> tuple[str, str | None, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or 80


def _shown(url: str) -> str:
    return redactor().url(url.partition("?")[0])


def _failed(why: str, *evidence: str) -> MCPMagicsError:
    return MCPMagicsError(
        f"the scripted consent failed: {why}",
        class_="consent_failed",
        phase="login",
        evidence=evidence,
        next_step="%mcp login SERVER  # without --consent: decide in the browser",
    )


def _led_nowhere(page: str, address: str, status: int) -> MCPMagicsError:
    """The error of a page there is nothing to do on: how it begins, and whether it says that our client is unknown."""
    said = page_text(page)
    told = (f"it says: {said}",) if said else ()
    error = _failed(f"{_shown(address)} answered {status} with neither a redirect nor a form", *told)
    if status < 400 or "invalid_client" not in said:
        return error
    text = "the authorization server does not know this client"
    evidence = (f"{status} from {_shown(address)}", *told)
    return MCPMagicsError(text, class_="client_unknown", phase="login", evidence=evidence)


def page_text(page: str) -> str:
    """How a page begins, as a person would read it: without markup, on one line, redacted and cut."""
    reader = _Words()
    reader.feed(page[:MAX_READ])
    reader.close()
    return one_line(redactor().text(" ".join(" ".join(reader.words).split())), LONGEST_QUOTED)


class _Words(HTMLParser):
    """The text of a page, but for its title, which the heading repeats, and what is not shown."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._unseen = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if not self._unseen and tag in ("script", "style", "title"):
            self._unseen = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._unseen:
            self._unseen = ""

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.words.append(data)
