"""The workbench's prompts, and what completes their arguments and the templates' variables."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import mcp_types as types
from mcp.shared.exceptions import MCPError

from mcp_magics.playground.completing import completed
from mcp_magics.playground.images import swatch

if TYPE_CHECKING:
    from collections.abc import Mapping

_LANGUAGES = ("haskell", "java", "javascript", "julia", "kotlin", "prolog", "python", "rust", "scala", "typescript")
_FRAMEWORKS = {"python": ("django", "flask", "starlette"), "javascript": ("react", "svelte"), "rust": ("axum",)}
_NAMES = ("Ada", "Alan", "Grace", "Guido", "Katherine")

PROMPTS = [
    types.Prompt(
        name="code_review",
        title="Review code",
        description="Ask for a review of some code.",
        arguments=[
            types.PromptArgument(name="language", description="Its language.", required=True),
            types.PromptArgument(name="framework", description="What it builds on.", required=False),
            types.PromptArgument(name="code", description="The code itself.", required=False),
        ],
    ),
    types.Prompt(name="hello", description="A conversation without arguments."),
    types.Prompt(name="describe_picture", description="A picture and a question about it."),
]


def get(name: str, arguments: Mapping[str, str]) -> types.GetPromptResult:
    """The prompt called ``name``.

    Raises:
        MCPError: no such prompt, or an argument it requires is missing (-32602).
    """
    prompt = next((prompt for prompt in PROMPTS if prompt.name == name), None)
    if prompt is None:
        raise MCPError(types.INVALID_PARAMS, f"Unknown prompt: {name}")
    missing = [needed.name for needed in prompt.arguments or () if needed.required and needed.name not in arguments]
    if missing:
        raise MCPError(types.INVALID_PARAMS, f"Missing argument: {', '.join(missing)}", {"missing": missing})
    return types.GetPromptResult(description=prompt.description, messages=_messages(name, arguments))


def complete(params: types.CompleteRequestParams) -> types.CompleteResult:
    """The values that begin as the argument does, without regard to case; at most 100 (MCP, completion)."""
    context = (params.context.arguments if params.context else None) or {}
    return types.CompleteResult(completion=completed(_values(params, context), params.argument.value))


def _values(params: types.CompleteRequestParams, context: Mapping[str, str]) -> tuple[str, ...]:
    place = params.ref.name if isinstance(params.ref, types.PromptReference) else params.ref.uri
    match place, params.argument.name:
        case "code_review", "language":
            return _LANGUAGES
        case "code_review", "framework":
            return _FRAMEWORKS.get(context.get("language", ""), ())
        case "greeting://{name}", "name":
            return _NAMES
        case "s1://items/{number}", "number":
            return tuple(str(number) for number in range(1, 21))
    return ()


def _messages(name: str, arguments: Mapping[str, str]) -> list[types.PromptMessage]:
    if name == "hello":
        answer = types.PromptMessage(role="assistant", content=types.TextContent(text="Hello! What shall we build?"))
        return [_from_user(types.TextContent(text="Hello.")), answer]
    if name == "describe_picture":
        picture = types.ImageContent(data=b64encode(swatch((37, 99, 235), "blue")).decode(), mime_type="image/png")
        return [_from_user(picture), _from_user(types.TextContent(text="What is this?"))]
    framework = f" ({arguments['framework']})" if "framework" in arguments else ""
    request = f"Review this {arguments['language']}{framework} code:\n\n{arguments.get('code', 'pass')}"
    return [_from_user(types.TextContent(text=request))]


def _from_user(content: types.ContentBlock) -> types.PromptMessage:
    return types.PromptMessage(role="user", content=content)
