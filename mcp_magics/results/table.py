"""DataFrames that lose nothing: column order as sent, integers exact however big or missing beside others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.errors import ProtocolError
from mcp_magics.results.tabular import Table

if TYPE_CHECKING:
    import pandas as pd

_EXACT_IN_FLOAT = 2**53
_INT64 = 2**63


def frame(table: Table) -> pd.DataFrame:
    """``table`` as a DataFrame with a plain range index."""
    import pandas as pd

    index = pd.RangeIndex(table.length)
    return pd.DataFrame({name: _series(values, index) for name, values in table.columns.items()}, index=index)


def not_a_table(what: str, found: str, server: str) -> ProtocolError:
    """The error of a ``.df`` that has nothing to show; ``found`` says what is there instead."""
    msg = f"{what} is no table: {found}"
    return ProtocolError(msg, class_="not_a_table", phase="result", server=server, next_step="result.data")


def describe(texts: list[str]) -> str:
    """What texts without a table are, in one phrase."""
    if not texts:
        return "it holds no text and no structured content"
    what = f"its text of {len(texts[0]):,} characters is" if len(texts) == 1 else f"its {len(texts):,} texts are"
    return f"{what} neither JSON objects, CSV nor a Markdown table"


def _series(values: list[Any], index: pd.RangeIndex) -> pd.Series[Any]:
    import pandas as pd

    try:
        series: pd.Series[Any] = pd.Series(values, index=index, dtype=_dtype(values))
    except (UnicodeEncodeError, OverflowError):  # lone surrogates in an Arrow string, floats beyond 1e308
        series = pd.Series(values, index=index, dtype="object")
    return series


def _dtype(values: list[Any]) -> Any:
    """The dtype that holds these values exactly; None lets pandas choose."""
    kinds = {type(value) for value in values}
    has_gap = type(None) in kinds
    kinds.discard(type(None))
    if kinds == {int}:
        is_big = not all(value is None or -_INT64 <= value < _INT64 for value in values)
        return "object" if is_big else ("Int64" if has_gap else "int64")
    if kinds == {int, float}:
        is_big = any(isinstance(value, int) and abs(value) > _EXACT_IN_FLOAT for value in values)
        return "object" if is_big else "float64"
    if kinds == {bool}:
        return "boolean" if has_gap else "bool"
    return None if kinds in ({str}, {float}) else "object"
