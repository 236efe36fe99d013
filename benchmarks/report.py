"""What was measured, beside what was aimed at: as a table for people and as JSON for machines."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

Unit = Literal["s", "calls/s", "bytes"]
Bound = Literal["at most", "at least"]


@dataclass(frozen=True, slots=True)
class Target:
    """What a measured value, or its ratio to the ``reference``, has to keep."""

    bound: Bound
    value: float
    unit: Literal["ratio"] | Unit = "ratio"

    def __str__(self) -> str:
        sign = "≤" if self.bound == "at most" else "≥"
        return f"{sign} {_times(self.value)}" if self.unit == "ratio" else f"{sign} {shown(self.value, self.unit)}"

    def is_met(self, found: float) -> bool:
        """Whether ``found`` keeps it."""
        return found <= self.value if self.bound == "at most" else found >= self.value


def at_most(value: float, unit: Literal["ratio"] | Unit = "ratio") -> Target:
    """A target for costs."""
    return Target("at most", value, unit)


def at_least(value: float) -> Target:
    """A target for a ratio of throughputs."""
    return Target("at least", value)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One line of the table: ``ours`` and what it is compared with, medians over rounds of one run."""

    case: str
    what: str
    ours: float
    unit: Unit
    target: Target | None = None
    reference: float | None = None
    against: str = ""

    @property
    def ratio(self) -> float | None:
        """``ours`` in terms of the reference, where there is one."""
        return self.ours / self.reference if self.reference else None

    @property
    def met(self) -> bool | None:
        """Whether the target was kept; None where there is none."""
        if self.target is None:
            return None
        found = self.ratio if self.target.unit == "ratio" else self.ours
        return found is not None and self.target.is_met(found)

    def cells(self) -> tuple[str, ...]:
        """The line as text."""
        compared = f"{shown(self.reference, self.unit)} {self.against}".rstrip() if self.reference else ""
        verdict = {True: "met", False: "**not met**", None: ""}[self.met]
        ratio = _times(self.ratio) if self.ratio is not None else ""
        return (self.case, self.what, shown(self.ours, self.unit), compared, ratio, str(self.target or ""), verdict)

    def to_json(self) -> dict[str, Any]:
        """The line as a JSON object."""
        return {
            "case": self.case,
            "what": self.what,
            "ours": self.ours,
            "reference": self.reference,
            "against": self.against,
            "unit": self.unit,
            "ratio": self.ratio,
            "target": str(self.target) if self.target else None,
            "met": self.met,
        }


def shown(value: float, unit: Unit) -> str:
    """``value`` in the unit people read: µs or ms or s, KB or MB, calls a second."""
    if unit == "calls/s":
        return f"{value:,.0f}/s"
    scales = {"s": ((1, "s"), (1e-3, "ms"), (1e-6, "µs")), "bytes": ((1e6, "MB"), (1024, "KB"), (1, "B"))}[unit]
    size, name = next((each for each in scales if value >= each[0]), scales[-1])
    return f"{value / size:.3g} {name}"


def _times(ratio: float) -> str:
    return f"{ratio:.3g}×"  # noqa: RUF001  the sign it is written with everywhere


HEAD = ("case", "what", "mcp_magics", "compared with", "ratio", "target", "")


def markdown(measurements: Iterable[Measurement]) -> str:
    """The table, as Markdown that also reads well in a terminal."""
    lines = [HEAD, *(measurement.cells() for measurement in measurements)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rows = [_row(line, widths) for line in lines]
    return "\n".join([rows[0], _row(["-" * width for width in widths], widths), *rows[1:]])


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))} |"


def machine() -> dict[str, Any]:
    """Where it was measured, and how busy that machine was."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "versions": {name: version(name) for name in ("mcp", "httpx2", "pydantic_core", "uvicorn", "ipython")},
    }


def write(measurements: Iterable[Measurement], directory: Path) -> None:
    """Leave ``bench.json`` and ``bench.md`` in ``directory``."""
    measured = list(measurements)
    directory.mkdir(parents=True, exist_ok=True)
    document = {"machine": machine(), "measurements": [each.to_json() for each in measured]}
    (directory / "bench.json").write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")
    (directory / "bench.md").write_text(markdown(measured) + "\n", "utf-8")
