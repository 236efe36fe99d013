"""Text from a server made safe to look at: no terminal commands, nothing invisible, no link that runs code."""

from __future__ import annotations

import html
import re
import unicodedata

# ECMA-48 §5.4 (CSI), §5.6 (OSC, DCS, PM, APC, SOS strings), §5.5 and ISO 2022 (two- and three-byte escapes).
# A string that never ends is not swallowed: only its first character is shown, and all that follows.
_TERMINAL = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]"
    r"|(?:\x1b[]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*+(?:\x07|\x9c|\x1b\\)"
    r"|\x1b[ -/]++[0-~]"
    r"|\x1b[0-Z\\`-~]"
)

# Unicode's Default_Ignorable_Code_Point, bidirectional controls, line separators, controls, lone surrogates.
_UNSEEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_SEEN = rf"[^\x00-\x7f{_UNSEEN}]"
# Joiners and variation selectors are part of how emoji and some scripts are written, between characters that show.
_WRITTEN = re.compile(
    rf"(?<={_SEEN})[\u200c\u200d](?={_SEEN})|(?<=\ufe0f)\u200d(?={_SEEN})|(?<=[0-9#*]|{_SEEN})[\ufe0e\ufe0f](?![\ufe00-\ufe0f])"
)
_HIDDEN = re.compile(rf"{_WRITTEN.pattern}|([{_UNSEEN}])")
_UNUSUAL = re.compile("[^\x00-\u02ff\u2010-\u20cf\u2100-\u22ff]")
"""Characters that may take another width than one column."""
_SPACE = re.compile(r"[ \t\r\n]++")
_CLICKABLE = re.compile(rf"(?:https?://|mailto:)[^\s{_UNSEEN}\"'<>`\\]++\Z", re.IGNORECASE)


def clean(text: str) -> str:
    r"""``text`` as it may be shown anywhere: terminal sequences gone, what cannot be seen named.

    A right-to-left override becomes ``⟨U+202E⟩``, a lone escape ``⟨U+001B⟩``; tabs and line ends stay
    (``\r\n`` as ``\n``). Idempotent. Source: Unicode UAX #9 §2, UTR #36 §3, "Trojan Source" (CVE-2021-42574).
    """
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN.sub(_named, _TERMINAL.sub("", text.replace("\r\n", "\n")))


def one_line(text: str, width: int) -> str:
    """``text`` cleaned, on one line, of at most ``width`` characters; what is missing shows as ``…``."""
    line = _SPACE.sub(" ", clean(text[: 4 * width + 4])).strip()
    return line if len(line) <= width and len(text) <= 4 * width + 4 else line[: max(width - 1, 0)].rstrip() + "…"


def escaped(text: str) -> str:
    """Cleaned text as HTML text or attribute value."""
    return html.escape(clean(text), quote=True)


def is_clickable(uri: str) -> bool:
    """Whether a link to ``uri`` may be clicked: ``http``, ``https`` and ``mailto`` only, spelt plainly."""
    return _CLICKABLE.match(uri) is not None


def columns_of(text: str) -> int:
    """How many columns ``text`` takes on a terminal or in a monospaced font (Unicode UAX #11)."""
    return len(text) + sum(_width(char) - 1 for char in _UNUSUAL.findall(text))


def within(text: str, width: int) -> str:
    """``text`` cut to ``width`` columns; a cut shows as ``…``."""
    if columns_of(text) <= width:
        return text
    used = 0
    for index, char in enumerate(text):
        used += _width(char)
        if used >= width:
            return text[:index] + "…"
    return text


def _width(char: str) -> int:
    if unicodedata.combining(char) or char in "\u200c\u200d\ufe0e\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _named(match: re.Match[str]) -> str:
    return match[0] if match[1] is None else f"⟨U+{ord(match[1]):04X}⟩"
