"""Known secrets and their placeholders: one :class:`Redactor` per process, asked on the path of every message."""

from __future__ import annotations

import json
import re
import threading
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from mcp_magics.redact.shapes import data_shapes, text_shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MASK = "*****"
MIN_LENGTH = 6
"""Characters below which a secret is not searched for: it would be found in every other word."""
MAX_HEADERS, LONGEST_HEADER = 512, 4096
"""Headers whose redaction is kept, and how long one of them may be."""
MAX_NUMBERED = 10_000
"""Secrets numbered by their shape alone; a server that sends more gets unnumbered placeholders."""

_SECRET_HEADER = re.compile(
    r"(?!access-control-).*(?:authorization|cookie|token|secret|key|password|assertion)", re.IGNORECASE
)
_SCHEME = re.compile(r"\s*([A-Za-z][\w-]*)\s+(\S.*)", re.DOTALL)
_ADDRESS = re.compile(
    r"(?P<start>[^/?#]*//)(?P<userinfo>[^/?#]*@)?(?P<rest>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?", re.DOTALL
)


def mask(value: str) -> str:
    """What stands for ``value`` where a configuration is shown; its length is not told."""
    return MASK if value else ""


class Redactor:
    """Replaces secrets by numbered placeholders. Thread-safe; readers take no lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._placeholders: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._registered: dict[str, str] = {}
        self._headers: dict[tuple[str, str], str] = {}
        self._texts: tuple[tuple[str, str], ...] = ()
        self._datas: tuple[tuple[bytes, bytes], ...] = ()

    def register(self, secret: str, name: str = "") -> str:
        """The placeholder that stands for ``secret`` from now on, in every spelling of :func:`spellings`.

        ``name`` is what people call it. Secrets of fewer than :data:`MIN_LENGTH` characters get a placeholder but
        are not searched for.
        """
        with self._lock:
            placeholder = self._number(secret)
            if name:
                self._names[placeholder] = name
            if len(secret) >= MIN_LENGTH and secret not in self._registered:
                self._registered[secret] = placeholder
                self._prepare()
        return placeholder

    @property
    def names(self) -> Mapping[str, str]:
        """What people call the secret behind each placeholder, where they said so."""
        return dict(self._names)

    def text(self, text: str) -> str:
        """``text`` with every known secret, and all that looks like one, replaced."""
        for secret, placeholder in self._texts:
            text = text.replace(secret, placeholder)
        for mark, hint, patterns in text_shapes():
            if mark in text and hint(text):
                for pattern in patterns:
                    text = pattern.sub(self._swap, text)
        return text

    def data(self, data: bytes) -> bytes:
        """The same for bytes, of any encoding that contains ASCII."""
        for secret, placeholder in self._datas:
            data = data.replace(secret, placeholder)
        for mark, hint, patterns in data_shapes():
            if mark in data and hint(data):
                for pattern in patterns:
                    data = pattern.sub(self._swap_bytes, data)
        return data

    @property
    def knows_any(self) -> bool:
        """Whether there is a secret to be searched for."""
        return bool(self._datas)

    def is_in(self, data: bytes | bytearray) -> bool:
        """Whether ``data`` has a known secret."""
        return any(secret in data for secret, _ in self._datas)

    def known(self, data: bytes | bytearray) -> bytes:
        """``data`` with every known secret replaced, and nothing else."""
        known = bytes(data)
        for secret, placeholder in self._datas:
            known = known.replace(secret, placeholder)
        return known

    def url(self, url: str) -> str:
        """``url`` without user and password, every value of its query masked; other text as :meth:`text`."""
        match = _ADDRESS.fullmatch(url)
        if match is None:
            bare, mark, query = url.partition("?")
            return self.text(bare) + (mark + _masked_query(query) if mark else "")
        shown = self.text(match["start"] + match["rest"])
        if match["query"]:
            shown += "?" + _masked_query(match["query"][1:])
        return shown + ("#***" if (match["fragment"] or "#") != "#" else "")

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """``headers`` with the values of secret ones replaced; the scheme of credentials stays (RFC 9110 §11.4)."""
        return {name: self._header(name, value) for name, value in headers.items()}

    def _header(self, name: str, value: str) -> str:
        """The same few headers stand on every request of a connection: what was found of them is kept."""
        kept = self._headers  # this one, though a secret be registered meanwhile: then another has taken its place
        shown = kept.get((name, value))
        if shown is None:
            shown = self._redacted(name, value)
            if len(kept) >= MAX_HEADERS:
                kept.clear()
            if len(value) <= LONGEST_HEADER:
                kept[name, value] = shown
        return shown

    def _redacted(self, name: str, value: str) -> str:
        if not _SECRET_HEADER.match(name) or not value.strip():
            return self.text(value)
        scheme = _SCHEME.fullmatch(value) if name.lower().endswith("authorization") else None
        if scheme is None:
            return self.found(value)
        return f"{scheme[1]} {self.found(scheme[2])}"

    def found(self, secret: str) -> str:
        """The placeholder of a secret that is known by where it stands; it is not searched for elsewhere."""
        if secret.startswith("<secret-"):
            return secret
        known = self._placeholders.get(secret)
        if known is not None:
            return known
        with self._lock:
            return self._number(secret) if len(self._placeholders) < MAX_NUMBERED else "<secret>"

    def _number(self, secret: str) -> str:
        return self._placeholders.setdefault(secret, f"<secret-{len(self._placeholders) + 1}>")

    def _prepare(self) -> None:
        pairs = {spelt: place for secret, place in self._registered.items() for spelt in spellings(secret)}
        ordered = sorted(pairs.items(), key=lambda pair: -len(pair[0]))  # a secret may contain another
        self._texts = tuple(ordered)
        self._datas = tuple((spelt.encode("utf-8", "surrogatepass"), place.encode()) for spelt, place in ordered)
        self._headers = {}  # last: what is kept from now on was redacted with the new secret

    def _swap(self, match: re.Match[str]) -> str:
        start, end = match.start("s") - match.start(), match.end("s") - match.start()
        whole = match[0]
        return whole[:start] + self.found(match["s"]) + whole[end:]

    def _swap_bytes(self, match: re.Match[bytes]) -> bytes:
        start, end = match.start("s") - match.start(), match.end("s") - match.start()
        whole = match[0]
        return whole[:start] + self.found(match["s"].decode("utf-8", "surrogateescape")).encode() + whole[end:]


_ESCAPES = (
    str.maketrans({"/": "\\/"}),
    str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}),
    str.maketrans({"<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "+": "\\u002B", "'": "\\u0027", "`": "\\u0060"}),
)
"""What PHP, Go and .NET write in JSON in place of characters that need no escape."""


def spellings(secret: str) -> Iterable[str]:
    """``secret`` as it may stand in text: as it is, in JSON (also in JSON inside JSON), in a URL and in a form."""
    plain, escaped = json.dumps(secret, ensure_ascii=False)[1:-1], json.dumps(secret)[1:-1]
    escapes = [each.translate(written) for each in (plain, escaped) for written in _ESCAPES]
    nested = [json.dumps(each, ensure_ascii=False)[1:-1] for each in (plain, escaped, *escapes)]
    percent = [
        quote(secret, safe="", errors="replace"),
        quote(secret, errors="replace"),
        quote_plus(secret, errors="replace"),
    ]
    return dict.fromkeys([secret, plain, escaped, *escapes, *nested, *percent])


def _masked_query(query: str) -> str:
    return "&".join(_masked_parameter(part) for part in query.split("&"))


def _masked_parameter(part: str) -> str:
    name, mark, value = part.partition("=")
    if mark:
        return f"{name}={'***' if value else ''}"
    return "***" if name else ""


_REDACTOR = Redactor()


def redactor() -> Redactor:
    """The one redactor of this process."""
    return _REDACTOR
