"""Uses of ``%mcp`` in cells: which are awaited, which are shown, and what is left alone."""

from __future__ import annotations

import ast
import atexit
import os

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from support import fake_magics
from support.paths import REPOSITORY
from support.terminal import Terminal

from mcp_magics.errors import CommandError
from mcp_magics.magics.autoawait import AutoAwait, Mode, install, rewrite, uninstall

AWAITS = Mode(cell_awaits=True, coroutines_await=True)
BLOCKS = Mode(cell_awaits=False, coroutines_await=False)
MAGICS = "get_ipython().magics_manager.registry['MCPMagics']"


def rewritten(cell: str, mode: Mode = AWAITS) -> str:
    """The cell as IPython would compile it."""
    return "".join(rewrite(TransformerManager().transform_cell(cell).splitlines(keepends=True), mode=mode))


def calls(cell: str, mode: Mode = AWAITS) -> list[tuple[str, str]]:
    """Method and ``use`` of each direct call, in the order of the text."""
    found = [
        (node.func.attr, node.keywords[0].value.value, node.lineno, node.col_offset)
        for node in ast.walk(ast.parse(rewritten(cell, mode)))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"run", "arun"}
    ]
    return [(method, use) for method, use, *_ in sorted(found, key=lambda each: each[2:])]


# Which statement is shown, and by whom


def test_the_last_statement_is_left_to_the_display_hook():
    assert rewritten("%mcp list") == f"(await {MAGICS}.arun('mcp', 'list', None, use='hooked'))\n"


def test_an_earlier_statement_shows_itself():
    assert calls("%mcp list\n%mcp tools x") == [("arun", "statement"), ("arun", "hooked")]


@pytest.mark.parametrize(
    "cell",
    [
        "for i in range(2):\n    %mcp list",
        "if True:\n    %mcp list",
        "try:\n    %mcp list\nfinally:\n    pass",
        "with a:\n    %mcp list",
        "while True:\n    %mcp list\n    break",
        "match x:\n    case 1:\n        %mcp list",
    ],
)
def test_a_statement_inside_another_shows_itself_and_is_awaited(cell):
    assert calls(cell) == [("arun", "statement")]


def test_an_assignment_shows_nothing():
    assert calls("x = %mcp list\nx.y = %mcp list") == [("arun", "value"), ("arun", "value")]


@pytest.mark.parametrize(
    ("interactivity", "shown"),
    [
        ("last_expr", ["statement", "statement", "hooked"]),
        ("last_expr_or_assign", ["statement", "statement", "hooked"]),
        ("last", ["statement", "statement", "hooked"]),
        ("all", ["hooked", "hooked", "hooked"]),
        ("none", ["statement", "statement", "statement"]),
    ],
)
def test_the_shells_own_choice_of_shown_statements_is_respected(interactivity, shown):
    mode = Mode(cell_awaits=False, coroutines_await=False, interactivity=interactivity)
    cell = "%mcp a\nfor i in x:\n    %mcp b\n%mcp c"
    assert calls(cell, mode) == [("run", each) for each in shown]


def test_in_mode_last_the_display_hook_also_shows_what_stands_in_the_last_loop():
    assert calls("for i in x:\n    %mcp b", Mode(False, False, "last")) == [("run", "hooked")]
    assert calls("for i in x:\n    %mcp b", Mode(False, False, "last_expr")) == [("run", "statement")]


# Where a use is awaited


@pytest.mark.parametrize(
    "cell",
    [
        "def f():\n    %mcp list",
        "class A:\n    %mcp list",
        "async def f():\n    def g():\n        %mcp list",
        "class A:\n    def f(self):\n        %mcp list",
    ],
)
def test_a_synchronous_scope_does_not_await(cell):
    assert calls(cell) == [("run", "statement")]


@pytest.mark.parametrize(
    "expression",
    ["[{} for x in y]", "{{x: {} for x in y}}", "list({} for x in y)", "(lambda: {})", "{{{} for x in y}}"],
)
def test_a_lambda_or_comprehension_does_not_await(expression):
    assert calls("z = " + expression.format("get_ipython().run_line_magic('mcp', 'list')")) == [("run", "value")]


def test_a_coroutine_function_awaits_even_where_its_cell_does_not():
    cell = "def f():\n    async def g():\n        x = %mcp list\n%mcp list"
    mode = Mode(cell_awaits=False, coroutines_await=True)
    assert calls(cell, mode) == [("arun", "value"), ("run", "hooked")]
    assert calls(cell, BLOCKS) == [("run", "value"), ("run", "hooked")]


def test_a_default_value_belongs_to_the_scope_around_its_function():
    cell = "def f(x=get_ipython().run_line_magic('mcp', 'a')):\n    %mcp b"
    assert calls(cell) == [("arun", "value"), ("run", "statement")]


# What the rewriting keeps


def test_a_cell_magic_keeps_line_and_body_exactly():
    cell = "%%mcp_call s.é -o x\na: 'it''s'\n# naïve \\n {n} \"\"\"\nb: |\n  \u2028 🎈\n"
    (call,) = [node for node in ast.walk(ast.parse(rewritten(cell))) if getattr(node, "keywords", None)]
    name, line, body = map(ast.literal_eval, call.args)
    assert (name, line) == ("mcp_call", "s.é -o x")
    assert body == cell.split("\n", 1)[1]


def test_lines_keep_their_numbers_and_columns_count_bytes():
    cell = "é = 'ü🎈'\nx = %mcp get é\n\nif 1:\n    'ü'; get_ipython().run_line_magic('mcp', 'ü'); 'ö'\n1 / 0\n"
    text = rewritten(cell)
    assert text.splitlines()[0] == "é = 'ü🎈'"
    assert text.splitlines()[4].startswith("    'ü'; (await ")
    assert text.splitlines()[4].endswith("use='statement')); 'ö'")
    assert text.splitlines()[5] == "1 / 0"


def test_several_uses_on_one_line_are_all_rewritten():
    use = "get_ipython().run_line_magic('mcp', 'ü')"
    assert calls(f"a, b = {use}, {use}") == [("arun", "value"), ("arun", "value")]


@pytest.mark.parametrize("separator", ["\r\n", "\r", "\n"])
def test_any_line_end_and_form_feeds_and_unicode_separators_keep_positions(separator):
    lines = ["s = '\x0b\x1c'", "t = 'a\x85b\u2028c'", "get_ipython().run_line_magic('mcp', 'x')", ""]
    text = "".join(rewrite(separator.join(lines).splitlines(keepends=True), mode=BLOCKS))
    assert text == separator.join([*lines[:2], f"{MAGICS}.run('mcp', 'x', None, use='hooked')", ""])


def test_a_trailing_semicolon_stays_in_the_line_for_its_parser():
    assert "'list;'" in rewritten("%mcp list;")


def test_a_continued_line_arrives_whole():
    assert "'call s.t a=1    b=2'" in rewritten("%mcp call s.t a=1 \\\n  b=2")


@pytest.mark.parametrize(
    "cell",
    [
        "%time 1",
        "%%bash\n%%mcp_call x\n",
        "x = '''\n%%mcp_call x\n'''",
        "x = f'''{y}\n%%mcp add\n'''",
        "x = f\"{get_ipython().run_line_magic('mcp', 'x')}\"",
        "get_ipython().run_line_magic('mcp', line)",
        "get_ipython().run_line_magic('mcp',\n  'a')",
        "get_ipython().run_line_magic('mcpx', 'a')",
        "other().run_line_magic('mcp', 'a')",
        "%mcp?",
        "%%mcp_call?",
        "# get_ipython().run_line_magic('mcp', 'a')\n1",
        "%mcp list\nx = = 1",
        "%mcp list\n" + "(" * 500,
    ],
)
def test_everything_else_is_left_as_ipython_made_it(cell):
    assert rewritten(cell) == TransformerManager().transform_cell(cell)


def test_a_cell_that_warns_when_parsed_does_not_warn_twice(recwarn):
    rewritten("s = '\\d'\n%mcp list")
    assert not recwarn.list


# %%mcp below other code


@pytest.mark.parametrize(
    ("above", "body"),
    [
        ("x = 1\n", "a: 40\nb: 2\n"),
        ("# a comment\n", "a: it's\n"),
        ("s = '''\n%%mcp_call x\n'''\n", "{"),
        ("%mcp list\n", ""),
        ("x = 'é🎈'\n\n", '{"a": [1, null]}\n'),
        ("if x:\n    pass\n", "a: ['\n"),
        ("import os\n%time 1\n", "python: {'a': 1}"),
    ],
)
def test_a_cell_magic_below_code_says_so_and_runs_nothing(above, body):
    cell = rewritten(f"{above}%%mcp_call everything.get-sum -o total\n{body}")
    with pytest.raises(CommandError) as raised:
        exec(compile(cell, "cell", "exec"), {})
    failure = raised.value.failure
    number = above.count("\n") + 1
    assert failure.message == "%%mcp_call must be the first line of its cell"
    assert failure.evidence == (f"line {number}: %%mcp_call everything.get-sum -o total",)
    assert "to a cell of their own" in failure.next_step
    assert raised.traceback[-1].lineno == number - 1


def test_a_cell_magic_below_empty_lines_is_first():
    assert calls("\n\n%%mcp_call x\na: 1") == [("arun", "hooked")]


# In IPython


@pytest.fixture
def shell():
    """A plain IPython shell with the transformer and magics that say how they were called."""
    shell = InteractiveShell()
    fake_magics.load_ipython_extension(shell)
    yield shell
    shell.atexit_operations()
    atexit.unregister(shell.atexit_operations)


def shown(shell, cell):
    """What the cell shows, as plain text: displays, results and prints."""
    with capture_output() as captured:
        shell.run_cell(cell, store_history=True).raise_error()
    return captured.stdout + "".join(repr(output) for output in captured.outputs)


def test_outside_a_kernel_everything_is_synchronous(shell):
    assert "sync" in shown(shell, "%mcp list")
    assert "async" not in shown(shell, "async def f():\n    %mcp list\nawait f()")


def test_a_result_shown_by_the_display_hook_is_in_out_and_underscore(shell):
    shown(shell, "%mcp list")
    assert shell.user_ns["_"].said == ("sync", "mcp", "list", None)


def test_no_name_enters_the_namespace(shell):
    before = set(shell.user_ns)
    shown(shell, "%mcp a\n%mcp b")
    assert {name for name in set(shell.user_ns) - before if not name.startswith("_")} == set()


def test_help_still_opens(shell):
    assert "Help of %mcp." in shown(shell, "%mcp?")


def test_installing_twice_installs_once_and_uninstalling_restores(shell):
    install(shell)
    assert [type(each) for each in shell.input_transformers_post] == [AutoAwait]
    uninstall(shell)
    uninstall(shell)
    assert shell.input_transformers_post == []
    assert "magic" in shown(shell, "%mcp list")


# In a real kernel


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """A kernel with the extension of :mod:`support.fake_magics`."""
    from support.kernel import Kernel

    with Kernel(tmp_path_factory.mktemp("notebook"), env=with_support()) as kernel:
        assert kernel.run("%load_ext support.fake_magics").status == "ok"
        yield kernel


def with_support() -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "tests")])}


def ways(outcome) -> list[str]:
    """How each shown value was made: ``sync`` or ``async``; ``sync`` under ``%%time`` and its kind."""
    assert outcome.error is None, outcome.error.text
    return [plain.split("'")[1] for plain in outcome.plain]


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%mcp list", ["async"]),
        ("%mcp a\n%mcp b", ["async", "async"]),
        ("mcp list", ["async"]),
        ("%%mcp_call s.t\na: 1", ["async"]),
        ("%%mcp add\n{}", ["async"]),
        ("x = %mcp list", []),
        ("x = %mcp list\nx", ["async"]),
        ("for i in range(3):\n    %mcp list", ["async"] * 3),
        ("for i in range(2):\n    x = %mcp list", []),
        ("try:\n    1 / 0\nexcept ZeroDivisionError:\n    %mcp list", ["async"]),
        ("def f():\n    %mcp list\nf()", ["sync"]),
        ("def f():\n    x = %mcp list\n    return x\nf()", ["sync"]),
        ("async def f():\n    x = %mcp list\n    return x", []),
        ("await f()", ["async"]),
        ("é = 'ü🎈'; x = 1\nif 'ü':\n    %mcp list é🎈", ["async"]),
        ("import asyncio\nawait asyncio.sleep(0)\n%mcp list", ["async"]),
        ("%%time\n%mcp list", ["sync"]),
        ("%%time\nfor i in range(2):\n    %mcp list", ["sync"] * 2),
        ("%time %mcp list", ["sync"]),
        ("import asyncio\nawait asyncio.sleep(0)\n%time %mcp list", ["sync"]),
        ("%%time\n%%mcp_call s.t\na: 1", ["sync"]),
        ("%%capture out\n%mcp list", []),
        ("out.show()", ["sync"]),
        ("r = get_ipython().run_cell('%mcp list')", ["sync"]),
        ("import asyncio\nawait asyncio.sleep(0)\nr = get_ipython().run_cell('%mcp list')", ["sync"]),
        ("%%timeit -n1 -r1 -q\nx = 1\n%mcp list", []),
        ("%mcp list;", ["async"]),
    ],
)
def test_a_kernel_awaits_where_it_can_and_shows_each_statement_once(notebook, cell, expected):
    assert ways(notebook.run(cell)) == expected


@pytest.mark.kernel
def test_a_cell_run_by_a_background_task_is_synchronous(notebook):
    outcome = notebook.run(
        "import asyncio\n"
        "async def later():\n"
        "    get_ipython().run_cell('x = %mcp list')\n"
        "await asyncio.create_task(later())\n"
        "x"
    )
    assert ways(outcome) == ["sync"]


@pytest.mark.kernel
def test_the_switches_turn_awaiting_off_and_on_again(notebook):
    notebook.run("%autoawait off")
    assert ways(notebook.run("%mcp list")) == ["sync"]
    driven = "async def f():\n    %mcp list\ntry:\n    f().send(None)\nexcept StopIteration:\n    pass"
    assert ways(notebook.run(driven)) == ["sync"]
    notebook.run("%autoawait on")
    assert ways(notebook.run("%autoawait off\n%mcp list\n%autoawait on")) == ["sync"]
    notebook.run("get_ipython().magics_manager.registry['MCPMagics'].auto_await = False")
    assert ways(notebook.run("%mcp list")) == ["sync"]
    notebook.run("get_ipython().magics_manager.registry['MCPMagics'].auto_await = True")
    assert ways(notebook.run("%mcp list")) == ["async"]


@pytest.mark.kernel
def test_a_misplaced_cell_magic_is_two_clear_lines_in_a_kernel(notebook):
    error = notebook.run("x = 1\n%%mcp_call s.t\na: it's").error
    assert error.ename == "CommandError"
    assert "must be the first line of its cell" in error.text
    assert "SyntaxError" not in error.text


@pytest.mark.kernel
def test_a_traceback_points_at_the_line_that_failed(notebook):
    error = notebook.run("%mcp list\nx = %mcp list\n\n1 / 0").error
    assert "----> 4 1 / 0" in error.text


@pytest.mark.kernel
@pytest.mark.overlay
def test_an_older_kernel_is_synchronous(new_kernel, request):
    from conftest import OLDER_KERNELS
    from support.overlay import overlay

    for version in OLDER_KERNELS:
        with_older = new_kernel(env=with_support(), overlays=[overlay(version)])
        assert with_older.run("%load_ext support.fake_magics").status == "ok"
        assert ways(with_older.run("for i in range(2):\n    %mcp list\n%mcp list")) == ["sync"] * 3


@pytest.mark.terminal
def test_a_terminal_is_synchronous(tmp_path):
    with Terminal(tmp_path, env=with_support()) as terminal:
        terminal.run("%load_ext support.fake_magics")
        assert "Out[2]: 'sync' 'mcp' 'list' None" in terminal.run("%mcp list")
