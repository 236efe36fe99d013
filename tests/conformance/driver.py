"""``python driver.py SERVER_URL``: the program the conformance suite runs: a notebook that plays one scenario.

The suite says which in ``MCP_CONFORMANCE_SCENARIO`` and gives what a person would know (client ids, keys, calls to
make) as JSON in ``MCP_CONFORMANCE_CONTEXT``. Exit status 0 means the notebook ran to its end.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main() -> int:
    """Play the scenario against the server of the command line."""
    from conformance.flows import flow_of
    from conformance.notebook import notebook

    url, scenario = sys.argv[1], os.environ["MCP_CONFORMANCE_SCENARIO"]
    known = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
    with notebook() as opened:
        flow_of(scenario)(opened, url, known)
    return 0


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the tests, not this room of theirs
    sys.exit(main())
