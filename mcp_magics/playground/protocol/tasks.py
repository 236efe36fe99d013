"""Tools that may run as tasks, and the methods by which a client follows one, in both eras.

2025-11-25: the client asks for a task with ``task``, and there are ``tasks/get``, ``tasks/result``, ``tasks/list`` and
``tasks/cancel``. 2026-07-28: the extension ``io.modelcontextprotocol/tasks`` (SEP-2663), where the server decides, and
there are ``tasks/get``, ``tasks/update`` and ``tasks/cancel``. The SDK has neither, so these are handlers of our own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import mcp_types as types
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from mcp_magics.playground.protocol.asking import Asker, plain, push
from mcp_magics.playground.protocol.forms import asking, told
from mcp_magics.playground.protocol.task import KEY, POLL_MS, QUESTION, Task
from mcp_magics.playground.s1.registry import NUMBER, Call, Schema, Toolbox

if TYPE_CHECKING:
    from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
    from mcp.server.lowlevel import Server

    from mcp_magics.playground.protocol.world import World

    Context = ServerRequestContext[Any, Any]

EXTENSION = "io.modelcontextprotocol/tasks"
CAPABILITY: dict[str, Any] = {"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}}
"""What a server of 2025-11-25 declares."""
_RELATED = "io.modelcontextprotocol/related-task"
_TTL_MS = 600_000
_REQUIRED = frozenset({"slow_only"})

box = Toolbox()

_SECONDS: Schema = {"seconds": NUMBER | {"default": 1, "minimum": 0, "maximum": 600}}
_HOW: Schema = {"how": {"type": "string", "enum": ["ok", "tool_error", "error"], "default": "ok"}}


@box.tool("slow_report", _SECONDS | _HOW, execution=types.ToolExecution(task_support="optional"))
async def slow_report(call: Call) -> types.CallToolResult:
    """Take its time, as a task where the client knows tasks; end well, with a tool's error, or with a request's."""
    await anyio.sleep(call["seconds"])
    if call["how"] == "error":
        raise MCPError(types.INTERNAL_ERROR, "The machine broke.")
    return Task("", 0, call["how"], asks=False, ttl_ms=_TTL_MS).result()


@box.tool("slow_approval", _SECONDS, execution=types.ToolExecution(task_support="optional"))
@asking
async def slow_approval(call: Call, asker: Asker) -> types.Result:
    """Take its time and ask for an approval half-way, as a task where the client knows tasks."""
    answer = await asker.ask(KEY, QUESTION)
    await anyio.sleep(call["seconds"] / 2)
    return told(answer, QUESTION)


@box.tool("slow_only", _SECONDS, execution=types.ToolExecution(task_support="required"))
async def slow_only(call: Call) -> types.CallToolResult:
    """Take its time, as a task and in no other way."""
    raise MCPError(types.METHOD_NOT_FOUND, f"{call.params.name} runs as a task only")


class TaskParams(types.RequestParams):
    """The parameters that name a task."""

    task_id: str


class UpdateParams(TaskParams):
    """The parameters of ``tasks/update``."""

    input_responses: dict[str, Any]


def extend(server: Server[Any], world: World) -> None:
    """Serve tasks of ``world``."""

    async def get(ctx: Context, params: TaskParams) -> dict[str, Any]:
        task = _task(world, ctx, params)
        return _modern(task) if _is_modern(ctx) else _legacy(task)

    async def result(ctx: Context, params: TaskParams) -> dict[str, Any]:
        return await _payload(ctx, _task(world, ctx, params, only="legacy"))

    async def list_(ctx: Context, _params: types.PaginatedRequestParams) -> dict[str, Any]:
        if _is_modern(ctx):
            raise MCPError(types.METHOD_NOT_FOUND, "Method not found", "tasks/list")
        return {"tasks": [_legacy(task) for task in world.tasks.values() if not task.is_expired]}

    async def cancel(ctx: Context, params: TaskParams) -> dict[str, Any]:
        task = _task(world, ctx, params)
        if not _is_modern(ctx) and task.is_over:
            raise MCPError(types.INVALID_PARAMS, f"Cannot cancel task: it is {task.status}")
        task.cancel()
        return {} if _is_modern(ctx) else _legacy(task)

    async def update(ctx: Context, params: UpdateParams) -> dict[str, Any]:
        task = _task(world, ctx, params, only="modern")
        if (answer := params.input_responses.get(KEY)) is not None:
            task.take(plain(types.ElicitResult.model_validate(answer)))
        return {}

    server.add_request_handler("tasks/get", TaskParams, get)
    server.add_request_handler("tasks/result", TaskParams, result)
    server.add_request_handler("tasks/list", types.PaginatedRequestParams, list_)
    server.add_request_handler("tasks/cancel", TaskParams, cancel)
    server.add_request_handler("tasks/update", UpdateParams, update)
    server.middleware.append(_handshake_tasks(world))


def begun(world: World, ctx: Context, name: str, arguments: dict[str, Any]) -> dict[str, Any] | None:
    """The task that a call of 2026-07-28 becomes, or None where it is an ordinary call.

    Raises:
        MCPError: the tool runs as a task only, and the client does not know tasks (-32021).
    """
    if name not in box.checked or not _is_modern(ctx):
        return None
    if not _knows_tasks(ctx):
        if name in _REQUIRED:
            raise _missing()
        return None
    return {"resultType": "task"} | _told(_create(world, name, arguments, _TTL_MS))


def _handshake_tasks(world: World) -> ServerMiddleware[Any]:
    """Answers calls that ask for a task before the SDK checks results against a schema that knows none."""

    async def middle(ctx: Context, call_next: CallNext) -> HandlerResult:
        params = ctx.params or {}
        wish = params.get("task")
        if ctx.method != "tools/call" or _is_modern(ctx) or not isinstance(wish, dict):
            return await call_next(ctx)
        name = str(params.get("name"))
        if name not in box.checked:
            raise MCPError(types.METHOD_NOT_FOUND, f"{name} does not run as a task")
        ttl = wish.get("ttl")
        task = _create(world, name, params.get("arguments") or {}, ttl if isinstance(ttl, int) else _TTL_MS)
        return {"task": _legacy(task)}

    return middle


def _create(world: World, name: str, arguments: dict[str, Any], ttl_ms: int) -> Task:
    tool = box.checked[name]
    if complaint := tool.complaint(arguments):
        raise MCPError(types.INVALID_PARAMS, f"Invalid arguments for {name}: {complaint}")
    whole = {**tool.defaults, **arguments}
    task_id = f"task-{len(world.tasks) + 1}"
    task = Task(task_id, whole["seconds"], whole.get("how", "ok"), asks=name == "slow_approval", ttl_ms=ttl_ms)
    world.tasks[task.task_id] = task
    return task


async def _payload(ctx: Context, task: Task) -> dict[str, Any]:
    """``tasks/result``: wait for the end; on the way, ask what the task has to ask (MCP 2025-11-25, tasks)."""
    meta = {_RELATED: {"taskId": task.task_id}}
    while not task.is_over:
        if task.status == "input_required":
            task.take(await push(ctx, QUESTION, meta))
        await anyio.sleep(min(max(task.remaining, 0), POLL_MS / 1000))  # it may be cancelled meanwhile
    if task.status == "cancelled":
        raise MCPError(types.INVALID_PARAMS, f"Task {task.task_id} was cancelled")
    if task.status == "failed":
        raise MCPError.from_error_data(types.ErrorData.model_validate(task.error()))
    return _plain(task) | {"_meta": meta}


def _task(world: World, ctx: Context, params: TaskParams, only: str = "") -> Task:
    era = "modern" if _is_modern(ctx) else "legacy"
    if only not in ("", era):
        raise MCPError(types.METHOD_NOT_FOUND, "Method not found", ctx.method)
    if era == "modern" and not _knows_tasks(ctx):
        raise _missing()
    task = world.tasks.get(params.task_id)
    if task is None or task.is_expired:
        found = "expired" if task else "not found"
        raise MCPError(types.INVALID_PARAMS, f"Failed to retrieve task: {params.task_id} {found}")
    return task


def _legacy(task: Task) -> dict[str, Any]:
    return task.stands() | {"ttl": task.ttl_ms, "pollInterval": POLL_MS}


def _told(task: Task) -> dict[str, Any]:
    return task.stands() | {"ttlMs": task.ttl_ms, "pollIntervalMs": POLL_MS}


def _modern(task: Task) -> dict[str, Any]:
    """A task with its question, result or error inside."""
    match task.status:
        case "completed":
            return _told(task) | {"result": _plain(task) | {"resultType": "complete"}}
        case "failed":
            return _told(task) | {"error": task.error()}
        case "input_required":
            question = QUESTION.model_dump(mode="json", by_alias=True, exclude_none=True)
            return _told(task) | {"inputRequests": {KEY: question}}
    return _told(task)


def _plain(task: Task) -> dict[str, Any]:
    return task.result().model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"result_type"})


def _is_modern(ctx: Context) -> bool:
    return ctx.protocol_version in MODERN_PROTOCOL_VERSIONS


def _knows_tasks(ctx: Context) -> bool:
    return ctx.session.check_client_capability(types.ClientCapabilities(extensions={EXTENSION: {}}))


def _missing() -> MCPError:
    data: dict[str, Any] = {"requiredCapabilities": {"extensions": {EXTENSION: {}}}}
    return MCPError(types.MISSING_REQUIRED_CLIENT_CAPABILITY, "Missing required client capability", data)
