"""The harness itself: what it reports is what a front end would show."""

from __future__ import annotations

import pytest
from support.kernel import KernelDiedError
from support.terminal import Terminal

pytestmark = pytest.mark.kernel

NAPS = "import time; [time.sleep(0.1) for _ in range(600)]"
"""A long wait in short ones: a signal that comes just before a sleep is heard only after it."""


def test_a_cell_reports_streams_displays_updates_and_result_in_order(kernel):
    outcome = kernel.run(
        "import sys\n"
        "from IPython.display import display\n"
        "handle = display('first', display_id=True)\n"
        "print('out'); print('err', file=sys.stderr)\n"
        "display('second'); handle.update('updated')\n"
        "1 + 1"
    )
    assert outcome.status == "ok"
    assert (outcome.stdout, outcome.stderr) == ("out\n", "err\n")
    assert outcome.plain == ["'updated'", "'second'", "2"]
    assert outcome.result == {"text/plain": "2"}


def test_an_update_from_a_later_cell_reaches_the_earlier_cells_display(kernel):
    first = kernel.run("from IPython.display import display; handle = display(1, display_id=True)")
    kernel.run("handle.update(2)")
    assert first.plain == ["2"]


def test_clearing_with_wait_clears_when_the_next_output_comes(kernel):
    outcome = kernel.run("from IPython.display import clear_output\nprint(1)\nclear_output(wait=True)\nprint(2)")
    assert outcome.stdout == "2\n"


def test_an_error_has_its_name_message_and_traceback_without_colours(kernel):
    error = kernel.run("1 / 0").error
    assert (error.ename, error.evalue) == ("ZeroDivisionError", "division by zero")
    assert "\x1b" not in error.text


def test_input_is_answered_and_refused_where_the_front_end_has_none(kernel):
    answered = kernel.run("print(input('name? '))", stdin=["Ada"])
    assert (answered.stdout, answered.prompts) == ("Ada\n", ["name? "])
    assert kernel.run("input()").error.ename == "StdinNotImplementedError"


def test_an_interrupt_ends_a_running_cell_and_the_next_one_runs(kernel):
    running = kernel.start("print('up', flush=True)\n" + NAPS)
    running.until(lambda outcome: "up" in outcome.stdout)
    kernel.interrupt()
    assert running.wait(10).error.ename == "KeyboardInterrupt"
    assert kernel.value("1 + 1") == 2


def test_a_restart_gives_a_new_process_without_the_old_names(kernel):
    kernel.run("x = 1")
    before = kernel.pid
    kernel.restart()
    assert kernel.pid != before
    assert kernel.run("x").error.ename == "NameError"


def test_a_killed_kernel_is_noticed_and_not_waited_for(kernel):
    running = kernel.start(NAPS)
    kernel.kill()
    assert not kernel.alive
    with pytest.raises(KernelDiedError):
        running.wait(30)


def test_completion_reports_what_the_kernel_offers(kernel):
    kernel.run("apple_pie = 1")
    assert kernel.complete("apple_") == ["apple_pie"]


def test_the_kernel_has_the_tests_home_and_does_not_know_of_pytest(kernel, home):
    kernel.run("import os")
    assert kernel.value("os.environ['MCP_MAGICS_HOME']") == str(home)
    assert kernel.value("'PYTEST_CURRENT_TEST' in os.environ") is False


def test_a_click_reaches_a_cell_that_awaits(kernel):
    waiting = kernel.start(
        "import asyncio, ipywidgets\n"
        "clicked, button = asyncio.Future(), ipywidgets.Button()\n"
        "button.on_click(lambda _: clicked.set_result('clicked'))\n"
        "print(button.comm.comm_id)\n"
        "await clicked"
    )
    waiting.until(lambda outcome: outcome.stdout.endswith("\n"))
    kernel.send_comm(waiting.outcome.stdout.strip(), {"method": "custom", "content": {"event": "click"}})
    assert waiting.wait(10).result == {"text/plain": "'clicked'"}


def test_two_cells_sent_at_once_keep_their_outputs_apart(kernel):
    first, second = kernel.start("print(1)"), kernel.start("print(2)")
    assert (second.wait().stdout, first.wait().stdout) == ("2\n", "1\n")


@pytest.mark.overlay
def test_an_older_kernel_is_the_version_it_was_asked_to_be(older_kernel, request):
    older_kernel.run("import ipykernel")
    assert f"ipykernel=={older_kernel.value('ipykernel.__version__')}" in request.node.name


@pytest.mark.terminal
@pytest.mark.parametrize("simple", [True, False], ids=["simple-prompt", "prompt_toolkit"])
def test_a_terminal_runs_lines_and_survives_an_interrupt(tmp_path, simple):
    with Terminal(tmp_path, simple=simple) as terminal:
        assert "Out[1]: 42" in terminal.run("6 * 7")
        terminal.type("print('u' + 'p'); " + NAPS)
        terminal.expect("up")
        terminal.interrupt()
        assert "KeyboardInterrupt" in terminal.finish(10)
        assert "Out[3]: 2" in terminal.run("1 + 1")
