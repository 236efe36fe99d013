"""Regular expressions of strangers, in linear time.

A server's ``pattern`` can make Python's ``re`` run for years on thirty characters. Pydantic's core carries the
Rust engine, which cannot backtrack.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator


def matches(pattern: str, text: str) -> bool | None:
    """Whether ``pattern`` is found somewhere in ``text``; None for one this engine does not know (look-around)."""
    from pydantic_core import ValidationError

    validator = _compiled(pattern)
    if validator is None:
        return None
    try:
        validator.validate_python(text)
    except ValidationError:
        return False
    return True


@lru_cache(maxsize=256)
def is_broken(pattern: str) -> bool:
    """Whether Python's engine, which knows look-around, cannot read ``pattern`` either; nothing is matched."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            re.compile(pattern)
        except (re.error, RecursionError, OverflowError):
            return True
    return False


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> SchemaValidator | None:
    from pydantic_core import SchemaError, SchemaValidator, core_schema

    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError:
        return None
