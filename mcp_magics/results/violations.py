"""Where an answer breaks the specification: found and named, and never a reason to hide the answer.

The rules are tables: which members an object must and may have, from the MCP schema of the negotiated revision
(``schema.ts`` of 2024-11-05 to 2026-07-28: ``CallToolResult``, ``ContentBlock``, ``ReadResourceResult``,
``GetPromptResult``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mcp_magics.results.blocks import Audio, Image, ResourceContents

STATELESS = "2026-07-28"
"""The revision from which every result states its ``resultType``."""
STRUCTURED = "2025-06-18"
"""The revision that brought ``structuredContent`` and resource links."""

_MESSAGE_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule broken: ``path`` says where (``content[0].data``), ``value`` is what stood there.

    ``revision`` is the protocol revision whose rule it is, empty where the connection's is not known.
    """

    rule: str
    path: str
    value: Any = field(repr=False)
    revision: str
    message: str

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{where}{self.message}"

    def to_json(self) -> dict[str, str]:
        """The violation as plain JSON, without the value."""
        return {"rule": self.rule, "path": self.path, "revision": self.revision, "message": self.message}


@dataclass(frozen=True, slots=True)
class _Finding:
    rule: str
    path: str
    value: Any
    message: str


@dataclass(frozen=True, slots=True)
class _Member:
    """A member of an object: what it must be, and whether it may be missing."""

    name: str
    kind: str
    is_required: bool = False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_audience(value: Any) -> bool:
    return isinstance(value, list) and all(role in ("user", "assistant") for role in value)


_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "a string": lambda value: isinstance(value, str),
    "a boolean": lambda value: isinstance(value, bool),
    "an object": lambda value: isinstance(value, dict),
    "a list": lambda value: isinstance(value, list),
    "a number": _is_number,
    "a number of milliseconds": lambda value: _is_number(value) and value >= 0,
    "'user' or 'assistant'": lambda value: value in ("user", "assistant"),
    "'public' or 'private'": lambda value: value in ("public", "private"),
    "a list of 'user' and 'assistant'": _is_audience,
    "a number from 0 to 1": lambda value: _is_number(value) and 0 <= value <= 1,
}

_RESULT = (_Member("_meta", "an object"),)
_STATED = _Member("resultType", "a string", is_required=True)
_CALL = (_Member("isError", "a boolean"),)
_READ_CACHED = (
    _Member("ttlMs", "a number of milliseconds", is_required=True),
    _Member("cacheScope", "'public' or 'private'", is_required=True),
)
_PROMPT = (_Member("description", "a string"),)
_COMMON = (_Member("_meta", "an object"), _Member("annotations", "an object"))
_ANNOTATIONS = (
    _Member("audience", "a list of 'user' and 'assistant'"),
    _Member("priority", "a number from 0 to 1"),
    _Member("lastModified", "a string"),
)
_MEDIA = (_Member("data", "a string", is_required=True), _Member("mimeType", "a string", is_required=True))
_LINK = (
    _Member("uri", "a string", is_required=True),
    _Member("name", "a string", is_required=True),
    _Member("title", "a string"),
    _Member("description", "a string"),
    _Member("mimeType", "a string"),
    _Member("size", "a number"),
    _Member("icons", "a list"),
)
_CONTENTS = (
    _Member("uri", "a string", is_required=True),
    _Member("mimeType", "a string"),
    _Member("text", "a string"),
    _Member("blob", "a string"),
    _Member("_meta", "an object"),
)
_BLOCKS: Mapping[str, tuple[_Member, ...]] = {
    "text": (_Member("text", "a string", is_required=True),),
    "image": _MEDIA,
    "audio": _MEDIA,
    "resource_link": _LINK,
    "resource": (_Member("resource", "an object", is_required=True),),
}
_SINCE: Mapping[str, str] = {"audio": "2025-03-26", "resource_link": STRUCTURED}


def in_call(raw: Any, revision: str | None, *, expects_structured: bool = False) -> Iterator[Violation]:
    """Violations in the result of ``tools/call``; ``expects_structured`` where the tool has an output schema."""
    yield from _stated(_call(raw, revision or "", expects_structured=expects_structured), revision)


def in_read(raw: Any, revision: str | None) -> Iterator[Violation]:
    """Violations in the result of ``resources/read``."""
    yield from _stated(_read(raw, revision or ""), revision)


def in_prompt(raw: Any, revision: str | None) -> Iterator[Violation]:
    """Violations in the result of ``prompts/get``."""
    yield from _stated(_prompt(raw, revision or ""), revision)


def _stated(findings: Iterable[_Finding], revision: str | None) -> Iterator[Violation]:
    for found in findings:
        yield Violation(found.rule, found.path, found.value, revision or "", found.message[:_MESSAGE_LENGTH])


def _call(raw: Any, revision: str, *, expects_structured: bool) -> Iterator[_Finding]:
    yield from _result(raw, revision, _CALL)
    if not isinstance(raw, dict) or _asks_for_input(raw):
        return
    yield from _list_of(raw, "content", revision, _block)
    if "structuredContent" in raw:
        yield from _structured(raw, revision)
    elif expects_structured and raw.get("isError") is not True:
        message = "missing: a tool with an output schema must return structured content"
        yield _Finding("missing_structured_content", "structuredContent", None, message)


def _structured(raw: dict[str, Any], revision: str) -> Iterator[_Finding]:
    value = raw["structuredContent"]
    if revision < STATELESS and not isinstance(value, dict):
        yield _Finding("wrong_type", "structuredContent", value, f"must be an object, is {_name_of(value)}")
    if revision and revision < STRUCTURED:
        message = f"exists only since revision {STRUCTURED}"
        yield _Finding("unknown_in_revision", "structuredContent", value, message)
    if raw.get("content") == []:
        message = "empty beside structuredContent: the same should be there as text for older clients"
        yield _Finding("structured_content_without_content", "content", [], message)


def _read(raw: Any, revision: str) -> Iterator[_Finding]:
    yield from _result(raw, revision, _READ_CACHED if revision >= STATELESS else ())
    if isinstance(raw, dict) and not _asks_for_input(raw):
        yield from _list_of(raw, "contents", revision, _contents)


def _prompt(raw: Any, revision: str) -> Iterator[_Finding]:
    yield from _result(raw, revision, _PROMPT)
    if isinstance(raw, dict) and not _asks_for_input(raw):
        yield from _list_of(raw, "messages", revision, _message)


def _asks_for_input(raw: dict[str, Any]) -> bool:
    return raw.get("resultType") == "input_required"


def _result(raw: Any, revision: str, members: tuple[_Member, ...]) -> Iterator[_Finding]:
    stated = (_STATED,) if revision >= STATELESS else ()
    yield from _members(raw, "", (*_RESULT, *stated, *members))


def _list_of(
    raw: dict[str, Any], name: str, revision: str, check: Callable[[Any, str, str], Iterator[_Finding]]
) -> Iterator[_Finding]:
    yield from _members(raw, "", (_Member(name, "a list", is_required=True),))
    items = raw.get(name)
    for index, item in enumerate(items if isinstance(items, list) else ()):
        yield from check(item, f"{name}[{index}]", revision)


def _message(message: Any, path: str, revision: str) -> Iterator[_Finding]:
    yield from _members(message, path, (_Member("role", "'user' or 'assistant'", is_required=True),))
    if isinstance(message, dict):
        yield from _block(message.get("content"), f"{path}.content", revision)


def _block(block: Any, path: str, revision: str) -> Iterator[_Finding]:
    yield from _members(block, path, (_Member("type", "a string", is_required=True), *_COMMON))
    kind = block.get("type") if isinstance(block, dict) else None
    if not isinstance(kind, str):
        return
    if kind not in _BLOCKS:
        yield _Finding("unknown_block_type", f"{path}.type", kind, f"{kind[:80]!r} is no type of content block")
        return
    if revision and revision < _SINCE.get(kind, ""):
        yield _Finding("unknown_in_revision", f"{path}.type", kind, f"{kind!r} exists only since {_SINCE[kind]}")
    yield from _members(block, path, _BLOCKS[kind])
    if isinstance(block.get("annotations"), dict):
        yield from _members(block["annotations"], f"{path}.annotations", _ANNOTATIONS)
    if kind in ("image", "audio") and isinstance(block.get("data"), str):
        yield from _bytes(Image(block) if kind == "image" else Audio(block), f"{path}.data")
    if isinstance(block.get("resource"), dict) and kind == "resource":
        yield from _contents(block["resource"], f"{path}.resource", revision)


def _contents(contents: Any, path: str, _revision: str) -> Iterator[_Finding]:
    yield from _members(contents, path, _CONTENTS)
    if not isinstance(contents, dict):
        return
    if ("text" in contents) == ("blob" in contents):
        both = "both" if "text" in contents else "neither"
        yield _Finding("text_or_blob", path, None, f"must have text or blob, has {both}")
    if isinstance(contents.get("blob"), str):
        resource = ResourceContents(contents)
        media = resource.picture or resource.sound
        if not resource.is_decodable:
            yield _Finding("invalid_base64", f"{path}.blob", resource.base64[:80], "is no base64")
        elif media and media.declared_mime:
            yield from _bytes(media, f"{path}.blob")


def _bytes(media: Image | Audio, path: str) -> Iterator[_Finding]:
    """Whether the bytes are what their MIME type says."""
    if not media.is_decodable:
        yield _Finding("invalid_base64", path, media.base64[:80], "is no base64")
        return
    declared = _canonical(media.declared_mime)
    if media.mime is None:
        kind = "image" if isinstance(media, Image) else "sound"
        yield _Finding("unrecognised_bytes", path, declared, f"declared {declared}, but no {kind} of a known format")
    elif declared and declared != media.mime:
        yield _Finding("mime_mismatch", path, declared, f"declared {declared}, but the bytes are {media.mime}")


_SYNONYMS: Mapping[str, str] = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/x-ms-bmp": "image/bmp",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/mp3": "audio/mpeg",
    "audio/x-mpeg": "audio/mpeg",
    "audio/opus": "audio/ogg",
    "audio/vorbis": "audio/ogg",
    "audio/x-flac": "audio/flac",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/x-aiff": "audio/aiff",
}
"""Spellings of the same format (WHATWG MIME Sniffing and what servers write)."""


def _canonical(mime: str | None) -> str:
    essence = (mime or "").partition(";")[0].strip().lower()
    return _SYNONYMS.get(essence, essence)


def _members(value: Any, path: str, members: Iterable[_Member]) -> Iterator[_Finding]:
    if not isinstance(value, dict):
        yield _Finding("wrong_type", path, value, f"must be an object, is {_name_of(value)}")
        return
    for member in members:
        where = f"{path}.{member.name}" if path else member.name
        if member.name not in value:
            if member.is_required:
                yield _Finding(f"missing_{member.name}", where, None, f"missing: must be {member.kind}")
        elif not _KINDS[member.kind](value[member.name]):
            found = value[member.name]
            yield _Finding("wrong_type", where, found, f"must be {member.kind}, is {_name_of(found)}")


def _name_of(value: Any) -> str:
    """A wrong value in a few words: ``null``, ``"nine"``, ``a list``."""
    match value:
        case None:
            return "null"
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return repr(value[:60])
        case _:
            return str(value).lower()[:60]
