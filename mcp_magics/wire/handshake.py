"""The result of ``initialize`` or ``server/discover`` so that the SDK's session can begin with it.

Its models refuse an answer whole for one odd member. What negotiation does not need is mended or left out here; that
it was odd is told before (:func:`~mcp_magics.results.violations.in_handshake`). Without a protocol version nothing is
mended: there is nothing to agree on.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

HANDSHAKES = frozenset({"initialize", "server/discover"})
_MOST_MENDED = 100


def mended(method: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """``result`` without what the SDK's model for ``method`` refuses; unchanged where that cannot be helped."""
    from pydantic import ValidationError

    check = _check(method)
    try:
        check(result)
    except ValidationError:
        better = copy.deepcopy(dict(result))
    else:
        return dict(result)
    better["capabilities"] = _capabilities(better.get("capabilities"))
    if method == "initialize":
        better["serverInfo"] = _info(better.get("serverInfo"))
    for _ in range(_MOST_MENDED):
        try:
            check(better)
        except ValidationError as error:
            if not _leave_out(better, error.errors()[0]["loc"]):
                return dict(result)
        else:
            return better
    return dict(result)


def _check(method: str) -> Callable[[Mapping[str, Any]], object]:
    import mcp_types as types
    from mcp_types.methods import validate_server_result

    def of_initialize(result: Mapping[str, Any]) -> None:
        validate_server_result("initialize", "2025-11-25", result)
        types.InitializeResult.model_validate(result, by_name=False)

    return of_initialize if method == "initialize" else types.DiscoverResult.model_validate


def _capabilities(said: Any) -> dict[str, Any]:
    """What is plainly meant: a list of names, ``true`` and PHP's ``[]`` for an empty object."""
    if isinstance(said, list):
        return {name: {} for name in said if isinstance(name, str)}
    if not isinstance(said, dict):
        return {}
    meant = {name: value for name, value in said.items() if value is not None and value is not False}
    return {name: {} if value is True or value == [] else value for name, value in meant.items()}


def _info(said: Any) -> dict[str, Any]:
    info = dict(said) if isinstance(said, dict) else {}
    return info | {key: value if isinstance(value := info.get(key), str) else "" for key in ("name", "version")}


def _leave_out(value: dict[str, Any], place: Sequence[int | str]) -> bool:
    """Delete the innermost member on the way to ``place`` that is there; whether there was one below the top."""
    around: Any = None
    step: Any = None
    inner: Any = value
    for key in place:
        is_listed = isinstance(inner, list) and isinstance(key, int) and key < len(inner)
        if is_listed or (isinstance(inner, dict) and key in inner):
            around, step, inner = inner, key, inner[key]
    if around is None or (around is value and step in ("protocolVersion", "supportedVersions")):
        return False
    del around[step]
    return True
