"""IPython in a terminal: the same lines, synchronous; Ctrl-C, questions at the keyboard, nothing left at the end."""

from __future__ import annotations

from time import monotonic

import pexpect
import psutil
import pytest
from support.notebook import FORM, S1, all_gone
from support.terminal import Terminal

pytestmark = pytest.mark.terminal


@pytest.fixture(params=[True, False], ids=["simple-prompt", "prompt_toolkit"])
def terminal(request, tmp_path):
    """A terminal with the extension loaded and S1 connected."""
    with Terminal(tmp_path, simple=request.param) as opened:
        opened.run("%load_ext mcp_magics")
        assert "s1: added, stdio" in opened.run(f"%mcp add s1 -- {S1}")
        yield opened


def test_a_session_of_calls_interrupts_questions_and_errors(terminal):
    assert '"sum": 42' in terminal.run("%mcp call s1.add a=40 b=2")
    assert "sum" not in terminal.run("x = %mcp call s1.add a=1 b=2").replace("s1.add", "")
    assert "{'sum': 3}" in terminal.run("x.data")
    assert "[image 2: PNG" in terminal.run("%mcp call s1.image_scenario scenario=multiple_valid_images")

    terminal.type("%mcp call s1.elicitation")
    for prompt, typed in zip(("Your name", "Age", "colour", "Height", "news", "email"), FORM, strict=True):
        terminal.expect(prompt)
        terminal.type(typed)
    assert '"action": "accept", "content": {"name": "Ada", "age": 36' in terminal.finish()

    terminal.type("print('u' + 'p'); get_ipython().run_line_magic('mcp', 'call s1.slow seconds=60 label=here')")
    terminal.expect("up")
    terminal._child.expect(pexpect.TIMEOUT, timeout=0.5)
    began = monotonic()
    terminal.interrupt()
    shown = terminal.finish(10)
    assert monotonic() - began < 10  # the call takes sixty
    assert "KeyboardInterrupt" in shown
    assert "mcp_magics/" not in shown
    assert '"label": "here"' in terminal.run("%mcp call s1.cancellations at_least=1")

    shown = terminal.run("%mcp call s1.nope")
    assert "→ %mcp tools s1" in shown
    assert "Traceback" not in shown


def test_progress_is_one_line_that_is_wiped_away(terminal):
    terminal.type("%mcp call s1.progress steps=8 seconds=0.15")
    terminal.expect("█")
    terminal.expect("\x1b[K")
    shown = terminal.finish()
    assert shown.count("\n[") == 0
    assert "8 steps done" in shown


def test_leaving_the_terminal_leaves_no_process(terminal):
    terminal.run("g = %mcp call s1.fork_grandchild session=own")
    processes = psutil.Process(terminal._child.pid).children(recursive=True)
    processes.append(psutil.Process(int(terminal.run("g.data['pid']").split("]:")[-1])))
    terminal.type("exit")
    terminal._child.expect(pexpect.EOF, timeout=20)
    assert all_gone(processes, within=5)
