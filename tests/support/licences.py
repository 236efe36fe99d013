"""The licences of what mcp_magics brings along, from the metadata of the installed distributions; no network."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable
from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.paths import REPOSITORY

ALLOWED = frozenset(
    {
        *("MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "ISC", "Apache-2.0", "PSF-2.0", "Zlib", "CC0-1.0"),
        *("Unlicense", "Python-2.0", "BSL-1.0", "HPND"),
        "MPL-2.0",  # file-level copyleft: it asks nothing of a package that only imports it
    }
)
FREE_TEXT = {
    "mit license": "MIT",
    "the mit license": "MIT",
    "mit no attribution license (mit-0)": "MIT-0",
    "bsd license": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "python software foundation license": "PSF-2.0",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "the unlicense (unlicense)": "Unlicense",
}
"""What distributions without an SPDX expression write, in classifiers and in words."""

Lookup = Callable[[str], Distribution]


def runtime_requirements() -> list[Requirement]:
    """What ``pyproject.toml`` says the package needs to run."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    return [Requirement(each) for each in project["dependencies"]]


def closure(roots: Iterable[Requirement], lookup: Lookup = distribution) -> dict[str, Distribution]:
    """Every distribution that ``roots`` need on this machine, by canonical name.

    A requirement without its distribution raises :class:`importlib.metadata.PackageNotFoundError`.
    """
    found: dict[str, Distribution] = {}
    waiting, seen = [each for each in roots if _applies(each, "")], set[str]()
    while waiting:
        requirement = waiting.pop()
        if str(requirement) in seen:
            continue
        seen.add(str(requirement))
        here = found.setdefault(canonicalize_name(requirement.name), lookup(requirement.name))
        waiting += _needed(here, requirement.extras)
    return found


def complaints(distributions: Iterable[Distribution]) -> list[str]:
    """One line for each distribution whose licence is not allowed or not stated."""
    named = ((each.metadata["Name"], licence(each)) for each in distributions)
    return [f"{name}: {text or 'no licence stated'}" for name, text in named if not is_allowed(text)]


def licence(of: Distribution) -> str:
    """The licence as an SPDX expression where one can be read, else as it is written."""
    if expression := _field(of, "License-Expression"):
        return expression
    classifiers = [each for each in of.metadata.get_all("Classifier") or [] if each.startswith("License ::")]
    names = [each.rpartition(" :: ")[2] for each in classifiers if each != "License :: OSI Approved"]
    written = names or [_field(of, "License").partition("\n")[0].strip()]
    return " AND ".join(FREE_TEXT.get(name.lower(), name) for name in written)


def is_allowed(expression: str) -> bool:
    """Whether an SPDX expression (``A OR B AND (C)``, annex D of SPDX 2.3) can be met with allowed licences alone."""
    words = re.findall(r"\(|\)|[^\s()]+(?:\s+WITH\s+[^\s()]+)?", expression)
    logic = {"AND": "and", "OR": "or", "(": "(", ")": ")"}
    try:
        return bool(eval(" ".join(logic.get(word, str(word in ALLOWED)) for word in words)))
    except SyntaxError:
        return expression in ALLOWED


def _field(of: Distribution, name: str) -> str:
    return of.metadata[name] if name in of.metadata else ""


def _needed(by: Distribution, extras: Iterable[str]) -> list[Requirement]:
    requirements = map(Requirement, by.requires or [])
    return [each for each in requirements if any(_applies(each, extra) for extra in ("", *extras))]


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})
