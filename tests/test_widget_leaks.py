"""The same panel two hundred times: the kernel has no more widgets, comms and memory than after the first few.

One login, and a log that is emptied: requests fill the wire log, whose bound is its own.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest
from support.notebook import S1, done
from support.page import Page

pytestmark = pytest.mark.kernel

WARM_UP, DISPLAYS = 40, 200
BOUND = 5 * 1024 * 1024
FORM = """
from mcp_magics.connection.questions.inbox import Answer
from mcp_magics.connection.questions.question import Question
from mcp_magics.widgets.question import QuestionPanel
SCHEMA = {"type": "object", "properties": {f"field_{n}": {"type": "string", "title": "T" * 100} for n in range(30)}}
"""
LOGIN = """
from mcp_magics.widgets.login import LoginPanel
job = servers["l2"].login(visitor="person")
"""
LINES = {
    "cards": ("", "%mcp list"),
    "login": (LOGIN, "panel = LoginPanel('l2', None, job, print)\npanel.show()\npanel.close()"),
    "question": (FORM, "QuestionPanel(Question(1, 'elicitation', 's1', 'm', {'requestedSchema': SCHEMA}), id).close()"),
    "flow": ("", "%mcp oauth l2 -o flow"),
    "browse": ("", "%mcp browse\nservers.journal.clear()"),
    "form": ("", "%mcp form s1.add"),
    "table": ("", "%mcp call s1.many n=30\nservers.journal.clear()"),
}
COUNTS = """
import gc
import comm
import ipywidgets.widgets.widget as w
gc.collect()
counts = [len(w._instances), len(comm.get_comm_manager().comms)]
"""


def resident(kernel) -> int:
    """The memory of the kernel's process, in bytes."""
    pages = int(Path(f"/proc/{kernel.pid}/statm").read_text().split()[1])
    return pages * 4096


def counted(kernel) -> list[int]:
    """Widgets and comms that are open."""
    done(kernel.run(COUNTS))
    return kernel.value("counts")


def displayed(kernel, line, times):
    """Run ``line`` so many times, awaiting."""
    done(kernel.run(f"for _ in range({times}):\n{indent(line, '    ')}", stdin=[]))


@pytest.mark.parametrize("panel", LINES)
def test_two_hundred_displays_of_a_panel_leave_no_widget_no_comm_and_no_memory(kernel, panel):
    Page(kernel)
    before, line = LINES[panel]
    done(kernel.run(f"%load_ext mcp_magics\n%mcp add s1 --quiet -- {S1}\n%mcp playground start l2 --quiet"))
    done(kernel.run(f"from mcp_magics import servers\n{before}"))
    displayed(kernel, line, WARM_UP)
    widgets, memory = counted(kernel), resident(kernel)
    displayed(kernel, line, DISPLAYS)
    kernel.until(lambda: counted(kernel) <= widgets)
    grown = resident(kernel) - memory
    assert grown < BOUND, f"{grown / 1024 / 1024:.1f} MiB"
