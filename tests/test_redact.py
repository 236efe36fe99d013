"""What is secret never reaches a log, and what is not stays readable."""

from __future__ import annotations

import json
import logging
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_magics.redact import (
    Redactor,
    install_log_redaction,
    is_secret_name,
    looks_secret,
    mask,
    redactor,
    remove_log_redaction,
)

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
SHAPES = {
    "Authorization: Bearer {}": "abc123xyz",
    "bearer {}!": "token-of-mine",
    "Bearer {}": "authABC1",
    '{{"Authorization": "Bearer {}"}}': "YWJj0kA==",
    "{}": JWT,
    'said {} here"': "ghp_abcdefghijklmnop1234",
    "key={} ": "sk-ant-api03-abcdefghij1234567890",
    '["{}"]': "AKIAIOSFODNN7EXAMPLE",
    "\n{}\n": "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
    '{{"access_token": "{}", "token_type": "Bearer"}}': "short",
    '{{"refresh_token":"{}"}}': "r\\u0065fresh",
    '{{"client_secret" : "{}"}}': 'with \\" a quote',
    '{{"apiKey": "{}"}}': "k1",
    "{{'password': '{}'}}": "hunter2",
    "GET https://h/x?state=s&code={}&iss=i": "c0de",
    "https://h/x?X-Amz-Signature={}#top": "ff00",
    "grant_type=authorization_code&code_verifier={}": "ver1f1er",
    "https://someone:{}@h/x": "pa55",
    "Authorization: Basic {}": "dXNlcjpwYXNz",
    "headers=[(b'X-Api-Key', b'{}')]": "zzz",
}


@pytest.mark.parametrize(("template", "secret"), SHAPES.items(), ids=list(SHAPES.values()))
def test_a_secret_is_known_by_its_shape(template, secret):
    fresh = Redactor()
    shown = fresh.text(template.format(secret))
    assert secret not in shown
    assert "<secret-1>" in shown
    assert fresh.text(shown) == shown


@pytest.mark.parametrize(("template", "secret"), list(SHAPES.items())[:-1], ids=list(SHAPES.values())[:-1])
def test_bytes_are_redacted_as_text_is(template, secret):
    text = template.format(secret)
    assert Redactor().data(text.encode()).decode() == Redactor().text(text)


@pytest.mark.parametrize(
    "harmless",
    [
        "a bearer token is required. Send a Bearer token. Bearer authentication failed",
        'WWW-Authenticate: Bearer resource_metadata="https://h/x", error="invalid_token"',
        '{"properties": {"password": {"type": "string"}}, "required": ["password"]}',
        '{"_meta": {"progressToken": "abc"}, "token_type": "Bearer", "nextCursor": "eyJwYWdlIjoyfQ"}',
        "sorted(rows, key=len)",
        "https://h/x?state=abc&code_challenge=def&resource=ghi",
        "git@github.com and https://h/@scope/package",
        "task-list-of-things and sk-learn and 3fa85f64-5717-4562-b3fc-2c963f66afa6",
        '{"password": "${PASSWORD}"}',
    ],
)
def test_what_is_no_secret_stays_as_it_is(harmless):
    assert Redactor().text(harmless) == harmless
    assert Redactor().data(harmless.encode()) == harmless.encode()


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_secret_in_json_inside_json_is_found(depth):
    text = json.dumps({"password": 'p"w', "port": 1})
    for _ in range(depth):
        text = json.dumps({"text": text})
    shown = Redactor().text(text)
    assert "p" + "\\" * (2 ** (depth + 1) - 1) + '"w' not in shown
    assert "<secret-1>" in shown and "port" in shown
    json.loads(shown)


def test_the_same_secret_has_the_same_placeholder_and_another_one_another():
    fresh = Redactor()
    first = fresh.register("canary-one", "ONE")
    assert first == fresh.register("canary-one")
    assert fresh.register("canary-two") != first
    assert fresh.text("canary-one, canary-two, canary-one") == "<secret-1>, <secret-2>, <secret-1>"
    assert fresh.names == {"<secret-1>": "ONE"}
    assert fresh.headers({"Authorization": "Bearer canary-one"}) == {"Authorization": "Bearer <secret-1>"}


@given(st.text(min_size=6, max_size=30).filter(str.strip))
def test_a_registered_secret_is_found_in_every_spelling(secret):
    fresh = Redactor()
    fresh.register(secret)
    plain = json.dumps({"a": secret}, ensure_ascii=False)
    for text in (f"<{secret}>", plain, json.dumps({"a": secret}), json.dumps({"b": plain}, ensure_ascii=False)):
        assert "<secret-1>" in fresh.text(text)
        encoded = text.encode("utf-8", "surrogatepass")
        assert b"<secret-1>" in fresh.data(encoded) or any("\ud800" <= char <= "\udfff" for char in secret)


def test_a_secret_that_contains_another_is_replaced_whole():
    fresh = Redactor()
    fresh.register("canary")
    fresh.register("canary-and-more")
    assert fresh.text("canary-and-more canary") == "<secret-2> <secret-1>"


def test_a_secret_too_short_to_search_for_still_has_a_placeholder():
    fresh = Redactor()
    assert fresh.register("1234") == "<secret-1>"
    assert fresh.text("1234 rows") == "1234 rows"


def test_what_a_server_calls_a_secret_is_not_searched_for_elsewhere():
    fresh = Redactor()
    fresh.text('{"password": "results"}')
    assert fresh.text("the results") == "the results"


def test_a_server_that_sends_endless_secrets_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr("mcp_magics.redact.placeholders.MAX_NUMBERED", 3)
    fresh = Redactor()
    shown = [fresh.text(f"Bearer token-{number}") for number in range(5)]
    assert shown == [
        "Bearer <secret-1>",
        "Bearer <secret-2>",
        "Bearer <secret-3>",
        "Bearer <secret>",
        "Bearer <secret>",
    ]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:p@h:1/p?key=abc&flag&x=#tok=1", "https://h:1/p?key=***&***&x=#***"),
        ("https://h/mcp", "https://h/mcp"),
        ("http://[::1]:80/?a=b", "http://[::1]:80/?a=***"),
        ("http://[::1?token=x", "http://[::1?token=***"),
        ("h/x?a=b=c", "h/x?a=***"),
        ("https://ghp_abcdefghijklmnop1234@h/", "https://h/"),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_its_secrets(url, shown):
    assert Redactor().url(url) == shown


def test_secret_headers_are_masked_and_others_are_not():
    headers = {
        "authorization": "Bearer abc",
        "Proxy-Authorization": "Basic abd",
        "Cookie": "session=1",
        "Set-Cookie": "session=2; Path=/",
        "X-Api-Key": "abe",
        "X-Auth-Token": "abf",
        "Accept": "application/json",
        "WWW-Authenticate": 'Bearer realm="x"',
        "Mcp-Protocol-Version": "2025-11-25",
    }
    shown = Redactor().headers(headers)
    assert shown["authorization"] == "Bearer <secret-1>"
    assert shown["Proxy-Authorization"] == "Basic <secret-2>"
    assert [shown[name] for name in ("Cookie", "Set-Cookie", "X-Api-Key", "X-Auth-Token")] == [
        f"<secret-{number}>" for number in (3, 4, 5, 6)
    ]
    for name in ("Accept", "WWW-Authenticate", "Mcp-Protocol-Version"):
        assert shown[name] == headers[name]


def test_a_mask_does_not_tell_the_length():
    assert mask("a") == mask("a" * 40) == "*****"
    assert mask("") == ""


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", ""),
        ("github_pat_11ABCDEFG0123456789_abcdefghij", ""),
        (JWT, ""),
        (f"Bearer {JWT}", "Authorization"),
        ("Bearer abc123def", ""),
        ("sk-proj-abc123def456ghi789", "ANYTHING"),
        ("xoxb-1234567890-abcdef", ""),
        ("AKIAIOSFODNN7EXAMPLE", ""),
        ("AIzaSyA1234567890abcdefghijklmnopqrstuvw", ""),
        ("-----BEGIN PRIVATE KEY-----\nMIIB", ""),
        ("3fa85f64-5717-4562-b3fc-2c963f66afa6", "EXA_API_KEY"),
        ("abc123def456", "X-Api-Key"),
        ("hunter2", "DB_PASSWORD"),
        ("s3cr3t", "clientSecret"),
        ("postgres://u:p4ss@h/db", ""),
    ],
)
def test_a_literal_secret_is_recognised(value, name):
    assert looks_secret(value, name)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("${TOKEN}", "TOKEN"),
        ("Bearer ${TOKEN}", "Authorization"),
        ("${input:token}", "API_KEY"),
        ("your-api-key-here", "API_KEY"),
        ("<YOUR_TOKEN>", "TOKEN"),
        ("xxxxxxxxxxxx", "API_KEY"),
        ("/run/secrets/token", "TOKEN"),
        ("~/.config/key.pem", "PRIVATE_KEY"),
        ("3fa85f64-5717-4562-b3fc-2c963f66afa6", ""),
        ("@modelcontextprotocol/server-everything", ""),
        ("mcp-server-fetch==2025.4.7", ""),
        ("4000", "MAX_TOKENS"),
        ("cl100k_base", "TOKENIZER"),
        ("production", "NODE_ENV"),
        ("us-east-1", "AWS_REGION"),
        ("Bearer token", ""),
        ("", "PASSWORD"),
        ("https://example.com/path", "TOKEN_URL"),
    ],
)
def test_what_is_no_secret_is_not_called_one(value, name):
    assert looks_secret(value, name) is None


@pytest.mark.parametrize(
    "name", ["API_KEY", "apiKey", "x-auth-token", "GITHUB_TOKEN", "Authorization", "PGPASSWORD", "key"]
)
def test_names_of_secrets(name):
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["MAX_TOKENS", "TOKENIZER", "KEYBOARD", "PUBLIC_KEY", "AUTHOR", "PATH", "", "API_KEY_FILE"]
)
def test_names_that_are_not(name):
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "unit",
    [b"sk-", b"-eyJ", b"eyJaaaaa.", b"\\", b'\\"password\\":\\"', b"?a.token-", b"://a:", b"Bearer ", b"&token=${"]
    + [b"-----BEGIN PRIVATE KEY-----", b'"access_token" : "', b"github_pat_", b"_token\\\\"],
)
def test_hostile_text_takes_linear_time(unit):
    def seconds(size: int) -> float:
        data = (unit * (size // len(unit) + 1))[:size] + b"key=@ J"
        started = time.thread_time()
        Redactor().data(data)
        return time.thread_time() - started

    seconds(1000)
    assert min(seconds(128_000) for _ in range(3)) < 40 * min(seconds(8_000) for _ in range(3)) + 0.05


def test_threads_may_register_and_redact_at_once():
    fresh, problems = Redactor(), []

    def work(own: int) -> None:
        for number in range(50):
            secret = f"canary-{own}-{number}-end"
            fresh.register(secret)
            if secret in fresh.text(f"<{secret}>"):
                problems.append(secret)

    threads = [threading.Thread(target=work, args=(own,)) for own in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_there_is_one_redactor():
    assert redactor() is redactor()


@pytest.fixture
def unredacted():
    """Logging as it was before any connection of this process."""
    kept = logging.getLogRecordFactory()
    remove_log_redaction()
    yield logging.getLogRecordFactory()
    logging.setLogRecordFactory(kept)


@pytest.mark.parametrize("name", ["httpx2", "mcp.client.auth", "httpcore2.http11", "client"])
def test_what_libraries_log_is_redacted_in_child_loggers_too(name, caplog, unredacted):
    install_log_redaction()
    install_log_redaction()
    try:
        logger = logging.getLogger(name)
        with caplog.at_level(logging.DEBUG, logger=name):
            logger.debug("HTTP Request: %s %s", "GET", "https://h/cb?code=c4nary&state=s")
            try:
                raise ValueError("Bearer c4nary-token")
            except ValueError:
                logger.exception("failed")
            logger.debug("%d rows", "c4nary")
    finally:
        remove_log_redaction()
    assert logging.getLogRecordFactory() is unredacted
    assert "HTTP Request: GET https://h/cb?code=<secret" in caplog.text
    assert "ValueError: Bearer <secret" in caplog.text
    assert "c4nary" not in caplog.text


def test_other_loggers_are_left_alone(caplog, unredacted):
    install_log_redaction()
    try:
        logging.getLogger("someone.else").warning("Bearer %s", "abc123xyz")
    finally:
        remove_log_redaction()
    assert caplog.records[0].args == ("abc123xyz",)


def test_half_a_surrogate_pair_in_a_secret_is_no_obstacle():
    fresh = Redactor()
    fresh.register("canary\ud800secret")
    assert fresh.text("a canary\ud800secret") == "a <secret-1>"
    assert fresh.text(json.dumps("canary\ud800secret")) == '"<secret-1>"'
