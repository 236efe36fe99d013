"""Skip what this machine cannot run, and fail instead where everything is required."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import NoReturn

import pytest


def everything_is_required() -> bool:
    """Whether ``REQUIRE_ALL=1`` says that a skip is a failure."""
    return os.environ.get("REQUIRE_ALL") == "1"


def required(reason: str) -> NoReturn:
    """Leave the test: a skip for ``reason``, a failure under ``REQUIRE_ALL=1``."""
    if everything_is_required():
        pytest.fail(f"required, and missing: {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under ``REQUIRE_ALL=1`` a skip is a failure, whoever skipped."""
    report = yield
    if report.skipped and everything_is_required() and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and REQUIRE_ALL=1: {report.longreprtext}"
    return report
