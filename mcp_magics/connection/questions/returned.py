"""What a handler returned, or a script says, as the answer to a question: pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import urlsplit

from mcp_magics.connection.questions.question import Action, Answer
from mcp_magics.errors import CommandError
from mcp_magics.schema.values import to_json_text
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from mcp_magics.connection.questions.question import Decider, Question

_ACTIONS: tuple[Action, ...] = get_args(Action)
_BLOCKS = frozenset({"text", "image", "audio", "tool_use", "tool_result", "resource", "resource_link"})


def defaults_of(question: Question) -> dict[str, Any]:
    """The content of a form nobody touched: the fields that have a default (SEP-1034)."""
    from mcp_magics.schema.form import form_of

    return {each.name: each.default for each in form_of(question.schema).fields if each.has_default}


def accepted(question: Question, by: Decider) -> Answer:
    """``question`` accepted: a form with its defaults, an address with nothing beside."""
    return Answer("accept", defaults_of(question) if question.mode == "form" else None, by)


def as_json(value: Any, path: str) -> Any:
    """``value`` as it travels: NumPy's numbers, dates, data frames and models as JSON has them.

    Raises ``TypeError`` for what JSON has not, naming its place below ``path``.
    """
    try:
        return json.loads(to_json_text(value, path))
    except CommandError as error:
        problem = error.failure.message
    raise TypeError(problem)


# -- scripts ---------------------------------------------------------------------------------------------------


def scripted(question: Question, given: str | Mapping[str, Any]) -> Answer:
    """What ``given`` (an ``--answer``) means for an elicitation or a sampling request.

    ``decline`` and ``cancel`` are themselves, ``accept`` a form with its defaults, an object the content of a form;
    for sampling any other text is the reply. Raises ``CommandError`` for what means nothing to the question.
    """
    if isinstance(given, str) and given.strip() in ("decline", "cancel"):
        return Answer("decline" if given.strip() == "decline" else "cancel", by="script")
    if question.kind == "sampling":
        return Answer("accept", _scripted_reply(given), "script")
    if isinstance(given, str) and given.strip() == "accept":
        return accepted(question, "script")
    content = _object_in(given)
    if content is None:
        raise _no_form(question, given)
    return Answer("accept", content if question.mode == "form" else None, "script")


def _no_form(question: Question, given: str | Mapping[str, Any]) -> CommandError:
    names = [str(name)[:80] for name in list(question.schema.get("properties") or ())[:8]]
    example = json.dumps({names[0] if names else "field": "value"}, ensure_ascii=False)
    return CommandError(
        f"{question.server} asks for a form: {str(given)[:80]!r} is no JSON object, accept, decline or cancel",
        phase="call",
        server=question.server,
        evidence=(f"the form asks for: {', '.join(names)}" if names else "the form has no fields",),
        next_step=f"--answer '{example}', accept, decline or cancel",
    )


def _scripted_reply(given: str | Mapping[str, Any]) -> Mapping[str, Any]:
    found = _object_in(given)
    if found is not None and (found.get("type") in _BLOCKS or "content" in found):
        return sampled(found, "a script")
    return sampled(given if isinstance(given, str) else compact(dict(given)), "a script")


def _object_in(given: str | Mapping[str, Any]) -> Mapping[str, Any] | None:
    if not isinstance(given, str):
        return given
    try:
        found = as_json(json.loads(given), "answer")
    except (TypeError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


# -- elicitation -------------------------------------------------------------------------------------------------


def elicited(question: Question, value: Any) -> Answer | None:
    """What an elicitation handler returned; None where it left the question to others. Raises ``TypeError``.

    An object is the accepted content, unless it says no more than ``action`` and ``content``; True accepts a form with
    its defaults, False declines.
    """
    plain = _plain(value)
    answer: Answer | None = None
    match plain:
        case None:
            return None
        case Answer():
            answer = plain
        case True | "accept":
            answer = accepted(question, "handler")
        case False | "decline":
            answer = Answer("decline")
        case "cancel":
            answer = Answer("cancel")
        case Mapping() if _is_full(question, plain):
            content = plain.get("content")
            answer = Answer(plain["action"], as_json(content, "content") if isinstance(content, Mapping) else None)
        case Mapping():
            answer = Answer("accept", as_json(plain, "content") if question.mode == "form" else None)
        case _:
            msg = f"it returned {type(value).__name__}; a dict, True, False, 'decline', 'cancel' or None was expected"
            raise TypeError(msg)
    return replace(answer, by="handler")


def _is_full(question: Question, value: Mapping[str, Any]) -> bool:
    members = question.schema.get("properties")
    if isinstance(members, Mapping) and "action" in members:
        return False
    return value.get("action") in _ACTIONS and set(value) <= {"action", "content"}


# -- sampling --------------------------------------------------------------------------------------------------


def sampling_answer(value: Any, model: str) -> Answer | None:
    """What a sampling handler returned; None where it left the request to others, False rejects.

    Raises ``TypeError``.
    """
    if value is None:
        return None
    if isinstance(value, Answer):
        return replace(value, by="handler")
    if value is False:
        return Answer("decline", by="handler")
    return Answer("accept", sampled(value, model), "handler")


def sampled(value: Any, model: str) -> dict[str, Any]:
    """A ``CreateMessageResult`` (client/sampling) from a text, a content block, several, or a library's own answer.

    ``model`` is its name where ``value`` says none. Raises ``TypeError``.
    """
    plain, named = _plain(value), getattr(value, "model", None)
    result: dict[str, Any] = {"role": "assistant", "model": named if isinstance(named, str) else model}
    if isinstance(plain, Mapping) and "content" in plain and plain.get("type") not in _BLOCKS:
        whole = {key: plain[key] for key in ("role", "model", "stopReason", "_meta") if plain.get(key) is not None}
        content = _content(plain["content"])
        result |= {"stopReason": _stop_reason(content), **whole, "content": content}
    else:
        content = _content(_said(plain))
        result |= {"content": content, "stopReason": _stop_reason(content)}
    travelling: dict[str, Any] = as_json(result, "reply")
    return travelling


def _stop_reason(content: Any) -> str:
    blocks = content if isinstance(content, list) else [content]
    return "toolUse" if any(block.get("type") == "tool_use" for block in blocks) else "endTurn"


def _said(value: Any) -> Any:
    """What an answer says: of a language model's library its ``content``, or that of its only choice."""
    if isinstance(value, Mapping) and set(value) == {"text"}:
        return value["text"]
    if isinstance(value, (str, Mapping, list, tuple)):
        return value
    choices = getattr(value, "choices", None)
    if isinstance(choices, Sequence) and len(choices) == 1:
        value = getattr(choices[0], "message", value)
    said = getattr(value, "content", None)
    if isinstance(said, (str, list, tuple)):
        return said
    msg = f"it returned {type(value).__name__}; a text, a content block or a CreateMessageResult was expected"
    raise TypeError(msg)


def _content(value: Any) -> Any:
    """One block, or a list where there are several."""
    if isinstance(value, str):
        return {"type": "text", "text": value}
    if isinstance(value, Mapping):
        return _block(value)
    if isinstance(value, (list, tuple)) and value:
        blocks = [_content(_plain(each)) for each in value]
        return blocks[0] if len(blocks) == 1 else blocks
    msg = f"it returned {type(value).__name__}, which is no content"
    raise TypeError(msg)


def _block(value: Mapping[str, Any]) -> dict[str, Any]:
    kind = value.get("type")
    if kind not in _BLOCKS:
        msg = f"it returned a content block of the type {kind!r}; the types are {', '.join(sorted(_BLOCKS))}"
        raise TypeError(msg)
    return {key: each for key, each in value.items() if each is not None}


def _plain(value: Any) -> Any:
    """A model of pydantic's (the SDK's types, a library's blocks) as JSON; everything else is itself."""
    dump = getattr(value, "model_dump", None)
    if not callable(dump) or hasattr(value, "choices"):
        return value
    return dump(mode="json", by_alias=True, exclude_none=True)


# -- roots -----------------------------------------------------------------------------------------------------


def roots_of(value: Any) -> list[dict[str, Any]]:
    """``Root`` objects (client/roots) from paths, URIs, objects with ``uri`` or ``path``, one or several of them.

    Raises ``TypeError``.
    """
    if value is None:
        return []
    several = not isinstance(value, (str, Path, Mapping)) and isinstance(value, Sequence)
    plain = value if several else [value]
    return [as_json(_root(_plain(each)), f"roots[{place}]") for place, each in enumerate(plain)]


def _root(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        if "path" in value:
            named = {key: each for key, each in value.items() if key != "path"}
            return {**named, "uri": _uri(value["path"])}
        if isinstance(value.get("uri"), str):
            return {key: each for key, each in value.items() if each is not None} | {"uri": _file(value["uri"])}
    elif isinstance(value, (str, Path)):
        return {"uri": _uri(value)}
    msg = f"a root is a path, a URI or a dict with one, not {type(value).__name__}"
    raise TypeError(msg)


def _uri(value: Any) -> str:
    """A path as a ``file://`` URI; what is one already stays as it is."""
    text = str(value)
    if isinstance(value, str) and len(urlsplit(text).scheme) > 1 and "://" in text:
        return _file(text)
    return Path(text).expanduser().absolute().as_uri()


def _file(uri: str) -> str:
    """``uri``, which is a ``file://`` URI (client/roots: Root); raises ``TypeError`` for any other."""
    if uri.lower().startswith("file://"):
        return uri
    msg = f"a root is a path or a file:// URI, not {uri[:200]!r}"
    raise TypeError(msg)
