"""Bytes of a text in the charset it is declared in."""

from __future__ import annotations

import codecs
import re

_PARAMETER = re.compile(r';\s*+charset\s*+=\s*+"?([A-Za-z0-9._:+-]{1,40})', re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_KNOWN = re.compile(
    r"ascii|utf-8|utf-16(?:-[bl]e)?|iso8859-\d+|cp125\d|cp866|cp932|koi8-[ru]|mac-(?:roman|cyrillic)|shift_jis|euc_(?:jp|kr)|iso2022_jp"
    r"|gb2312|gbk|gb18030|big5"
)
"""Charsets of texts on the web (WHATWG Encoding §4.2); Python knows codecs that are none, and slow ones."""


def decoded(data: bytes, media_type: str) -> str | None:
    """``data`` as text by its byte order mark, the ``charset`` of ``media_type``, or UTF-8; None where it is none.

    Source: RFC 9110 §8.3.2, RFC 2046 §4.1.2; the mark comes first as in WHATWG Encoding §6.
    """
    try:
        return data.decode(_charset(data, media_type))
    except UnicodeDecodeError:
        return None


def _charset(data: bytes, media_type: str) -> str:
    for mark, charset in _MARKS:
        if data.startswith(mark):
            return charset
    named = _PARAMETER.search(media_type)
    try:
        charset = codecs.lookup(named[1]).name if named else "utf-8"
    except LookupError:
        return "utf-8"
    return charset if _KNOWN.fullmatch(charset) else "utf-8"
