"""S1, the workbench: one tool for each thing an MCP server may do, in both protocol eras.

Written on the SDK's low-level server, so that every result is exactly what its tool wrote.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from mcp_magics.playground.paging import page
from mcp_magics.playground.s1 import asking, basics, content, processes, prompts, resources, timing
from mcp_magics.playground.s1.registry import Call, Outcome, State, Toolbox, text
from mcp_magics.playground.serve import Served

if TYPE_CHECKING:
    from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext

    from mcp_magics.playground import Options

__all__ = ["TOOLS", "build"]

_RESOURCES_A_PAGE = 10
_INSTRUCTIONS = (
    "A workbench for MCP clients. Start with echo, add, image and progress; each other tool does one unusual thing."
    " The requests x/echo and x/order are methods of this server's own."
)

TOOLS = Toolbox()
for _box in (basics.box, content.box, timing.box, asking.box, processes.box):
    TOOLS.update(_box)


def build(options: Options) -> Served:
    """The workbench; ``options.page_size`` splits every list, which by default only resources are."""
    state, size = State(), options.page_size
    server = Server[Any](
        "s1",
        version="1.0.0",
        title="S1, the workbench",
        instructions=_INSTRUCTIONS,
        on_list_tools=partial(_list_tools, size),
        on_call_tool=partial(_call_tool, state),
        on_list_resources=partial(_list_resources, size or _RESOURCES_A_PAGE),
        on_list_resource_templates=partial(_list_templates, size),
        on_read_resource=_read_resource,
        on_list_prompts=partial(_list_prompts, size),
        on_get_prompt=_get_prompt,
        on_completion=_complete,
    )
    server.add_request_handler("logging/setLevel", types.SetLevelRequestParams, _set_level)
    server.add_request_handler("x/echo", types.RequestParams, _echo_params)
    server.add_request_handler("x/order", types.RequestParams, partial(_order, state))
    server.middleware += [_remembering(state), _raw_results]
    return Served(server)


async def _list_tools(
    size: int | None, _ctx: ServerRequestContext[Any, Any], params: types.PaginatedRequestParams | None
) -> types.ListToolsResult:
    tools, cursor = page(list(TOOLS), params, size)
    return types.ListToolsResult(tools=tools, next_cursor=cursor)


async def _call_tool(state: State, ctx: ServerRequestContext[Any, Any], params: types.CallToolRequestParams) -> Outcome:
    tool = TOOLS.checked.get(params.name)
    if tool is None:
        raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {params.name}")
    if complaint := tool.complaint(params.arguments or {}):
        return text(f"Invalid arguments for {params.name}: {complaint}", is_error=True)
    return await tool.body(Call({**tool.defaults, **(params.arguments or {})}, params, ctx, state))


async def _list_resources(
    size: int, _ctx: ServerRequestContext[Any, Any], params: types.PaginatedRequestParams | None
) -> types.ListResourcesResult:
    listed, cursor = page(resources.RESOURCES, params, size)
    return types.ListResourcesResult(resources=listed, next_cursor=cursor)


async def _list_templates(
    size: int | None, _ctx: ServerRequestContext[Any, Any], params: types.PaginatedRequestParams | None
) -> types.ListResourceTemplatesResult:
    templates, cursor = page(resources.TEMPLATES, params, size)
    return types.ListResourceTemplatesResult(resource_templates=templates, next_cursor=cursor)


async def _read_resource(
    _ctx: ServerRequestContext[Any, Any], params: types.ReadResourceRequestParams
) -> types.ReadResourceResult:
    return resources.read(str(params.uri))


async def _list_prompts(
    size: int | None, _ctx: ServerRequestContext[Any, Any], params: types.PaginatedRequestParams | None
) -> types.ListPromptsResult:
    listed, cursor = page(prompts.PROMPTS, params, size)
    return types.ListPromptsResult(prompts=listed, next_cursor=cursor)


async def _get_prompt(
    _ctx: ServerRequestContext[Any, Any], params: types.GetPromptRequestParams
) -> types.GetPromptResult:
    return prompts.get(params.name, params.arguments or {})


async def _complete(_ctx: ServerRequestContext[Any, Any], params: types.CompleteRequestParams) -> types.CompleteResult:
    return prompts.complete(params)


async def _set_level(_ctx: ServerRequestContext[Any, Any], _params: types.SetLevelRequestParams) -> types.EmptyResult:
    return types.EmptyResult()


async def _echo_params(ctx: ServerRequestContext[Any, Any], _params: types.RequestParams) -> dict[str, Any]:
    """``x/echo``: the request's own parameters."""
    return {"echo": {name: value for name, value in (ctx.params or {}).items() if name != "_meta"}}


async def _order(state: State, _ctx: ServerRequestContext[Any, Any], _params: types.RequestParams) -> dict[str, Any]:
    """``x/order``: the messages received so far, in the order they came, this one included."""
    return {"order": list(state.received)}


def _remembering(state: State) -> ServerMiddleware[Any]:
    async def remember(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        entry: dict[str, Any] = {"method": ctx.method, "id": ctx.request_id}
        named = {key: value for key, value in (ctx.params or {}).items() if key in ("name", "label", "uri")}
        state.received.append(entry | named)
        return await call_next(ctx)

    return remember


async def _raw_results(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Answer the raw tools here, before the SDK checks results against the specification."""
    params = ctx.params or {}
    tool = TOOLS.raw.get(str(params.get("name"))) if ctx.method == "tools/call" else None
    if tool is None:
        return await call_next(ctx)
    result = tool.body(params.get("arguments") or {})
    return {"resultType": "complete", **result} if ctx.protocol_version in MODERN_PROTOCOL_VERSIONS else result
