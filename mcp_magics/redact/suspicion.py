"""Whether a literal in a configuration looks like a secret, and why: said before it is saved anywhere."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import cache

_REFERENCE = re.compile(r"\$\{[^{}]+\}")
_ISSUERS = (
    (r"eyJ[\w-]{5,}\.[\w-]{2,}\.[\w-]*", "a JSON Web Token"),
    (r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*", "a private key"),
    (r"sk-ant-[\w-]{8,}", "an Anthropic API key"),
    (r"sk-(?=[\w-]*\d)[\w-]{12,}", "an API key (sk-…)"),
    (r"gh[pousr]_[A-Za-z0-9]{12,}|github_pat_\w{12,}", "a GitHub token"),
    (r"glpat-[\w-]{12,}", "a GitLab token"),
    (r"(?:xox[a-z]|xapp)-[\w-]{8,}", "a Slack token"),
    (r"A[KS]IA[0-9A-Z]{16}", "an AWS access key"),
    (r"AIza[\w-]{30,}", "a Google API key"),
    (r"ya29\.[\w-]{16,}", "a Google access token"),
    (r"hf_[A-Za-z0-9]{16,}", "a Hugging Face token"),
    (r"npm_[A-Za-z0-9]{20,}|pypi-[\w-]{16,}", "a package registry's token"),
    (r"[srp]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[\w+/=-]{16,}", "a Stripe key"),
    (r"lin_(?:api|oauth)_[A-Za-z0-9]{16,}", "a Linear key"),
    (r"ntn_[A-Za-z0-9]{16,}|secret_[A-Za-z0-9]{32,}", "a Notion token"),
    (r"SG\.[\w-]{16,}\.[\w-]{16,}", "a SendGrid key"),
    (r"dop_v1_[a-f0-9]{16,}", "a DigitalOcean token"),
    (r"(?i:bearer|token|basic)\s+(?=\S*[\d=._~+/-]|\S{20})[A-Za-z0-9._~+/-]{6,}=*", "credentials"),
)
_USERINFO = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]*:(?!\$\{|\*{3})[^/\s@]+@", re.IGNORECASE)

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET_WORDS = frozenset(
    [
        "token",
        "secret",
        "password",
        "passwd",
        "pwd",
        "passphrase",
        "apikey",
        "authtoken",
        "accesstoken",
        "credential",
        "credentials",
        "authorization",
        "jwt",
        "pat",
        "bearer",
        "cookie",
        "dsn",
    ]
)
_PUBLIC_KEYS = frozenset(["public", "primary", "foreign", "sort", "partition", "row", "cache", "hot", "short"])

_PLACEHOLDER = re.compile(
    r"[<\[{(].*[>\]})]|[*xX.•_-]+"
    r"|(?:your|my|the|an?|insert|enter|paste|put|some|add|replace)[ _-].*|.*(?:_|-|\b)here|change[ _-]?me.*"
    r"|dummy|sample|example|placeholder|todo|redacted|none|null|true|false|required|optional|prompt|yes|no|on|off|test",
    re.IGNORECASE,
)
_PATH = re.compile(r"(?:~|\.{1,2}|[A-Za-z]:)?[/\\].*|[\w.-]+(?:/[\w.@-]+)+/?|(?:file|https?)://.*")
_MIN_VALUE = 8
_MIN_PASSWORD = 4
_MIN_BITS = 2.5


def looks_secret(text: str, name: str = "") -> str | None:
    """Why the literal ``text`` looks like a secret ("a GitHub token"), or None.

    ``name`` is the variable, header or parameter it is the value of: under a name like ``API_KEY`` any random-looking
    value is one. References (``${VAR}``) are none, nor what a README writes for the reader to replace.
    """
    literal = _REFERENCE.sub("", text).strip()
    if not literal or _PLACEHOLDER.fullmatch(literal):
        return None
    for pattern, why in _known():
        if pattern.fullmatch(literal):
            return why
    if _USERINFO.match(literal):
        return "an address with a password in it"
    if _REFERENCE.search(text) or not is_secret_name(name):
        return None
    return f"the value of {name}" if _is_random(literal, name) else None


@cache
def _known() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern, re.ASCII), why) for pattern, why in _ISSUERS)


def is_secret_name(name: str) -> bool:
    """Whether ``name`` is a secret's: ``API_KEY``, ``x-auth-token``, ``clientSecret``; not ``MAX_TOKENS``."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words:
        return False
    *before, last = words
    if last == "key":
        return not before or before[-1] not in _PUBLIC_KEYS
    if last == "auth":
        return True
    return last in _SECRET_WORDS or last.endswith(("apikey", "password", "secret"))


def _is_random(value: str, name: str) -> bool:
    """Whether ``value`` was drawn rather than written, judged as strictly as ``name`` demands."""
    if _PATH.fullmatch(value):
        return False
    if re.search(r"pass|pwd|secret", name, re.IGNORECASE):
        return len(value) >= _MIN_PASSWORD
    if len(value) < _MIN_VALUE or re.search(r"\s", value):
        return False
    mixed = any(char.isdigit() for char in value) and any(char.isalpha() for char in value)
    return (mixed or len(value) >= 2 * _MIN_VALUE) and _bits(value) >= _MIN_BITS


def _bits(value: str) -> float:
    """Shannon's entropy of ``value``'s characters, in bits per character."""
    counts, total = Counter(value), len(value)
    return -sum(count / total * math.log2(count / total) for count in counts.values())
