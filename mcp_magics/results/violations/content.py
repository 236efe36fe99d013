"""The results of ``tools/call``, ``resources/read`` and ``prompts/get``: content blocks and what holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mcp_magics.results.binary import Audio, Image, ResourceContents
from mcp_magics.results.violations.media import in_bytes
from mcp_magics.results.violations.rule import (
    CACHED,
    STATELESS,
    STRUCTURED,
    Finding,
    Member,
    Violation,
    in_members,
    in_result,
    name_of,
    stated,
)
from mcp_magics.results.violations.shared import ANNOTATIONS, DESCRIPTION, META, MIME_TYPE, RESOURCE, URI

_CALL = (Member("isError", "a boolean"),)
_PROMPT = (DESCRIPTION,)
_IN_ANNOTATIONS = (
    Member("audience", "a list of 'user' and 'assistant'"),
    Member("priority", "a number from 0 to 1"),
    Member("lastModified", "a string"),
)
_MEDIA = (Member("data", "a string", is_required=True), Member("mimeType", "a string", is_required=True))
_CONTENTS = (URI, MIME_TYPE, Member("text", "a string"), Member("blob", "a string"), META)
_BLOCKS: Mapping[str, tuple[Member, ...]] = {
    "text": (Member("text", "a string", is_required=True),),
    "image": _MEDIA,
    "audio": _MEDIA,
    "resource_link": RESOURCE,
    "resource": (Member("resource", "an object", is_required=True),),
}
_SINCE: Mapping[str, str] = {"audio": "2025-03-26", "resource_link": STRUCTURED}


def in_call(raw: Any, revision: str | None, *, expects_structured: bool = False) -> Iterator[Violation]:
    """Violations in the result of ``tools/call``; ``expects_structured`` where the tool has an output schema."""
    yield from stated(_call(raw, revision or "", expects_structured=expects_structured), revision)


def in_read(raw: Any, revision: str | None) -> Iterator[Violation]:
    """Violations in the result of ``resources/read``."""
    yield from stated(_read(raw, revision or ""), revision)


def in_prompt(raw: Any, revision: str | None) -> Iterator[Violation]:
    """Violations in the result of ``prompts/get``."""
    yield from stated(_prompt(raw, revision or ""), revision)


def _call(raw: Any, revision: str, *, expects_structured: bool) -> Iterator[Finding]:
    yield from in_result(raw, revision, _CALL)
    if not isinstance(raw, dict) or not _is_complete(raw):
        return
    yield from _list_of(raw, "content", revision, _block)
    if "structuredContent" in raw:
        yield from _structured(raw, revision)
    elif expects_structured and raw.get("isError") is not True:
        message = "missing: a tool with an output schema must return structured content"
        yield Finding("missing_structured_content", "structuredContent", None, message)


def _structured(raw: dict[str, Any], revision: str) -> Iterator[Finding]:
    value = raw["structuredContent"]
    if revision < STATELESS and not isinstance(value, dict):
        yield Finding("wrong_type", "structuredContent", value, f"must be an object, is {name_of(value)}")
    if revision and revision < STRUCTURED:
        message = f"exists only since revision {STRUCTURED}"
        yield Finding("unknown_in_revision", "structuredContent", value, message)
    if raw.get("content") == []:
        message = "empty beside structuredContent: the same should be there as text for older clients"
        yield Finding("structured_content_without_content", "content", [], message)


def _read(raw: Any, revision: str) -> Iterator[Finding]:
    yield from in_result(raw, revision, CACHED if revision >= STATELESS else ())
    if isinstance(raw, dict) and _is_complete(raw):
        yield from _list_of(raw, "contents", revision, _contents)


def _prompt(raw: Any, revision: str) -> Iterator[Finding]:
    yield from in_result(raw, revision, _PROMPT)
    if isinstance(raw, dict) and _is_complete(raw):
        yield from _list_of(raw, "messages", revision, _message)


def _is_complete(raw: dict[str, Any]) -> bool:
    """Whether it is the result itself; one of another type (a question, a task) has other members."""
    kind = raw.get("resultType", "complete")
    return kind == "complete" or not isinstance(kind, str)


def _list_of(
    raw: dict[str, Any], name: str, revision: str, check: Callable[[Any, str, str], Iterator[Finding]]
) -> Iterator[Finding]:
    yield from in_members(raw, "", (Member(name, "a list", is_required=True),))
    items = raw.get(name)
    for index, item in enumerate(items if isinstance(items, list) else ()):
        yield from check(item, f"{name}[{index}]", revision)


def _message(message: Any, path: str, revision: str) -> Iterator[Finding]:
    yield from in_members(message, path, (Member("role", "'user' or 'assistant'", is_required=True),))
    if isinstance(message, dict):
        yield from _block(message.get("content"), f"{path}.content", revision)


def _block(block: Any, path: str, revision: str) -> Iterator[Finding]:
    yield from in_members(block, path, (Member("type", "a string", is_required=True), META, ANNOTATIONS))
    kind = block.get("type") if isinstance(block, dict) else None
    if not isinstance(kind, str):
        return
    if kind not in _BLOCKS:
        yield Finding("unknown_block_type", f"{path}.type", kind, f"{kind[:80]!r} is no type of content block")
        return
    if revision and revision < _SINCE.get(kind, ""):
        yield Finding("unknown_in_revision", f"{path}.type", kind, f"{kind!r} exists only since {_SINCE[kind]}")
    yield from in_members(block, path, _BLOCKS[kind])
    if isinstance(block.get("annotations"), dict):
        yield from in_annotations(block["annotations"], f"{path}.annotations")
    if kind in ("image", "audio") and isinstance(block.get("data"), str):
        yield from in_bytes(Image(block) if kind == "image" else Audio(block), f"{path}.data")
    if isinstance(block.get("resource"), dict) and kind == "resource":
        yield from _contents(block["resource"], f"{path}.resource", revision)


def in_annotations(annotations: Any, path: str) -> Iterator[Finding]:
    """What breaks the rules about the annotations of content and of resources."""
    yield from in_members(annotations, path, _IN_ANNOTATIONS)


def _contents(contents: Any, path: str, _revision: str) -> Iterator[Finding]:
    yield from in_members(contents, path, _CONTENTS)
    if not isinstance(contents, dict):
        return
    if ("text" in contents) == ("blob" in contents):
        both = "both" if "text" in contents else "neither"
        yield Finding("text_or_blob", path, None, f"must have text or blob, has {both}")
    if isinstance(contents.get("blob"), str):
        resource = ResourceContents(contents)
        media = resource.picture or resource.sound
        if not resource.is_decodable:
            yield Finding("invalid_base64", f"{path}.blob", resource.base64[:80], "is no base64")
        elif media and media.declared_mime:
            yield from in_bytes(media, f"{path}.blob")
