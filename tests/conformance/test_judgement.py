"""A scenario passes only when something was checked, nothing failed, and both programs say they succeeded."""

from __future__ import annotations

import pytest

from conformance.catalogue import KNOWN_GAPS, SCENARIOS, Case
from conformance.flows import flow_of
from conformance.judgement import Run, as_expected, row, summary

CASE = Case("tools_call", "2025-11-25")
ADDED = {"id": "tool-add-numbers", "status": "SUCCESS", "description": "adds"}
FAILED = {"id": "tool-add-numbers", "status": "FAILURE", "errorMessage": "was not called"}
WARNED = {"id": "client-info", "status": "WARNING", "description": "should be there"}
SCHEMA = {"id": "wire-schema-valid", "status": "SUCCESS", "description": "valid"}
SKIPPED = {"id": "other", "status": "SKIPPED", "description": "not reached"}


def run(*checks, suite_exit=0, driver_exit=0):
    return Run(CASE, suite_exit, driver_exit, checks, "> %mcp list\nlast words", 1.25)


def test_a_successful_check_of_the_scenario_is_a_pass():
    assert run(ADDED, SCHEMA, SKIPPED).verdict == "PASS"


@pytest.mark.parametrize("checks", [(), (SCHEMA,), (SKIPPED,), (SCHEMA, SKIPPED)])
def test_where_nothing_was_checked_nothing_is_proved(checks):
    assert run(*checks).verdict == "EMPTY"


@pytest.mark.parametrize("check", [FAILED, WARNED])
def test_one_failed_check_or_warning_is_a_failure(check):
    assert run(ADDED, check).verdict == "FAIL"


def test_a_driver_that_failed_is_a_failure_even_where_the_suite_allows_it():
    assert run(ADDED, driver_exit=1).verdict == "FAIL"
    assert run(ADDED, suite_exit=1).verdict == "FAIL"


def test_a_row_tells_what_did_not_pass_and_why():
    assert row(run(FAILED)).splitlines()[1].strip() == "tool-add-numbers: was not called"
    assert row(run(driver_exit=1)).splitlines()[-1].strip() == "last words"
    assert row(run(ADDED)).split() == ["PASS", "2025-11-25", "tools_call", "1.2", "s"]


def test_a_known_gap_may_fail_and_has_to_be_taken_out_once_it_passes(monkeypatch):
    assert as_expected(run(ADDED))
    assert not as_expected(run(FAILED))
    monkeypatch.setitem(KNOWN_GAPS, CASE.scenario, "not written yet")
    assert as_expected(run(FAILED))
    assert row(run(FAILED)).startswith("GAP ")
    assert not as_expected(run(ADDED))
    assert row(run(ADDED)).startswith("CLOSED ")


def test_the_summary_counts_by_revision():
    assert summary([run(ADDED), run(FAILED)]) == "passed: 2025-11-25 1/2"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_has_its_cells(scenario):
    assert flow_of(scenario).__doc__ or scenario.startswith("auth/")


def test_every_known_gap_is_a_scenario():
    assert KNOWN_GAPS.keys() <= SCENARIOS.keys()
