"""The codes of the playground's authorization server: how long they are good."""

from __future__ import annotations

import time

import pytest

from mcp_magics.playground.authorization.clients import Client
from mcp_magics.playground.authorization.codes import AuthorizationRequest, Codes
from mcp_magics.playground.authorization.identifiers import Identifiers
from mcp_magics.playground.authorization.parameters import Parameters
from mcp_magics.playground.authorization.refusal import Refusal

CALLBACK = "http://127.0.0.1:1/callback"


def redeemed_after(monkeypatch: pytest.MonkeyPatch, seconds: float) -> bool:
    """Whether a code is still good so long after it was issued."""
    codes = Codes(Identifiers(1))
    code = codes.issue(AuthorizationRequest(Client("c", "C"), CALLBACK, (), "http://127.0.0.1:2/mcp"))
    then = time.time() + seconds
    monkeypatch.setattr(time, "time", lambda: then)
    try:
        codes.redeem(code, "c", Parameters((("redirect_uri", CALLBACK),)))
    except Refusal as refusal:
        assert refusal.error == "invalid_grant"
        return False
    return True


@pytest.mark.parametrize(("seconds", "is_good"), [(0, True), (590, True), (610, False)])
def test_a_code_is_good_for_ten_minutes_and_no_longer_rfc6749_4_1_2(monkeypatch, seconds, is_good):
    assert redeemed_after(monkeypatch, seconds) is is_good
