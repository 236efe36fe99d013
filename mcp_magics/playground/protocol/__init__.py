"""The protocol server: one tool, resource or prompt for each feature of MCP, in both eras.

Written on the SDK's low-level server. What the SDK does not have (tasks, skills, messages of the server's own) are
handlers beside it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import mcp_types as types
from mcp.server.caching import CacheHint
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.subscriptions import ListenHandler
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from mcp_magics.playground.paging import page
from mcp_magics.playground.protocol import app, forms, prompts, questions, resources, skills, streams, tasks, tools
from mcp_magics.playground.protocol.asking import with_answers
from mcp_magics.playground.protocol.refused import explaining
from mcp_magics.playground.protocol.world import World
from mcp_magics.playground.s1.registry import Call, Toolbox, text
from mcp_magics.playground.serve import Served

if TYPE_CHECKING:
    from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext

    from mcp_magics.playground import Options

    Context = ServerRequestContext[Any, Any]

__all__ = ["TOOLS", "build"]

_MOODS = "x-playground/moods"
_INSTRUCTIONS = (
    "One thing for each feature of the protocol. Tools whose names begin with ask_ ask you something; slow_ tools may"
    " run as tasks; change_lists changes what is listed. x-playground/greet is a request of this server's own."
    " How to brew tea is told by the skill skill://brew-tea/SKILL.md."
)
_LISTS_TTL_MS = 60_000

TOOLS = Toolbox()
for _box in (forms.box, questions.box, streams.box, tasks.box, tools.box, app.box):
    TOOLS.update(_box)


class _ProtocolServer(Server[Any]):
    """A server that declares what this one can do beyond what its handlers show."""

    def get_capabilities(
        self,
        notification_options: NotificationOptions | None = None,  # noqa: ARG002 - the same for every transport
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
        *,
        protocol_version: str | None = None,
    ) -> types.ServerCapabilities:
        """Every list changes, and there is an experimental capability."""
        return super().get_capabilities(
            NotificationOptions(prompts_changed=True, resources_changed=True, tools_changed=True),
            {_MOODS: {"known": ["sunny", "cloudy"]}, **(experimental_capabilities or {})},
            extensions,
            protocol_version=protocol_version,
        )


class GreetParams(types.RequestParams):
    """The parameters of ``x-playground/greet``."""

    name: str = "stranger"


def build(options: Options) -> Served:
    """The protocol server; ``options.page_size`` splits every list."""
    world, size = World(), options.page_size
    server = _ProtocolServer(
        "protocol",
        version="1.0.0",
        title="Protocol, the tour of MCP",
        description="One thing for each feature of MCP.",
        instructions=_INSTRUCTIONS,
        website_url="https://modelcontextprotocol.io",
        icons=[tools.icon((220, 38, 38))],
        cache_hints={
            "tools/list": CacheHint(_LISTS_TTL_MS, "public"),
            "prompts/list": CacheHint(_LISTS_TTL_MS, "public"),
            "resources/list": CacheHint(_LISTS_TTL_MS, "public"),
            "resources/templates/list": CacheHint(_LISTS_TTL_MS, "public"),
            "server/discover": CacheHint(_LISTS_TTL_MS, "public"),
        },
        lifespan=world.alive,
        on_list_tools=partial(_list_tools, world, size),
        on_call_tool=partial(_call_tool, world),
        on_list_resources=partial(_list_resources, world, size),
        on_list_resource_templates=partial(_list_templates, size),
        on_read_resource=partial(_read_resource, world),
        on_subscribe_resource=partial(_subscribe, world),
        on_unsubscribe_resource=partial(_unsubscribe, world),
        on_subscriptions_listen=ListenHandler(world.bus),
        on_list_prompts=partial(_list_prompts, world, size),
        on_get_prompt=partial(_get_prompt, world),
        on_completion=_complete,
    )
    server.add_request_handler("logging/setLevel", types.SetLevelRequestParams, partial(_set_level, world))
    server.add_request_handler("x-playground/greet", GreetParams, _greet)
    server.add_request_handler("skills/list", types.PaginatedRequestParams, skills.list_skills)
    server.add_request_handler("skills/get", skills.SkillParams, skills.get_skill)
    server.add_notification_handler("notifications/x-playground/wave", tools.WaveParams, partial(_wave, world))
    server.extensions = {app.EXTENSION_ID: {}, tasks.EXTENSION: {}, skills.EXTENSION: {}}
    server.middleware += [_remembering(world), explaining, _declaring]
    tasks.extend(server, world)
    return Served(server)


async def _list_tools(
    world: World, size: int | None, _ctx: Context, params: types.PaginatedRequestParams | None
) -> types.ListToolsResult:
    there = [tool for tool in TOOLS if tool.name != "second_tool" or "tools" in world.shows_more]
    listed, cursor = page(there, params, size)
    return types.ListToolsResult(tools=listed, next_cursor=cursor)


async def _call_tool(world: World, ctx: Context, params: types.CallToolRequestParams) -> Any:
    tool = TOOLS.checked.get(params.name)
    if tool is None or (params.name == "second_tool" and "tools" not in world.shows_more):
        raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {params.name}")
    if complaint := tool.complaint(params.arguments or {}):
        return text(f"Invalid arguments for {params.name}: {complaint}", is_error=True)
    if (task := tasks.begun(world, ctx, params.name, params.arguments or {})) is not None:
        return task
    return await tool.body(Call({**tool.defaults, **(params.arguments or {})}, params, ctx, world))


async def _list_resources(
    world: World, size: int | None, _ctx: Context, params: types.PaginatedRequestParams | None
) -> types.ListResourcesResult:
    listed, cursor = page(resources.listed(world), params, size)
    return types.ListResourcesResult(resources=listed, next_cursor=cursor)


async def _list_templates(
    size: int | None, _ctx: Context, params: types.PaginatedRequestParams | None
) -> types.ListResourceTemplatesResult:
    listed, cursor = page(resources.TEMPLATES, params, size)
    return types.ListResourceTemplatesResult(resource_templates=listed, next_cursor=cursor)


async def _read_resource(
    world: World, _ctx: Context, params: types.ReadResourceRequestParams
) -> types.ReadResourceResult:
    return resources.read(world, params.uri)


async def _subscribe(world: World, ctx: Context, params: types.SubscribeRequestParams) -> types.EmptyResult:
    world.subscribers.setdefault(params.uri, {})[_connection(ctx)] = ctx.session
    return types.EmptyResult()


async def _unsubscribe(world: World, ctx: Context, params: types.UnsubscribeRequestParams) -> types.EmptyResult:
    world.subscribers.get(params.uri, {}).pop(_connection(ctx), None)
    return types.EmptyResult()


def _connection(ctx: Context) -> str:
    """What tells the connections of one server apart: the session's id over HTTP; over stdio there is one."""
    return "" if ctx.request is None else ctx.request.headers.get("mcp-session-id", "")


async def _list_prompts(
    world: World, size: int | None, _ctx: Context, params: types.PaginatedRequestParams | None
) -> types.ListPromptsResult:
    listed, cursor = page(prompts.listed(world), params, size)
    return types.ListPromptsResult(prompts=listed, next_cursor=cursor)


async def _get_prompt(world: World, ctx: Context, params: types.GetPromptRequestParams) -> Any:
    get = partial(prompts.get, world, params.name, params.arguments or {})
    return await with_answers(ctx, params, get)


async def _complete(_ctx: Context, params: types.CompleteRequestParams) -> types.CompleteResult:
    return prompts.complete(params)


async def _set_level(world: World, _ctx: Context, params: types.SetLevelRequestParams) -> types.EmptyResult:
    world.level = params.level
    return types.EmptyResult()


async def _greet(_ctx: Context, params: GreetParams) -> dict[str, Any]:
    """``x-playground/greet``: a request of this server's own."""
    return {"greeting": f"Hello, {params.name}!"}


async def _wave(world: World, _ctx: Context, params: tools.WaveParams) -> None:
    world.waves.append(params.text)


def _remembering(world: World) -> ServerMiddleware[Any]:
    async def remember(ctx: Context, call_next: CallNext) -> HandlerResult:
        world.received.append({"method": ctx.method, "id": ctx.request_id})
        return await call_next(ctx)

    return remember


async def _declaring(ctx: Context, call_next: CallNext) -> HandlerResult:
    """Declare in the handshake what the SDK's schema of 2025-11-25 leaves out: tasks and extensions."""
    result = await call_next(ctx)
    if ctx.method != "initialize" or not isinstance(result, dict) or ctx.protocol_version in MODERN_PROTOCOL_VERSIONS:
        return result
    extensions: dict[str, Any] = {app.EXTENSION_ID: {}, skills.EXTENSION: {}}
    capabilities = result["capabilities"] | {"tasks": tasks.CAPABILITY, "extensions": extensions}
    return result | {"capabilities": capabilities}
