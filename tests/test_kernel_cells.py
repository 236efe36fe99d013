"""``%mcp`` in the cells of a real kernel: where it awaits, what it shows, what is left in the saved output."""

from __future__ import annotations

import os

import pytest
from support.kernel import Kernel
from support.notebook import S1, at_most, done, with_s1

pytestmark = pytest.mark.kernel

HEAVY = ("mcp", "mcp_types", "pydantic", "httpx2", "pandas", "jsonschema", "ruamel", "keyring", "authlib", "ipywidgets")
WHO_RAN = (
    "import mcp_magics.magics.extension as e; calls = []\nold_run, old_arun = e.MCPMagics._block, e.MCPMagics.arun\n"
)
SPY = WHO_RAN + (
    "def _block(self, *a, **k):\n    calls.append('sync')\n    return old_run(self, *a, **k)\n"
    "def arun(self, *a, **k):\n    calls.append('await')\n    return old_arun(self, *a, **k)\n"
    "e.MCPMagics._block, e.MCPMagics.arun = _block, arun"
)


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """One kernel for the tests of this file that change nothing, with S1 connected."""
    directory = tmp_path_factory.mktemp("notebook")
    (directory / "home").mkdir()
    with Kernel(directory, home=directory / "home") as kernel:
        with_s1(kernel)
        done(kernel.run(SPY))
        yield kernel


@pytest.fixture
def cell(notebook):
    """Run a cell and say how its lines ran: ``cell(code)`` gives the outcome and ``["await", "sync" …]``."""

    def run(code, **options):
        notebook.run("calls.clear()")
        return done(notebook.run(code, **options)), notebook.value("calls")

    return run


# Loading


def test_loading_imports_nothing_heavy_starts_nothing_and_touches_no_file(kernel, home, elsewhere):
    (elsewhere / ".mcp.json").write_text('{"mcpServers": {"x": {"command": "touch", "args": ["started"]}}}')
    kernel.run("import sys")
    before = {each.pid for each in kernel.children()}
    files = {each for each in elsewhere.iterdir() if not each.name.startswith(".ipython")}
    with at_most(2):
        done(kernel.run("%load_ext mcp_magics"))
    assert kernel.value(f"[m for m in {HEAVY} if m in sys.modules]") == []
    assert {each.pid for each in kernel.children()} == before
    assert {each for each in elsewhere.iterdir() if not each.name.startswith(".ipython")} == files
    assert [each for each in os.listdir(home) if not each.startswith(".ipython")] == []


def test_loading_twice_and_reloading_leaves_one_of_everything(kernel):
    done(kernel.run("%load_ext mcp_magics\n%load_ext mcp_magics\n%reload_ext mcp_magics"))
    names = "[type(t).__name__ for t in get_ipython().input_transformers_post].count('AutoAwait')"
    assert kernel.value(names) == 1
    assert kernel.value("sum(m.__name__ == 'mcp_matcher' for m in get_ipython().Completer.custom_matchers)") == 1


def test_after_unloading_the_magic_is_gone_and_so_are_the_servers(kernel):
    with_s1(kernel)
    done(kernel.run("p = %mcp call s1.pid"))
    pid = kernel.value("p.data['pid']")
    done(kernel.run("%unload_ext mcp_magics"))
    assert "UsageError" in kernel.run("%mcp list").stderr
    assert pid not in {each.pid for each in kernel.children()}


# How a line runs


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("%mcp call s1.add a=1 b=2", ["await"]),
        ("x = %mcp call s1.add a=1 b=2", ["await"]),
        ("for i in range(2):\n    %mcp call s1.add a={i} b=2", ["await", "await"]),
        ("try:\n    %mcp call s1.add a=1 b=2\nfinally:\n    pass", ["await"]),
        ("if True:\n    x = %mcp call s1.add a=1 b=2", ["await"]),
        ("%%mcp_call s1.add\na: 1\nb: 2", ["await"]),
        ("%%mcp call s1.add\na: 1\nb: 2", ["await"]),
        ("async def f():\n    x = %mcp call s1.add a=1 b=2\nawait f()", ["await"]),
        ("def f():\n    %mcp call s1.add a=1 b=2\nf()", ["sync"]),
        ("%%time\nx = %mcp call s1.add a=1 b=2", ["sync"]),
        ("%%capture c\n%mcp call s1.add a=1 b=2", ["sync"]),
        ("ip = get_ipython()\nip.run_line_magic('mcp', 'call s1.add a=1 b=2')", ["sync"]),
        ("ip = get_ipython()\nip.run_cell_magic('mcp_call', 's1.add', 'a: 1\\nb: 2')", ["sync"]),
        ("get_ipython().run_cell('%mcp call s1.add a=1 b=2')", ["sync"]),
    ],
)
def test_a_line_is_awaited_where_a_cell_can_await(cell, code, how):
    assert cell(code)[1] == how


def test_autoawait_off_runs_everything_synchronously(cell, notebook):
    switch = "%config MCPMagics.auto_await = "
    for off, on in (("%autoawait off", "%autoawait on"), (f"{switch}False", f"{switch}True")):
        done(notebook.run(off))
        outcome, how = cell("%mcp call s1.add a=1 b=2")
        done(notebook.run(on))
        assert (how, outcome.result["text/plain"].splitlines()[0]) == (["sync"], "3")
    assert cell("%mcp call s1.add a=1 b=2")[1] == ["await"]


# What is shown


def test_a_statement_shows_its_result_wherever_it_stands(cell):
    assert cell("%mcp call s1.echo text=a\n%mcp call s1.echo text=b")[0].text.count("text") == 2
    looped, _ = cell("for word in 'xyz':\n    %mcp call s1.echo text={word}")
    assert [shown.splitlines()[0] for shown in looped.plain] == ["x", "y", "z"]
    inside, _ = cell("def f():\n    %mcp call s1.echo text=inside\nf()")
    assert inside.plain[0].startswith("inside")


@pytest.mark.parametrize(
    "code",
    [
        "x = %mcp call s1.echo text=a",
        "%mcp call s1.echo text=a --quiet",
        "%mcp call s1.echo text=a;",
        "%%mcp_call s1.echo --quiet\ntext: a",
    ],
)
def test_an_assignment_quiet_and_a_semicolon_show_nothing(cell, code):
    outcome, _ = cell(code)
    assert (outcome.outputs, outcome.stdout, outcome.stderr) == ([], "", "")


def test_the_result_is_underscore_and_out_and_what_o_names(cell, notebook):
    outcome, _ = cell("%mcp call s1.add a=40 b=2 -o total")
    assert notebook.value("(_.data, total.data, total is _ )") == ({"sum": 42}, {"sum": 42}, True)
    assert notebook.value(f"Out[{outcome.execution_count}].data") == {"sum": 42}


def test_several_images_are_several_outputs_and_still_one_result(cell, notebook):
    outcome, _ = cell("%mcp call s1.image_scenario scenario=multiple_valid_images")
    assert [sorted(bundle) for bundle in outcome.outputs] == [["image/png", "text/plain"]] * 2
    assert notebook.value("len(_.images)") == 2


def test_capture_and_time_see_the_result(cell, notebook):
    cell("%%capture caught\n%mcp call s1.echo text=kept")
    assert notebook.value("caught.outputs[0].data['text/plain']").startswith("kept")
    timed, _ = cell("%%time\n%mcp call s1.add a=1 b=2")
    assert "Wall time" in timed.stdout
    assert timed.plain[-1].startswith("3")


def test_an_expression_sees_the_names_of_the_function_it_stands_in(cell, notebook):
    cell(
        "n = 'the notebook'\ndef f(n):\n    r = %mcp call s1.echo text={n.upper()}\n    return r.text\nsaid = f('mine')"
    )
    assert notebook.value("said") == "MINE"
    joined = "{''.join(c + k for c in 'ab')}"
    cell(f"async def g(k):\n    r = %mcp call s1.echo text={joined}\n    return r.text\nsaid = await g('-')")
    assert notebook.value("said") == "a-b-"
    cell("def h(k):\n    return get_ipython().run_line_magic('mcp', 'call s1.echo text=$k').text\nsaid = h('magic')")
    assert notebook.value("said") == "magic"


def test_output_lands_in_the_cell_that_started_it(notebook):
    done(
        notebook.run(
            "import asyncio\nasync def later():\n    await asyncio.sleep(0.3)\n    %mcp call s1.echo text=mine"
        )
    )
    first = notebook.start("task = asyncio.create_task(later())")
    first.wait()
    second = notebook.run("await task\nprint('second')")
    notebook.until(lambda: first.outcome.outputs or second.outputs)
    assert (second.stdout, second.outputs) == ("second\n", [])
    assert first.outcome.plain[0].startswith("mine")


def test_tasks_of_the_user_run_on_while_a_line_waits(notebook):
    code = (
        "import asyncio\nticks = 0\nasync def tick():\n    global ticks\n    while True:\n"
        "        await asyncio.sleep(0.01); ticks += 1\n"
        "task = asyncio.create_task(tick())\n%mcp call s1.slow seconds=0.5 --quiet\ntask.cancel()"
    )
    done(notebook.run(code))
    assert notebook.value("ticks") > 10


def test_a_cancelled_task_of_the_user_is_cancelled_not_interrupted(notebook):
    outcome = notebook.run(
        "import asyncio\nasync def call():\n    r = %mcp call s1.slow seconds=20\n"
        "try:\n    await asyncio.wait_for(call(), 0.3)\nexcept TimeoutError:\n    print('timed out')"
    )
    assert (outcome.status, outcome.stdout) == ("ok", "timed out\n")


# Progress


def test_progress_is_a_bar_that_the_result_replaces(notebook):
    running = notebook.start("%mcp call s1.progress steps=8 seconds=0.15")
    running.until(lambda outcome: any("█" in text for text in outcome.plain))
    finished = running.wait()
    assert [text.splitlines()[0] for text in finished.plain] == ["8 steps done"]


def test_progress_of_an_assignment_leaves_nothing_to_see(notebook):
    running = notebook.start("x = %mcp call s1.progress steps=8 seconds=0.15")
    running.until(lambda outcome: any("█" in text for text in outcome.plain))
    assert running.wait().outputs == []


def test_progress_of_an_assignment_among_other_lines_takes_nothing_else_away(notebook):
    running = notebook.start("print('before')\nx = %mcp call s1.progress steps=8 seconds=0.15")
    running.until(lambda outcome: any("█" in text for text in outcome.plain))
    outcome = running.wait()
    assert (outcome.stdout, outcome.plain) == ("before\n", [""])


def test_a_failure_takes_the_bar_away(notebook):
    running = notebook.start("%mcp call s1.progress steps=60 seconds=0.15 --max-time 1.5")
    running.until(lambda outcome: any("█" in text for text in outcome.plain))
    outcome = running.wait()
    assert "last progress" in outcome.error.text
    assert "█" not in outcome.text


def test_a_quick_call_draws_no_bar(notebook):
    assert len(done(notebook.run("%mcp call s1.progress steps=3 seconds=0.01")).outputs) == 1


# Errors


def test_an_error_is_a_few_lines_without_library_frames_in_both_ways(notebook):
    for code in ("%mcp call s1.nope", "def f():\n    %mcp call s1.nope\nf()", f"%mcp add broken -- {S1} --nonsense"):
        error = notebook.run(code).error
        assert len(error.text.splitlines()) <= 6, error.text
        assert "/mcp_magics/" not in error.text
        assert "→" in error.text
