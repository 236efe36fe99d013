"""``%mcp`` as a statement of its cell: awaited where that is possible, shown wherever it is a statement.

IPython turns ``%mcp x`` into ``get_ipython().run_line_magic('mcp', 'x')``, which blocks the kernel: widgets in the
cell's output are dead meanwhile. The input transformer of this module calls the magics' class directly instead::

    (await get_ipython().magics_manager.registry['MCPMagics'].arun('mcp', 'x', None, use='hooked'))
    get_ipython().magics_manager.registry['MCPMagics'].run('mcp_call', 's.t', 'a: 1', use='statement')

``arun`` where the kernel delivers widget messages during an ``await`` and the place allows one, ``run`` elsewhere.
``use`` says what becomes of the value: the display hook shows it (``hooked``), the method shows it itself, in a loop,
in a function or before the last statement (``statement``), or Python takes it (``value``). No name enters the user's
namespace, and every line keeps its number.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from inspect import currentframe
from typing import TYPE_CHECKING

from mcp_magics.magics.misplaced import refusal

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from mcp_magics.magics.showing import Use

OLDEST_AWAITING_KERNEL = (7, 4)
"""From this ipykernel on, widget messages are delivered while a cell awaits."""

_MAGICS = "get_ipython().magics_manager.registry['MCPMagics']"
_NAMES = frozenset({"mcp", "mcp_call"})
_SWITCH = "get_ipython().run_line_magic('autoawait', "
_TEXTS = {"run_line_magic": 2, "run_cell_magic": 3}
"""IPython's methods: how many texts each takes."""
_MENTION = re.compile(r"run_(?:line|cell)_magic\(\s*['\"]%?mcp|%%mcp")
_OWN_SCOPE = frozenset({"body", "elt", "key", "value", "generators"})
"""The fields of definitions and comprehensions that are a scope of their own; defaults and decorators are not."""

_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Mode:
    """What the shell does with a cell: where ``await`` works, and which statements the display hook shows.

    ``interactivity`` is one of the values of ``InteractiveShell.ast_node_interactivity``.
    """

    cell_awaits: bool
    coroutines_await: bool
    interactivity: str = "last_expr"


@dataclass(frozen=True, slots=True)
class _Place:
    """What holds where a node stands."""

    awaits: bool
    hooked: bool
    """The display hook shows an expression that is a statement here."""


@dataclass(frozen=True, slots=True)
class _Use:
    """One use of a magic: IPython's call of it, and what becomes of it."""

    call: ast.Call
    awaits: bool
    becomes: Use

    def direct(self) -> str:
        """The call of the magics' class that takes its place."""
        name, line, body = [ast.literal_eval(each) for each in self.call.args] + [None] * (3 - len(self.call.args))
        arguments = f"({name!r}, {line!r}, {body!r}, use={self.becomes!r})"
        return f"(await {_MAGICS}.arun{arguments})" if self.awaits else f"{_MAGICS}.run{arguments}"


def rewrite(lines: list[str], *, mode: Mode) -> list[str]:
    """The lines of a transformed cell with every ``%mcp``, ``%%mcp`` and ``%%mcp_call`` called directly.

    Takes and gives what an ``input_transformers_post`` function does: lines with their ends. A cell with ``%%mcp``
    below other code becomes the raise of a :class:`~mcp_magics.errors.CommandError` that says so, on the same line.
    """
    source = "".join(lines)
    if not _MENTION.search(source):
        return lines
    if refused := refusal(lines):
        return refused
    try:
        tree = _parsed(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return lines  # IPython compiles the cell next and reports this
    return _replaced(source, _uses(tree, mode)).splitlines(keepends=True)


class AutoAwait:
    """The input transformer of one shell; it keeps no state of its own."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell

    def __call__(self, lines: list[str]) -> list[str]:
        """What IPython calls with the lines of every cell, after its own transformations."""
        mode = mode_of(self._shell)
        if any(_SWITCH in line for line in lines):  # what stands below it is compiled as it says
            mode = replace(mode, cell_awaits=False)
        return rewrite(lines, mode=mode)


def use_at(source: str, line: int, shell: InteractiveShell) -> Use:
    """What becomes of the plain use on ``line`` (from 1) of a cell that was compiled before :func:`install`."""
    try:
        uses = list(_uses(_parsed(source), mode_of(shell)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "hooked"
    here = [use.becomes for use in uses if use.call.lineno <= line <= (use.call.end_lineno or line)]
    return here[0] if here else "hooked"


def install(shell: InteractiveShell) -> None:
    """Rewrite the cells of ``shell`` from now on; once, however often it is called."""
    uninstall(shell)
    shell.input_transformers_post.append(AutoAwait(shell))


def uninstall(shell: InteractiveShell) -> None:
    """Leave the cells of ``shell`` as they are; nothing happens where nothing was installed."""
    kept = [each for each in shell.input_transformers_post if type(each).__qualname__ != AutoAwait.__qualname__]
    shell.input_transformers_post[:] = kept


def mode_of(shell: InteractiveShell) -> Mode:
    """How ``shell`` would run a cell that it transforms now.

    Nothing is awaited outside a kernel that serves widgets meanwhile, or where ``%autoawait`` or
    ``%config MCPMagics.auto_await`` is off; a cell that other code runs (``%%time``, ``%%capture``, ``run_cell``)
    awaits only inside its ``async def``.
    """
    wanted = bool(getattr(shell.magics_manager.registry.get("MCPMagics"), "auto_await", True))
    awaits = wanted and bool(shell.autoawait) and _kernel_awaits(shell)
    return Mode(awaits and not _runs_synchronously(), awaits, shell.ast_node_interactivity)


def _kernel_awaits(shell: InteractiveShell) -> bool:
    """Whether ``shell`` is an IPython kernel of a version that serves widgets during an ``await``."""
    zmqshell = sys.modules.get("ipykernel.zmqshell")
    if zmqshell is None or not isinstance(shell, zmqshell.ZMQInteractiveShell):
        return False
    return bool(sys.modules["ipykernel"].version_info[:2] >= OLDEST_AWAITING_KERNEL)


def _runs_synchronously() -> bool:
    """Whether the cell being transformed is inside ``run_cell`` or inside another cell.

    A kernel transforms an asynchronous cell before it enters either, so the stack alone tells.
    """
    from IPython.core.interactiveshell import InteractiveShell

    inside = {InteractiveShell.run_cell.__code__, InteractiveShell.run_code.__code__}
    frame = currentframe()
    while frame and frame.f_code not in inside:
        frame = frame.f_back
    return frame is not None


def _parsed(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # IPython parses the cell again and warns then
        return ast.parse(source)


def _uses(tree: ast.Module, mode: Mode) -> Iterator[_Use]:
    """Every use of the magics in a cell."""
    for number, statement in enumerate(tree.body, start=1):
        hooked = _hooked(statement, mode.interactivity, last=number == len(tree.body))
        yield from _uses_in(statement, _Place(mode.cell_awaits, hooked), mode)


def _uses_in(node: ast.AST, place: _Place, mode: Mode) -> Iterator[_Use]:
    match node:
        case ast.Expr(value=ast.Call() as call) if _is_use(call):
            yield _Use(call, place.awaits, "hooked" if place.hooked else "statement")
        case ast.Call() if _is_use(node):
            yield _Use(node, place.awaits, "value")
        case ast.JoinedStr():
            return  # Python 3.11 gives wrong positions inside f-strings, and no magic can be typed there
        case _:
            within = _within(node, place, mode)
            for field, child in _children(node):
                yield from _uses_in(child, within if field in _OWN_SCOPE else place, mode)


def _within(node: ast.AST, place: _Place, mode: Mode) -> _Place:
    """The place of what stands in the scope that ``node`` opens, if it opens one."""
    match node:
        case ast.AsyncFunctionDef():
            return _Place(mode.coroutines_await, hooked=False)
        case ast.FunctionDef() | ast.ClassDef() | ast.Lambda():
            return _Place(awaits=False, hooked=False)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return replace(place, awaits=False)
    return place


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for field, value in ast.iter_fields(node):
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, ast.AST):
                yield field, each


def _hooked(statement: ast.stmt, interactivity: str, *, last: bool) -> bool:
    """Whether the display hook shows the expressions that stand as statements in this top-level statement."""
    if interactivity in {"last_expr", "last_expr_or_assign"}:
        return last and isinstance(statement, ast.Expr)
    return interactivity == "all" or (interactivity == "last" and last)


def _is_use(call: ast.Call) -> bool:
    """Whether this is what IPython makes of ``%mcp``, ``%%mcp``, ``%mcp_call`` or ``%%mcp_call``."""
    match call:
        case ast.Call(
            func=ast.Attribute(ast.Call(ast.Name("get_ipython"), [], []), attr),
            args=[ast.Constant(name), *_],
            keywords=[],
        ):
            texts = [each for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            count = _TEXTS.get(attr)
            return name in _NAMES and len(texts) == len(call.args) == count and call.lineno == call.end_lineno
    return False


def _replaced(source: str, uses: Iterator[_Use]) -> str:
    """The source with each use called directly; the positions of ``ast`` are lines and UTF-8 bytes."""
    text = source.encode()
    starts = [0, *(end.end() for end in _LINE_END.finditer(text))]
    for use in sorted(uses, key=lambda use: (use.call.lineno, use.call.col_offset), reverse=True):
        start = starts[use.call.lineno - 1]
        head, tail = text[: start + use.call.col_offset], text[start + (use.call.end_col_offset or 0) :]
        text = head + use.direct().encode() + tail
    return text.decode()
