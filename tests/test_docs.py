"""What the documents say is so: verbs, failures, settings, lines, links, files, and the README's own output."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from itertools import pairwise

import pytest
from support.documents import DOCS, FENCE, README, codes, commands, fenced, stripped, text
from support.paths import REPOSITORY

from mcp_magics.magics.parse import parse
from mcp_magics.magics.settings import Settings
from mcp_magics.magics.usage import usage
from mcp_magics.magics.verbs import VERBS
from mcp_magics.playground import CATALOGUE, faulty

PAGES = [README, REPOSITORY / "CONTRIBUTING.md", REPOSITORY / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
SERVERS = ("shop", "s1", "l0", "l1", "l2", "l3", "l4", "everything", "docs", "mine", "time", "linear")

each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)


def class_names(tree, *, verdicts):
    """Every failure class a module names: ``class_``, ``default_class``, ``Failure("…")``, a verdict's tuple."""
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg="class_", value=value) | ast.Assign([ast.Name("class_" | "default_class")], value):
                yield from texts(value)
            case ast.Call(func=ast.Name("Failure" | "_failed"), args=[first, *_]):
                yield from texts(first)
            case ast.arguments():
                placed = [*node.posonlyargs, *node.args]
                named = placed[len(placed) - len(node.defaults) :]
                defaults = {
                    **dict(zip(named, node.defaults, strict=True)),
                    **dict(zip(node.kwonlyargs, node.kw_defaults, strict=True)),
                }
                yield from (word for name, value in defaults.items() if name.arg == "class_" for word in texts(value))
            case ast.Assign([ast.Tuple([ast.Name("class_"), *_])], value):
                yield from firsts(value, tree)
            case ast.Tuple([first, _, _, *_]) if verdicts:
                yield from (word for word in texts(first) if "_" in word and "-" not in word)


def firsts(value, tree):
    """The first word of each tuple in ``value``, and in the tables of the module that it looks into."""
    names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    tables = [node.value for node in tree.body if isinstance(node, ast.Assign) and names & targets(node)]
    for node in (each for part in (value, *tables) for each in ast.walk(part)):
        if isinstance(node, ast.Tuple) and node.elts:
            yield from texts(node.elts[0])


def targets(node):
    return {target.id for target in node.targets if isinstance(target, ast.Name)}


def texts(node):
    if isinstance(node, ast.IfExp):
        return [*texts(node.body), *texts(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value else []


def raised_classes():
    modules = (REPOSITORY / "mcp_magics").rglob("*.py")
    trees = [(path, ast.parse(path.read_text("utf-8"))) for path in modules]
    return {name for path, tree in trees for name in class_names(tree, verdicts=path.name == "verdict.py")}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_in_the_grammar_as_it_is(verb):
    shown = usage(VERBS[verb]).removeprefix("%mcp ").replace(" [options]", "")
    assert f"| `{shown}` | {VERBS[verb].summary} | `{VERBS[verb].example}` |" in text("grammar.md")


@pytest.mark.parametrize("verb", sorted(VERBS.keys() - {"help"}))
def test_every_verb_is_on_the_tour(verb):
    lines = [line for _, block in fenced(text("tour.md")) for line, _ in commands(block)]
    assert any(re.match(rf"%mcp {verb}\b|%mcp_{verb}\b", line) for line in lines)


def test_every_failure_class_is_documented_and_every_documented_one_exists():
    documented = set(re.findall(r"^\| `(\w+)` \|", text("failures.md"), re.MULTILINE))
    raised = raised_classes()
    assert len(raised) > 70
    # `timeout` and `max_time` are named by the option that ran out
    assert documented - {"max_time"} == raised


def test_every_setting_is_documented_with_its_default():
    settings = Settings()
    for name, trait in settings.traits(config=True).items():
        value = getattr(settings, name)
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        assert f"| `{name}` | `{shown}` | {trait.help} |" in text("configuration.md")


def test_every_playground_server_and_fault_is_documented():
    written = text("playground.md")
    assert all(f"| `{name}` | " in written for name in CATALOGUE)
    assert [fault for fault in faulty.FAULTS if f"| `{fault}` | " not in written] == []


@each_page
def test_every_command_on_a_page_can_be_typed(path):
    for _, block in fenced(path.read_text("utf-8")):
        if "VERB" in block:
            continue  # the shape of a command, not one
        for line, body in commands(block):
            magic, _, rest = line.partition(" ")
            parse(rest, body=body, servers=SERVERS, verb="call" if magic == "%mcp_call" else None)


@each_page
def test_every_link_leads_somewhere(path):
    for target in re.findall(r"\]\(([^)#\s]+)", FENCE.sub("", path.read_text("utf-8"))):
        if "://" not in target:
            assert (path.parent / target).exists(), target


@each_page
def test_every_file_a_page_names_exists(path):
    beside = [REPOSITORY, REPOSITORY / "mcp_magics", *(REPOSITORY / "mcp_magics").glob("**/")]
    for name in codes(path.read_text("utf-8")):
        if re.fullmatch(r"(?:[a-z_]\w*/)*[\w-]+\.(?:py|ipynb|toml)", name):
            assert any((folder / name).exists() for folder in beside), name


def test_the_drawing_of_the_house_names_every_module_in_its_room():
    rooms = {}
    for room, parts in re.findall(r"^\| `([\w/]+)/`[^|]*\| (.*) \|$", text("design.md"), re.MULTILINE):
        rooms[room] = rooms.get(room, "") + parts
    package = REPOSITORY / "mcp_magics"
    modules = [(room, file.name) for room in rooms for file in (package / room).glob("*.py") if file.stem != "__init__"]
    assert [module for module in modules if not re.search(rf"`(?:\w+/)?{module[1]}`", rooms[module[0]])] == []


@each_page
def test_every_make_target_a_page_names_exists(path):
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    for words in re.findall(r"(?:`|^)make ([a-z ]+)", path.read_text("utf-8"), re.MULTILINE):
        for target in words.split():
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.kernel
def test_the_readme_shows_what_comes(kernel):
    """Each output block of the README is in the output of the code block above it."""
    assert kernel.run("budget = 30").status == "ok"
    compared = 0
    for (language, code), (other, expected) in pairwise(fenced(README.read_text("utf-8"))):
        if language == "python" and other == "text":
            outcome = kernel.run(code)
            said = f"{outcome.text}\n{outcome.error.text if outcome.error else ''}"
            assert stripped(expected) in stripped(said)
            compared += 1
        elif language == "python" and code.startswith("%%mcp_call"):
            assert kernel.run(code).status == "ok"
    assert compared == 5


@pytest.mark.kernel
def test_the_tour_runs_as_it_stands(kernel):
    others = re.compile(r"everything|docs|%mcp (?:add|secret|import)")
    for _, block in fenced(text("tour.md")):
        lines = [block] if block.startswith("%%") else block.splitlines()
        for line in lines:
            if not others.search(line):
                outcome = kernel.run(line)
                assert outcome.status == "ok", (line, outcome.error)


@pytest.mark.kernel
def test_the_measurement_of_the_kernel_page_can_be_run_again():
    done = subprocess.run(
        [sys.executable, DOCS / "measure_nest_asyncio.py", "1"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith(("| nest", "| background"))]
    nested, background = rows
    assert float(background[1].split()[0]) < float(nested[1].split()[0])
    assert background[2].startswith("1 of 1")
    assert background[3:] == ["1", background[4]]
