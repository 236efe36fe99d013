"""A dependency with a licence we cannot use, or a known advisory, is found before it is shipped."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, distributions

import pytest
from packaging.requirements import Requirement
from support.advisories import findings
from support.licences import closure, complaints, is_allowed, runtime_requirements


@pytest.fixture
def lookup(tmp_path):
    """Find only the distributions made up by this test: ``lookup.add(name, *metadata lines)``."""

    def find(name):
        found = list(distributions(name=name, path=[str(tmp_path)]))
        if not found:
            raise PackageNotFoundError(name)
        return found[0]

    def add(name, *lines):
        directory = tmp_path / f"{name}-1.0.dist-info"
        directory.mkdir()
        text = "\n".join(["Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0", *lines, "", ""])
        (directory / "METADATA").write_text(text, "utf-8")

    find.add = add
    return find


def test_every_runtime_dependency_has_an_allowed_licence():
    found = closure(runtime_requirements())
    assert {"mcp", "pandas", "pydantic-core", "traitlets"} <= set(found)
    assert complaints(found.values()) == []


def test_a_bad_licence_deep_in_the_tree_is_found(lookup):
    lookup.add("good", "License-Expression: MIT", "Requires-Dist: middle[fast]>=1; python_version >= '3'")
    lookup.add("middle", "License: Apache 2.0", "Requires-Dist: seeded; extra == 'fast'")
    lookup.add("seeded", "Classifier: License :: OSI Approved :: GNU Affero General Public License v3")
    found = closure([Requirement("good")], lookup)
    assert complaints(found.values()) == ["seeded: GNU Affero General Public License v3"]


def test_a_dependency_of_another_platform_or_an_unused_extra_does_not_count(lookup):
    lookup.add(
        "good", "License-Expression: MIT", "Requires-Dist: a; sys_platform == 'none'", "Requires-Dist: b; extra == 'x'"
    )
    assert set(closure([Requirement("good")], lookup)) == {"good"}


def test_a_dependency_that_is_not_installed_is_an_error_not_a_pass(lookup):
    with pytest.raises(PackageNotFoundError):
        closure([Requirement("absent")], lookup)


def test_two_distributions_that_need_each_other_are_followed_once(lookup):
    lookup.add("a", "License-Expression: MIT", "Requires-Dist: b")
    lookup.add("b", "License-Expression: MIT", "Requires-Dist: a")
    assert set(closure([Requirement("a")], lookup)) == {"a", "b"}


def test_a_distribution_without_a_licence_is_found(lookup):
    lookup.add("silent")
    assert complaints([lookup("silent")]) == ["silent: no licence stated"]


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-or-later", False),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("(MIT OR GPL-2.0-only) AND BSD-3-Clause", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("Proprietary, see file", False),
        ("", False),
    ],
)
def test_an_expression_is_allowed_when_allowed_licences_can_meet_it(expression, allowed):
    assert is_allowed(expression) is allowed


def test_an_advisory_is_a_finding_and_a_package_nobody_knows_is_none():
    known = {"name": "bad", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": []}]}
    report = {"dependencies": [known, {"name": "private", "skip_reason": "not found"}]}
    assert findings(json.dumps(report)) == (["bad 1.0: PYSEC-1"], ["private"])
    assert findings(None) == ([], [])
