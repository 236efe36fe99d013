"""The page on conformance says what the catalogue says."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest
from support.paths import REPOSITORY

from conformance.catalogue import KNOWN_GAPS, REVISIONS, SCENARIOS, cases

PAGE = (REPOSITORY / "docs" / "conformance.md").read_text("utf-8")


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_page_counts_the_scenarios_of_each_revision(revision):
    played = [case for case in cases() if case.revision == revision]
    passing = [case for case in played if case.scenario not in KNOWN_GAPS]
    assert f"| {revision} | {len(played)} | {len(passing)} |" in PAGE


def test_the_page_names_every_known_gap_and_no_other():
    told = re.findall(r"^\| `([^`]+)` \| (.+) \|$", PAGE.partition("## Known gaps")[2], re.MULTILINE)
    found = {name: why for pattern, why in told for name in SCENARIOS if fnmatchcase(name, pattern)}
    assert found == KNOWN_GAPS
