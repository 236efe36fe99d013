"""Whether a scenario passed: pure, and stricter than the suite's own summary.

A scenario passes when the suite's process *and* our driver ended with 0 and at least one check of the scenario itself
succeeded, none failed and none warned. The suite lets a driver fail where refusing is right; ours says it refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from conformance.catalogue import KNOWN_GAPS, Case

Verdict = Literal["PASS", "FAIL", "EMPTY"]

_ABOUT_ANY_TRAFFIC = frozenset({"wire-schema-valid"})
"""Checks that succeed for whatever was sent: they do not show that the scenario was played."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one process of the suite left: exit codes (None: none was told), checks, and the driver's output."""

    case: Case
    suite_exit: int
    driver_exit: int | None
    checks: tuple[Mapping[str, Any], ...]
    transcript: str = ""
    seconds: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """``EMPTY`` is a run in which nothing failed because nothing was checked."""
        if self.suite_exit or self.driver_exit or self.complaints:
            return "FAIL"
        return "PASS" if self.proofs else "EMPTY"

    @property
    def proofs(self) -> tuple[str, ...]:
        """The checks of the scenario itself that succeeded."""
        return tuple(id_ for id_ in self._ids("SUCCESS") if id_ not in _ABOUT_ANY_TRAFFIC)

    @property
    def complaints(self) -> tuple[str, ...]:
        """The checks that failed or warned, each with its reason, in one line."""
        told = (_told(check) for check in self.checks if check["status"] in ("FAILURE", "WARNING"))
        return tuple(dict.fromkeys(told))

    def _ids(self, status: str) -> Iterable[str]:
        return (str(check["id"]) for check in self.checks if check["status"] == status)


def _told(check: Mapping[str, Any]) -> str:
    details = check.get("details")
    message = details.get("message") if isinstance(details, dict) else None
    return f"{check['id']}: {check.get('errorMessage') or message or check.get('description')}"


def as_expected(run: Run) -> bool:
    """Whether ``run`` passed, or did not where :data:`KNOWN_GAPS` says that it cannot."""
    return (run.verdict == "PASS") != (run.case.scenario in KNOWN_GAPS)


def report(run: Run) -> str:
    """``run`` with everything that helps to see why it did not pass."""
    ends = f"suite ended with {run.suite_exit}, driver with {run.driver_exit}"
    return "\n".join([row(run), f"      {ends}", *(f"      proof: {id_}" for id_ in run.proofs), run.transcript])


def row(run: Run) -> str:
    """One line for ``run``, and what did not pass beneath it."""
    lines = [f"{_word(run):7}{run.case.revision:12}{run.case.scenario:46}{run.seconds:5.1f} s"]
    if run.verdict != "PASS":
        lines += [f"      {line[:200]}" for line in run.complaints or _last_words(run)]
    return "\n".join(lines)


def _word(run: Run) -> str:
    if run.case.scenario not in KNOWN_GAPS:
        return run.verdict
    return "CLOSED" if run.verdict == "PASS" else "GAP"


def _last_words(run: Run) -> list[str]:
    return [line for line in run.transcript.splitlines() if line.strip()][-3:]


def summary(runs: Iterable[Run]) -> str:
    """How many passed, on each revision."""
    counts: dict[str, list[int]] = {}
    for run in runs:
        count = counts.setdefault(run.case.revision, [0, 0])
        count[0] += run.verdict == "PASS"
        count[1] += 1
    return "passed: " + " · ".join(f"{revision} {passed}/{played}" for revision, (passed, played) in counts.items())
