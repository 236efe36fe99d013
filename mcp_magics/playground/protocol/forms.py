"""Tools that ask a person to fill in a form, one for each kind of field (MCP, client features, elicitation)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mcp_types as types

from mcp_magics.playground.protocol.asking import Answer, Asker, NoAnswerError, with_answers
from mcp_magics.playground.s1.registry import INTEGER, Call, Outcome, Schema, Toolbox, structured, text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

box = Toolbox()

_TEXTS: Schema = {
    "name": {"type": "string", "title": "Your name", "minLength": 1, "maxLength": 40},
    "email": {"type": "string", "title": "E-mail", "format": "email"},
    "home": {"type": "string", "title": "Home page", "format": "uri"},
    "born": {"type": "string", "title": "Date of birth", "format": "date"},
    "meets": {"type": "string", "title": "When shall we meet?", "format": "date-time"},
}
_NUMBERS: Schema = {
    "age": {"type": "integer", "title": "Age in years", "minimum": 0, "maximum": 150},
    "height": {"type": "number", "title": "Height in metres", "minimum": 0.3, "maximum": 2.8},
}
_YES_OR_NO: Schema = {"news": {"type": "boolean", "title": "Send me news", "default": False}}
_CHOICE: Schema = {
    "colour": {"type": "string", "title": "Colour", "enum": ["red", "green", "blue"], "default": "green"},
    "size": {
        "type": "string",
        "title": "Size",
        "oneOf": [
            {"const": "s", "title": "Small"},
            {"const": "m", "title": "Medium"},
            {"const": "l", "title": "Large"},
        ],
    },
    "speed": {
        "type": "string",
        "title": "Delivery",
        "enum": ["slow", "fast"],
        "enumNames": ["When it comes, it comes", "Tomorrow"],
    },
}
_CHOICES: Schema = {
    "toppings": {
        "type": "array",
        "title": "Toppings",
        "minItems": 1,
        "maxItems": 2,
        "items": {"type": "string", "enum": ["cheese", "olives", "basil"]},
        "default": ["cheese"],
    },
    "days": {
        "type": "array",
        "title": "Days",
        "items": {"anyOf": [{"const": "sa", "title": "Saturday"}, {"const": "su", "title": "Sunday"}]},
    },
}


def elicit(message: str, properties: Schema, required: tuple[str, ...] = ()) -> types.ElicitRequest:
    """The request to fill in a form of those ``properties``."""
    schema: Schema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = list(required)
    return types.ElicitRequest(params=types.ElicitRequestFormParams(message=message, requested_schema=schema))


def told(answer: Answer, question: types.ElicitRequest) -> types.CallToolResult:
    """What a person did, as the result of a tool.

    Raises:
        NoAnswerError: an accepted form breaks its schema.
    """
    return structured(held(answer, question))


def held(answer: Answer, question: types.ElicitRequest) -> Answer:
    """``answer``, held against the form of ``question``.

    Raises:
        NoAnswerError: it was accepted and breaks the form.
    """
    if answer["action"] == "accept" and (complaint := _complaint(answer.get("content"), question)):
        msg = f"The form is not as asked: {complaint}"
        raise NoAnswerError(msg)
    return answer


def asking(body: Callable[[Call, Asker], Awaitable[types.Result]]) -> Callable[[Call], Awaitable[Outcome]]:
    """A tool body that may ask on its way; without an answer it fails as tools do, with ``isError``."""

    async def asks(call: Call) -> Outcome:
        async def run(asker: Asker) -> types.Result:
            return await body(call, asker)

        try:
            result = await with_answers(call.ctx, call.params, run)
        except NoAnswerError as error:
            return text(error.message, is_error=True)
        return result if isinstance(result, types.InputRequiredResult) else types.CallToolResult.model_validate(result)

    asks.__doc__ = body.__doc__
    return asks


def _complaint(content: Any, question: types.ElicitRequest) -> str | None:
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import best_match

    if not isinstance(question.params, types.ElicitRequestFormParams):
        return None
    checker = Draft202012Validator(question.params.requested_schema, format_checker=FormatChecker())
    error = best_match(checker.iter_errors(content))
    return None if error is None else f"{error.json_path}: {error.message}"


def _register(name: str, description: str, properties: Schema, required: tuple[str, ...] = ()) -> None:
    question = elicit(description, properties, required)

    async def body(_call: Call, asker: Asker) -> types.Result:
        return told(await asker.ask("form", question), question)

    body.__doc__ = f"{description} Tells what the person did."
    box.tool(name)(asking(body))


_register("ask_texts", "Ask for texts, each of another format.", _TEXTS, ("name",))
_register("ask_numbers", "Ask for numbers within bounds.", _NUMBERS, ("age",))
_register("ask_yes_or_no", "Ask a yes-or-no question.", _YES_OR_NO)
_register("ask_choice", "Ask for one choice of a few: plain, titled, and titled in the old way.", _CHOICE, ("size",))
_register("ask_choices", "Ask for several choices of a few.", _CHOICES, ("toppings",))
_register(
    "ask_everything",
    "Ask for every kind of field in one form.",
    _TEXTS | _NUMBERS | _YES_OR_NO | _CHOICE | _CHOICES,
    ("name", "age"),
)
_register("ask_nothing", "Ask for no more than a yes to something: a form without fields.", {})


@box.tool("ask_twice")
@asking
async def ask_twice(_call: Call, asker: Asker) -> types.Result:
    """Ask one question, and then another that depends on the answer."""
    question = elicit("What is your name?", {"name": {"type": "string"}}, ("name",))
    first = held(await asker.ask("name", question), question)
    if first["action"] != "accept":
        return structured({"first": first})
    name = first["content"]["name"]
    again = elicit(f"How old are you, {name}?", {"age": {"type": "integer", "minimum": 0}}, ("age",))
    return structured({"first": first, "second": held(await asker.ask("age", again), again)})


@box.tool("ask_together", {"n": INTEGER | {"default": 3, "minimum": 1, "maximum": 20}})
@asking
async def ask_together(call: Call, asker: Asker) -> types.Result:
    """Ask several questions at once."""
    questions: dict[str, Any] = {
        f"q{number}": elicit(f"Question {number} of {call['n']}", {"answer": {"type": "string"}})
        for number in range(1, call["n"] + 1)
    }
    answers = await asker.ask_all(questions)
    return structured({"answers": {key: held(answer, questions[key]) for key, answer in answers.items()}})
