"""A notebook passes every client scenario of the official conformance suite; known gaps fail, and say why."""

from __future__ import annotations

import pytest
from support.required import required

from conformance import suite
from conformance.catalogue import DEFAULT, KNOWN_GAPS, REVISIONS, SCENARIOS, Case, cases
from conformance.judgement import Run, report

pytestmark = pytest.mark.node


def _parameter(case):
    reason = KNOWN_GAPS.get(case.scenario)
    marks = [pytest.mark.xfail(strict=True, raises=AssertionError, reason=reason)] if reason else []
    return pytest.param(case, id=str(case), marks=marks)


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> dict[Case, Run]:
    """What became of every case these tests are about: played side by side, for each takes two processes."""
    if reason := suite.missing():
        required(reason)
    chosen = (getattr(item, "callspec", None) for item in request.session.items if item.path == request.path)
    wanted = [spec.params["case"] for spec in chosen if spec and "case" in spec.params]
    return {run.case: run for run in suite.play_all(wanted)}


@pytest.mark.parametrize("case", [_parameter(case) for case in cases()])
def test_a_notebook_passes(case, runs):
    assert runs[case].verdict == "PASS", report(runs[case])


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_catalogue_lists_what_the_suite_has(revision):
    if reason := suite.missing():
        required(reason)
    ours = {name for name, dated in SCENARIOS.items() if revision == DEFAULT or revision in dated}
    assert suite.listed(revision) == ours
