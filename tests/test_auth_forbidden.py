"""A 403 where others send a 401: with a challenge for a token it asks for a login, without one it refuses."""

from __future__ import annotations

import json

from support.odd_http import Response

from mcp_magics.connection.manager import servers


def shut(odd, **headers):
    """Whoever comes without a token gets a 403, and the documents lead on."""
    base = odd.url.removesuffix("/mcp")
    document = json.dumps({"resource": odd.url, "authorization_servers": [base]}).encode()
    odd.on["*"] = lambda _asked: Response(403, b'{"error": "no token"}', headers)
    odd.on["GET"] = lambda asked: Response(body=document) if asked.path == "/named" else Response(404)
    return f'Bearer error="invalid_token", resource_metadata="{base}/named"'


def test_a_403_that_asks_for_a_token_says_log_in_and_is_measured_as_required(shell, odd):
    shut(odd, **{"www-authenticate": shut(odd)})
    assert "auth_required: the server asks for authorization (403)" in shell(f"%mcp add shut {odd.url}").text
    status = servers["shut"].status
    assert (status.requirement, status.codex_word) == ("required", "not_logged_in")
    assert status.measured.found.resource is not None


def test_a_403_without_a_challenge_is_a_refusal_and_says_nothing_about_a_login(shell, odd):
    shut(odd)
    error = shell.fails(f"%mcp add shut {odd.url}", "forbidden")
    assert "login" not in error.failure.next_step
    assert servers["shut"].status.requirement == "unknown"


def test_a_403_for_a_token_that_was_sent_is_no_question_of_logging_in(shell, odd, monkeypatch):
    monkeypatch.setenv("SHUT_TOKEN", "a-token-of-some-length")
    shut(odd, **{"www-authenticate": shut(odd)})
    shell.fails(f"%mcp add shut {odd.url} --bearer-token-env-var SHUT_TOKEN", "forbidden")
