"""What a person pastes when the browser ended on a page that leads nowhere: pure reading, nothing of it echoed.

The state decides whose answer it is, as at the listener; a code alone is refused, for nothing would tell whose it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from mcp_magics.auth.callback import PARAMETERS, invalid, parse_callback, same_place
from mcp_magics.errors import MCPMagicsError

if TYPE_CHECKING:
    from mcp_magics.auth.callback import Callback

LONGEST = 64 * 1024
_WRAPPINGS = 4
_AROUND = "'\"`<>()[]{}“”‘’«»"  # noqa: RUF001  the quotes that word processors make
_UNSEEN = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_PARAMETER = re.compile(rf"(?:^|&)(?:{'|'.join(PARAMETERS)})=")
_LOGIN_PAGE = re.compile(r"[?&]next=")


def read_paste(text: str, expected_state: str, redirect_uri: str) -> Callback:
    """The authorization response in pasted ``text``: a whole address, its query, or one inside a Jupyter login page's.

    Raises ``MCPMagicsError`` of class ``callback_invalid`` (what is missing and what to paste) or ``state_mismatch``.
    """
    step = f"paste the whole address the browser ended on, {redirect_uri.partition('?')[0]}?code=…&state=…"
    try:
        address = _unwrapped(_tidied(text))
        callback = parse_callback(_query(address))
        _check_state(callback, expected_state)
        _check_content(address, callback)
        _check_place(address, redirect_uri)
    except MCPMagicsError as error:
        raise error.at(next_step=step) from None
    return callback


def _tidied(text: str) -> str:
    if len(text) > LONGEST:
        raise invalid(f"it is longer than {LONGEST // 1024} KB")
    bare = _UNSEEN.sub("", text).strip(_AROUND)
    start = _ADDRESS.search(bare)
    if start is not None and "=" not in bare[: start.start()]:
        bare = bare[start.start() :]
    if not bare:
        raise invalid("nothing was pasted")
    return bare


def _unwrapped(address: str) -> str:
    """The address in the ``next`` of a login page, of a login page's login page too."""
    for _ in range(_WRAPPINGS):
        wrapped = _LOGIN_PAGE.search(address)
        if wrapped is None:
            return address
        rest = address[wrapped.end() :]
        inner = rest if "?" in rest else dict(_pairs("next=" + rest)).get("next", "")
        if "=" not in inner and "%" not in inner:
            return address
        address = inner
    return address


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True, errors="replace")


def _query(address: str) -> str:
    before, mark, query = address.partition("?")
    if mark:
        return query.partition("#")[0]
    if _ADDRESS.match(before) or before.startswith("/"):
        raise invalid("the address has no ?code=…&state=… at its end")
    if not _PARAMETER.search(before):
        raise invalid("a code alone is not enough: the state beside it tells whose it is")
    return before.lstrip("&").partition("#")[0]


def _check_state(callback: Callback, expected_state: str) -> None:
    if callback.accepts(expected_state):
        return
    if callback.state is None:
        raise invalid("it has no state, which tells whose code it is")
    raise MCPMagicsError(
        "this address belongs to another login: its state is not the one that was sent",
        class_="state_mismatch",
        phase="login",
    )


def _check_place(address: str, redirect_uri: str) -> None:
    """Refuse an answer that came to another redirect URI than ours (RFC 9700 §4.4.2.2)."""
    before = address.partition("?")[0]
    wanted = urlsplit(redirect_uri)
    try:
        given = urlsplit(before) if _ADDRESS.match(before) else wanted._replace(path=before or wanted.path)
        port, host = given.port, given.hostname or ""
    except ValueError:
        raise invalid("its address cannot be read") from None
    if "=" in before:  # only the query was pasted
        return
    path = given.path if _ADDRESS.match(before) else given.path.removeprefix("/hub")
    if (path or "/", port) != (wanted.path or "/", wanted.port) or not same_place(host, wanted.hostname or ""):
        raise invalid("it is an address of another redirect URI")


def _check_content(address: str, callback: Callback) -> None:
    if callback.complete:
        return
    if "response_type=" in address:
        raise invalid("this is the address to open, not the one the browser ends on")
    raise invalid("it holds neither a code nor an error")
