"""Under which name a person's notebook or script knows an object: so that a line to type can be typed."""

from __future__ import annotations

import sys


def variable_of(thing: object) -> str:
    """The first global name of the notebook or script that holds ``thing``; empty where it has none of its own.

    Names that begin with an underscore are IPython's own and do not last.
    """
    names = vars(sys.modules["__main__"]).copy()
    return next((name for name, value in names.items() if value is thing and not name.startswith("_")), "")
