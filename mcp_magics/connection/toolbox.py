"""The tools of a server as Python callables with a real signature, docstring and type hints from their schema."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mcp_magics.errors import CommandError, ConfigurationError
from mcp_magics.results.sanitise import one_line

if TYPE_CHECKING:
    import inspect
    from collections.abc import Iterator

    from mcp_magics.connection.lists.catalog import Tool
    from mcp_magics.connection.server import Server
    from mcp_magics.results.call import CallResult


def attribute_name(tool: str) -> str:
    """``tool`` as a Python identifier: ``get-sum`` → ``get_sum``."""
    name = re.sub(r"\W", "_", tool)
    if not name or name[0].isdigit() or keyword.iskeyword(name):
        name = f"_{name}" if name[:1].isdigit() else f"{name}_"
    return name


class BoundTool:
    """One tool, ready to be called; ``.acall`` awaits, ``.raw`` is its description as sent."""

    def __init__(self, server: Server, tool: Tool) -> None:
        from mcp_magics.schema.signature import docstring, signature

        self._server = server
        self.tool = tool
        self.raw = tool.raw
        self.__name__ = attribute_name(tool.name)
        self.__qualname__ = f"{server.name}.{tool.name}"
        self.__signature__: inspect.Signature = signature(tool.input_schema)
        self.__annotations__ = {name: parameter.annotation for name, parameter in self.__signature__.parameters.items()}
        self.__doc__ = docstring(tool.name, tool.description, tool.input_schema)

    def __call__(self, arguments: Mapping[str, Any] | None = None, /, **kwargs: Any) -> CallResult:
        """Call the tool and wait for its result."""
        return self._server.call(self.tool.name, self._checked(arguments), **kwargs)

    async def acall(self, arguments: Mapping[str, Any] | None = None, /, **kwargs: Any) -> CallResult:
        """The same, awaited."""
        return await self._server.acall(self.tool.name, self._checked(arguments), **kwargs)

    def _checked(self, arguments: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        if arguments is None or isinstance(arguments, Mapping):
            return arguments
        msg = f"{self.__qualname__}{self.__signature__} takes its arguments by keyword, or one dict of them"
        raise TypeError(msg)

    def __repr__(self) -> str:
        return f"<Tool {one_line(f'{self.__qualname__}{self.__signature__}', 600)}>"


class Toolbox(Mapping[str, BoundTool]):
    """``box["exact-name"]`` always; ``box.exact_name`` as an alias. A colliding alias raises, naming both."""

    def __init__(self, server: Server) -> None:
        self._server = server

    @property
    def _tools(self) -> Mapping[str, Tool]:
        return self._server.connection.catalog.tools

    def __getitem__(self, name: str) -> BoundTool:
        try:
            return BoundTool(self._server, self._server.find(name))
        except (CommandError, ConfigurationError):
            raise KeyError(name) from None

    def __getattr__(self, alias: str) -> BoundTool:
        if alias.startswith("__"):
            raise AttributeError(alias)
        matches = self._named(alias)
        if not matches and not alias.startswith("_"):  # those are what front ends try on any object
            with suppress(CommandError, ConfigurationError):
                self._server.find(alias)
            matches = self._named(alias)
        if len(matches) == 1:
            return self[matches[0]]
        if matches:
            choices = " or ".join(f"tools[{name!r}]" for name in matches)
            msg = f"{alias!r} is ambiguous on {self._server.name}: write {choices}"
            raise AttributeError(msg)
        msg = f"{self._server.name} has no tool {alias!r}; it has {one_line(', '.join(list(self._tools)[:8]), 300)}"
        raise AttributeError(msg)

    def _named(self, alias: str) -> list[str]:
        return [name for name in self._tools if attribute_name(name) == alias]

    def __dir__(self) -> list[str]:
        return sorted({attribute_name(name) for name in self._tools} | set(super().__dir__()))

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._tools)

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def __len__(self) -> int:
        return len(self._tools)

    def __repr__(self) -> str:
        return f"<Tools of {self._server.name}: {one_line(', '.join(list(self._tools)[:12]), 600)}>"
