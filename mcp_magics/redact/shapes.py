r"""What secrets look like inside other text, whoever sent them.

Redaction is on the path of every message, and nearly every message holds no secret. So a shape is tried in three
steps, each of which ends most trials: a character that must be present (``mark``: one ``memchr``), a ``hint`` that
begins with that character (so that the regex engine skips to it), and only then the whole pattern, whose group ``s``
is the secret. Every pattern is linear in hostile text: no two unbounded repetitions can share characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, AnyStr, Generic, NamedTuple


class Shape(NamedTuple, Generic[AnyStr]):
    """Ways a secret stands in text; ``mark`` and ``hint`` are necessary for the ``patterns``, and cheaper.

    In bytes ``mark`` is a number: asking for a byte string of one byte takes eight times as long.
    """

    mark: Any
    hint: Callable[[AnyStr], re.Match[AnyStr] | None]
    patterns: tuple[re.Pattern[AnyStr], ...]


# A value that is a reference, a mask or a placeholder already is no secret.
_FRESH = r"(?!\$\{|\*{3}|<secret-)"

# Words that follow "bearer" in prose and in challenges (RFC 6750 §3), where no token does.
_PROSE = (
    r"(?!(?:tokens?|auth|authenticat(?:ion|ed)|authori[sz]ation|credentials?|scheme|prefix|header|format|realm|methods?"
    r"|challenge|error|scope|is|was|and|or|in|with|from|for|not|only|must|should|may|required|missing|invalid|expired)"
    r"[.,;:!?)]*(?![A-Za-z0-9._~+/=\-])|[a-z_]{2,24}=\\?\"[^\",}\s])"
)
_BEARER = rf"earer(?<=[Bb]earer)[ \t]+{_PROSE}(?P<s>[A-Za-z0-9._~+/\-]{{4,}}+=*+)"

_JWT = r"(?<![\w-])(?P<s>eyJ[\w-]{5,}\.[\w-]{2,}(?:\.[\w-]*){1,3})"

_UNDERSCORED = (
    r"(?<![A-Za-z0-9])(?P<s>gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|hf_[A-Za-z0-9]{16,}|npm_[A-Za-z0-9]{16,}"
    r"|[srp]k_(?:live|test)_[A-Za-z0-9]{10,}|dop_v1_[a-f0-9]{16,}|lin_(?:api|oauth)_[A-Za-z0-9]{16,}|ntn_[A-Za-z0-9]{16,}"
    r"|shpat_[A-Fa-f0-9]{16,})"
)
_UNDERSCORED_HINT = (
    r"_(?:(?<=gh[pousr]_)|(?<=_pat_)|(?<=hf_)|(?<=npm_)|(?<=_live_)|(?<=_test_)|(?<=_v1_)|(?<=_api_)|(?<=_oauth_)"
    r"|(?<=ntn_)|(?<=shpat_))[A-Za-z0-9]{10}"
)
_DASHED = (
    r"(?<![\w-])(?P<s>sk-(?=[\w-]{0,200}\d)[\w-]{16,}|xox[a-z]-[\w-]{10,}|xapp-[\w-]{10,}|glpat-[\w-]{16,}|pypi-[\w-]{16,}"
    r"|nvapi-[\w-]{16,}|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z))"
)
_DASHED_HINT = (
    r"-(?:(?<=sk-)|(?<=xox[a-z]-)|(?<=xapp-)|(?<=glpat-)|(?<=pypi-)|(?<=nvapi-)|----BEGIN [A-Z ]{0,30}PRIVATE KEY)"
)
_CLOUD = r"(?<![A-Za-z0-9])(?P<s>A[KS]IA[0-9A-Z]{16}(?![A-Za-z0-9])|AIza[\w-]{30,})"
_CLOUD_HINT = r"I(?:(?<=A[KS]I)A[0-9A-Z]{16}|(?<=AI)za[\w-]{20})"

_MEMBERS = (
    r"(?:(?:access|refresh|id|device|registration_access|subject|actor|bot)_token|(?:access|refresh|id)Token|client_secret"
    r"|clientSecret|code_verifier|client_assertion|device_code|api_?key|apiKey|private_key|password|passphrase)"
)
# A member of an object, as JSON or as Python writes it; and of JSON inside a JSON string, at any depth.
_MEMBER = rf"""["']{_MEMBERS}["']\s{{0,20}}:\s{{0,20}}(?P<q>["']){_FRESH}(?P<s>(?:(?!(?P=q))[^\\]|\\[\s\S])++)"""
_NESTED = (
    rf'(?<!\\)(?P<b>\\{{1,15}})"{_MEMBERS}(?P=b)"\s{{0,20}}:\s{{0,20}}(?P=b)"{_FRESH}'
    r'(?P<s>[\s\S]+?)(?:(?<!\\)(?=(?P=b)")|\Z)'
)
_MEMBER_HINTS = (
    ("_", r"_(?:token|secret|verifier|assertion|key|code)\\*[\"']"),
    ("w", r"w(?<=passw)ord\\*[\"']"),
    ("h", r"h(?<=passph)rase\\*[\"']"),
    ("T", r"T(?:(?<=accessT)|(?<=refreshT)|(?<=idT))oken\\*[\"']"),
    ("K", r"K(?<=apiK)ey\\*[\"']"),
    ("k", r"k(?<=apik)ey\\*[\"']"),
    ("S", r"S(?<=clientS)ecret\\*[\"']"),
)

# Values of query and form parameters with a secret's name (RFC 6749, RFC 7521, RFC 7636; pre-signed URLs).
_STRONG = r"(?:(?:access|refresh|id)_token|client_secret|code_verifier|client_assertion|password|api[_-]?key)"
_WEAK = (
    r"(?:[\w.\-]*(?:token|secret|password|passwd|apikey|accesskey|signature|credential|assertion|verifier)"
    r"|(?:[\w.\-]*[_.\-])?(?:key|sig|pwd|auth|code|jwt))"
)
_QUERY = rf"(?i:(?:(?:[?&]|\\u0026)(?:amp;)?{_WEAK}|(?<!\w){_STRONG})=){_FRESH}(?P<s>[^&\s\"'<>#\\,;)]+)"
_QUERY_HINT = (
    r"=(?i:(?<=token=)|(?<=secret=)|(?<=password=)|(?<=passwd=)|(?<=key=)|(?<=signature=)|(?<=credential=)"
    r"|(?<=assertion=)|(?<=verifier=)|(?<=sig=)|(?<=pwd=)|(?<=auth=)|(?<=code=)|(?<=jwt=))"
)
_USERINFO = rf"://[^/\s:@\"'<>\\]*:{_FRESH}(?P<s>[^/\s@\"'<>\\]+)@"
_AUTHORIZATION = (
    r"uthorization\\*[\"']?\s{0,9}[:=,]\s{0,9}(?:b|\\*)[\"']?(?:Basic|Token|DPoP|Api-?Key|Key|Digest|Negotiate)[ \t]+"
    rf"{_FRESH}(?P<s>[^\s\"'\\,]{{4,}})"
)
# How the HTTP library logs headers: [(b'X-Api-Key', b'…')].
_HEADER_PAIR = (
    r"\(b['\"](?i:(?:proxy-)?authorization|(?:set-)?cookie|[\w-]*(?:token|secret|key))['\"], b(?P<q>['\"])"
    rf"{_FRESH}(?!(?:Bearer|Basic|DPoP) )(?P<s>(?:(?!(?P=q))[^\\]|\\[\s\S])++)"
)

_SOURCES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("B", r"B(?=earer[ \t])", (_BEARER,)),
    ("b", r"b(?=earer[ \t])", (_BEARER,)),
    ("J", r"J(?<=eyJ)[\w-]{5}", (_JWT,)),
    ("_", _UNDERSCORED_HINT, (_UNDERSCORED,)),
    ("-", _DASHED_HINT, (_DASHED,)),
    ("I", _CLOUD_HINT, (_CLOUD,)),
    ("=", _QUERY_HINT, (_QUERY,)),
    ("@", r"@(?!/)", (_USERINFO,)),
    ("z", r"z(?<=uthoriz)ation\\*[\"']?\s{0,9}[:=,]", (_AUTHORIZATION,)),
    *((mark, hint, (_MEMBER, _NESTED)) for mark, hint in _MEMBER_HINTS),
)
_HEADER_PAIRS = ("(", r"\(b'[\w-]+', b", (_HEADER_PAIR,))


@cache
def text_shapes() -> tuple[Shape[str], ...]:
    """The shapes for text; compiled when first needed, for that takes longer than loading all the rest."""
    return tuple(
        Shape(mark, re.compile(hint, re.ASCII).search, tuple(re.compile(each, re.ASCII) for each in patterns))
        for mark, hint, patterns in (*_SOURCES, _HEADER_PAIRS)
    )


@cache
def data_shapes() -> tuple[Shape[bytes], ...]:
    """The shapes for bytes, compiled when first needed."""
    return tuple(
        Shape(ord(mark), re.compile(hint.encode()).search, tuple(re.compile(each.encode()) for each in patterns))
        for mark, hint, patterns in _SOURCES
    )
