"""A server's question put to a person with ``input()``: approval, an elicitation form field by field, sampling.

Passwords and tokens are never asked for here (client/elicitation: sensitive information); a form that asks for one
is shown to the person, who can decline it.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.inbox import NOBODY, Answer
from mcp_magics.results.sanitise import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.auth.login import Link
    from mcp_magics.connection.inbox import Question

DECLINE, CANCEL = "/decline", "/cancel"
ATTEMPTS = 3


class _Refused(Exception):  # noqa: N818  an answer, not an error
    def __init__(self, answer: Answer) -> None:
        self.answer = answer


def ask_person(question: Question) -> Answer:
    """Put ``question`` through ``input()``; nobody answers where there is no stdin. KeyboardInterrupt passes."""
    ask = {"approval": _approval, "elicitation": _elicitation, "sampling": _sampling, "login": _address}[question.kind]
    try:
        return ask(question)
    except _Refused as refused:
        return refused.answer
    except (EOFError, OSError):  # no stdin, or one that is taken away
        return NOBODY
    except Exception as error:
        if type(error).__name__ == "StdinNotImplementedError":
            return NOBODY
        raise


def _approval(question: Question) -> Answer:
    typed = input(f"{clean(question.message)} [y/N] ").strip().lower()
    return Answer("accept" if typed in ("y", "yes") else "decline")


def _address(question: Question) -> Answer:
    """The address a login's browser ended on, hidden as it is typed; called off when the browser came back itself."""
    import warnings
    from getpass import GetPassWarning, getpass

    from mcp_magics.magics.interruptible import read_unless

    link: Link = question.params["link"]
    prompt = f"{clean(question.server)}: log in with the link, or paste here the address the browser ended on: "
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GetPassWarning)  # what is pasted where nobody looks may be echoed
            typed = read_unless(lambda: getpass(prompt), link.arrival.when_settled)
        if typed is None or not typed.strip():
            if link.arrival.settled:
                return Answer("accept", by="handler")
            continue
        problem = link.arrival.paste(typed)
        if problem is None:
            return Answer("accept")
        print(f"  {clean(problem)}")  # noqa: T201  the person reads it in the cell


def _sampling(question: Question) -> Answer:
    print(f"{question.server} asks for a completion of:")  # noqa: T201  the person reads it in the cell
    print(clean(json.dumps(question.params.get("messages"), ensure_ascii=False, indent=1))[:4000])  # noqa: T201
    return Answer("accept", {"text": _typed(f"Reply (or {DECLINE}, {CANCEL}): ")})


def _elicitation(question: Question) -> Answer:
    print(f"{question.server} asks: {clean(question.message)}")  # noqa: T201  the person reads it in the cell
    if question.params.get("mode") == "url" or "url" in question.params:
        return _url(question)
    schema = question.params.get("requestedSchema") or {}
    fields = schema.get("properties")
    if not isinstance(fields, dict) or not fields:
        return _confirm(f"Accept? (y, or {DECLINE}) ")
    required = schema.get("required") or []
    content: dict[str, Any] = {}
    for name, field in fields.items():
        value = _field(str(name), field if isinstance(field, dict) else {}, required=name in required)
        if value is not None:
            content[str(name)] = value
    return Answer("accept", content)


def _url(question: Question) -> Answer:
    address = clean(str(question.params.get("url", "")))
    print(f"It wants you to open: {address}")  # noqa: T201  consent needs the whole address
    return _confirm("Have you opened it, and agree? [y/N] ")


def _confirm(prompt: str) -> Answer:
    return Answer("accept" if _typed(prompt).lower() in ("y", "yes") else "decline")


def _typed(prompt: str) -> str:
    typed = input(prompt).strip()
    if typed in (DECLINE, CANCEL):
        raise _Refused(Answer("decline" if typed == DECLINE else "cancel"))
    return typed


def _field(name: str, field: Mapping[str, Any], *, required: bool) -> Any:
    """One field's value, or None where an optional one was left empty."""
    prompt = _prompt(name, field, required=required)
    for _ in range(ATTEMPTS):
        typed = _typed(prompt)
        if not typed and "default" in field:
            return field["default"]
        if not typed and not required:
            return None
        try:
            return _checked(value_of(typed, field), field)
        except ValueError as error:
            print(f"  {error}")  # noqa: T201  the person reads it in the cell
    raise _Refused(Answer("cancel"))


def _checked(value: Any, field: Mapping[str, Any]) -> Any:
    """``value``, if the field's own schema allows it (client/elicitation: validate before sending)."""
    from mcp_magics.schema.violations import check

    breaches = [note for note in check(value, field, root="it") if note.startswith("it: ")]
    if breaches:
        raise ValueError(breaches[0].removeprefix("it: "))
    return value


def _prompt(name: str, field: Mapping[str, Any], *, required: bool) -> str:
    choices = _choices(field)
    hints = [clean(str(field["description"]))] if field.get("description") else []
    hints += [" | ".join(map(str, choices))] if choices else [str(field.get("type", ""))]
    hints += [f"default {field['default']!r}"] if "default" in field else [] if required else ["optional"]
    return f"  {clean(str(field.get('title') or name))} ({', '.join(filter(None, hints))}): "


def _choices(field: Mapping[str, Any]) -> list[Any]:
    if isinstance(field.get("enum"), list):
        return list(field["enum"])
    options = field.get("oneOf") or field.get("anyOf")
    items = field.get("items")
    if isinstance(options, list):
        return [each["const"] for each in options if isinstance(each, dict) and "const" in each]
    return _choices(items) if isinstance(items, dict) else []


def _number(typed: str, *, whole: bool) -> float:
    try:
        number = int(typed) if whole else float(typed)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        msg = f"{typed!r} is no {'whole number' if whole else 'number'}"
        raise ValueError(msg)
    return number


def value_of(typed: str, field: Mapping[str, Any]) -> Any:
    """What was typed as a value of ``field``'s type; raises ``ValueError`` saying what is wanted."""
    kind, choices = field.get("type"), _choices(field)
    if kind == "array":
        parts = [part.strip() for part in typed.split(",") if part.strip()]
        if choices and (unknown := [part for part in parts if part not in choices]):
            msg = f"{unknown[0]!r} is not one of {choices}"
            raise ValueError(msg)
        return parts
    if kind == "boolean":
        if typed.lower() not in ("y", "yes", "true", "n", "no", "false"):
            msg = "y or n, please"
            raise ValueError(msg)
        return typed.lower() in ("y", "yes", "true")
    if kind in ("integer", "number"):
        return _number(typed, whole=kind == "integer")
    if choices and typed not in choices:
        msg = f"{typed!r} is not one of {choices}"
        raise ValueError(msg)
    return typed
