"""A handler is called: what its parameters' names ask for, on a thread that may block."""

from __future__ import annotations

import asyncio
import inspect
import re
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake(name: str) -> str:
    """``requestedSchema`` as ``requested_schema``."""
    return _HUMP.sub("_", name).lower()


def arguments_for(
    function: Callable[..., Any], known: Mapping[str, Any], alone: Any, pair: tuple[Any, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What ``function`` is called with, positional and by name.

    Its parameters get what is ``known`` by their names (``systemPrompt`` is ``system_prompt``). Where none of those it
    needs is known, the one it has gets ``alone``, or the two it has get the ``pair``, as ``(context, params)`` do.
    Raises ``TypeError`` for one that needs what nobody has.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # a builtin without a signature
        return (alone,), {}
    named = [each for each in parameters if each.kind in (*_POSITIONAL, inspect.Parameter.KEYWORD_ONLY)]
    needed = [each for each in named if each.default is inspect.Parameter.empty]
    strangers = [each for each in needed if snake(each.name) not in known]
    if strangers and all(each.kind in _POSITIONAL for each in needed):
        if len(needed) == 1:
            return (alone,), _rest(named[1:], parameters, known)
        if len(needed) == 2 and needed[0] in strangers and needed[1].name not in known.keys() - {"params"}:
            return pair, {}
    if strangers:
        asked = ", ".join(each.name for each in strangers)
        msg = f"its parameter {asked} is none of {', '.join(sorted(known))}"
        raise TypeError(msg)
    if not needed and not named and any(each.kind is inspect.Parameter.VAR_POSITIONAL for each in parameters):
        return (alone,), {}
    places = [each for each in named if each.kind is inspect.Parameter.POSITIONAL_ONLY and snake(each.name) in known]
    by_name = [each for each in named if each not in places]
    return tuple(known[snake(each.name)] for each in places), _rest(by_name, parameters, known)


def _rest(
    named: list[inspect.Parameter], parameters: list[inspect.Parameter], known: Mapping[str, Any]
) -> dict[str, Any]:
    """What is known of ``named``, and everything else where the function takes any name."""
    found = {each.name: known[snake(each.name)] for each in named if snake(each.name) in known}
    if any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters):
        found = {**{name: value for name, value in known.items() if name not in map(snake, found)}, **found}
    return found


async def run_aside(call: Callable[[], Any]) -> Any:
    """What ``call`` returns, run on a thread of its own; what it returns to be awaited is awaited there.

    Cancelling ends what is awaited; a thread that computes runs on, and its result is dropped.
    """
    aside = _Aside(call)
    threading.Thread(target=aside.run, name="mcp_magics-handler", daemon=True).start()
    try:
        return await aside.done
    except asyncio.CancelledError:
        aside.cancel()
        raise


class _Aside:
    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call
        self._loop = asyncio.get_running_loop()
        self._task: tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]] | None = None
        self._cancelled = False
        self.done: asyncio.Future[Any] = self._loop.create_future()

    def run(self) -> None:
        """The thread's work."""
        value: Any = None
        problem: BaseException | None = None
        try:
            value = self._call()
            if inspect.isawaitable(value):
                value = asyncio.run(self._awaited(value))
        except BaseException as error:  # noqa: BLE001  a handler is the user's: it may raise anything
            problem = error
        with suppress(RuntimeError):  # the loop has gone meanwhile
            self._loop.call_soon_threadsafe(self._settle, value, problem)

    async def _awaited(self, value: Any) -> Any:
        task = asyncio.current_task()
        assert task is not None  # this is a coroutine of asyncio.run
        self._task = (asyncio.get_running_loop(), task)
        if self._cancelled:  # before there was anything to await
            task.cancel()
        return await value

    def cancel(self) -> None:
        """End what is awaited."""
        self._cancelled = True
        if self._task is not None:
            loop, task = self._task
            with suppress(RuntimeError):  # it has ended by itself
                loop.call_soon_threadsafe(task.cancel)

    def _settle(self, value: Any, problem: BaseException | None) -> None:
        if self.done.done():
            return
        if problem is None:
            self.done.set_result(value)
        elif isinstance(problem, Exception):
            self.done.set_exception(problem)
        else:
            self.done.set_exception(RuntimeError(f"{type(problem).__name__}: {problem}"))
