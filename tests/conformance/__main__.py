"""``python -m conformance``: play the suite's scenarios and show a table.

Ends with 1 where one did not pass that should have, or where a known gap is none any more.
"""

from __future__ import annotations

import argparse
import sys

from conformance.catalogue import KNOWN_GAPS, REVISIONS, SCENARIOS, cases
from conformance.judgement import Run, as_expected, report, row, summary
from conformance.suite import missing, play_all


def main() -> int:
    """Play what the command line asks for, everything by default."""
    chosen = _options()
    if reason := missing():
        sys.exit(reason)
    wanted = [
        case
        for case in cases()
        if case.scenario in (chosen.scenario or SCENARIOS) and case.revision in (chosen.revision or REVISIONS)
    ]
    runs = []
    for run in play_all(wanted):
        print(report(run) if chosen.verbose else row(run), flush=True)
        runs.append(run)
    print("", *(f"known gap: {name}: {KNOWN_GAPS[name]}" for name in sorted(_gaps(runs))), summary(runs), sep="\n")
    return 0 if runs and all(as_expected(run) for run in runs) else 1


def _gaps(runs: list[Run]) -> set[str]:
    return {run.case.scenario for run in runs} & KNOWN_GAPS.keys()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make conformance", description="the client scenarios, played by a notebook")
    parser.add_argument("--scenario", action="append", choices=SCENARIOS, metavar="NAME", help="only this one")
    parser.add_argument("--revision", action="append", choices=REVISIONS, help="only on this revision")
    parser.add_argument("--verbose", action="store_true", help="show what each notebook said")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
