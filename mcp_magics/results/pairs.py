"""Requests with their answers: what was asked, when, how long it took, how many bytes went each way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

COLUMNS = ("n", "server", "direction", "kind", "method", "name", "started", "ms", "bytes_out", "bytes_in", "error")


@dataclass(frozen=True, slots=True)
class Pair:
    """One request with its answer; ``n`` is its number in the wire log, ``at`` seconds since the epoch.

    ``direction`` is ``→`` for ours and ``←`` for the server's; ``kind`` is ``rpc`` or ``http``. ``ms`` is None where no
    answer is known. ``bytes_out`` left us, ``bytes_in`` reached us; None where that was not measured.
    """

    n: int
    server: str
    direction: str
    kind: str
    method: str
    name: str
    at: float
    ms: float | None
    bytes_out: int | None
    bytes_in: int | None
    error: str

    @property
    def row(self) -> dict[str, Any]:
        """One row of the table of pairs, for JSON."""
        return {
            name: _time(self.at).isoformat() if name == "started" else getattr(self, name, None) for name in COLUMNS
        }


def pairs_frame(pairs: Sequence[Pair]) -> pd.DataFrame:
    """A row a pair, ``started`` as UTC times; ``ms`` is NaN where no answer is known."""
    import pandas as pd

    columns = {
        name: [_time(pair.at) if name == "started" else getattr(pair, name) for pair in pairs] for name in COLUMNS
    }
    table = pd.DataFrame(columns, columns=list(COLUMNS))
    kinds = {"n": "int64", "ms": "float64", "bytes_out": "Int64", "bytes_in": "Int64"}
    return table.astype({**kinds, "started": "datetime64[us, UTC]"})


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
