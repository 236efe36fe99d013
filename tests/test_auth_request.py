"""The token goes with each request to its server, is renewed once where it is refused, and goes nowhere else."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from dataclasses import replace

import httpx2
import pytest

from mcp_magics.auth.credential import Client, OAuthCredential, Tokens
from mcp_magics.auth.dpop import new_key, token_hash
from mcp_magics.auth.keeper import Keeper
from mcp_magics.auth.rejection import Rejections
from mcp_magics.auth.request import BearerAuth
from mcp_magics.auth.store import MemoryCredentials
from mcp_magics.config.model import HttpTransport, ServerSpec
from mcp_magics.errors import ConnectionFailedError, Failure
from mcp_magics.wire.http import http_client
from mcp_magics.wire.journal import Journal

URL = "https://mcp.example.com/mcp"
SPEC = ServerSpec("shop", HttpTransport(URL))
NONCE = {"dpop-nonce": "nonce-1"}
WANTS_NONCE = {**NONCE, "www-authenticate": 'DPoP error="use_dpop_nonce"'}


def credential(access="access-1", refresh="refresh-1", ends=3600.0, key=None):
    kind = "Bearer" if key is None else "DPoP"
    tokens = Tokens(access, kind, time.time() + ends, refresh)
    client = Client("client-1", "registered", "https://as.example.com")
    return OAuthCredential(URL, URL, client, tokens, {}, dpop_key=key)


class Counting(MemoryCredentials):
    """A store that counts its reads."""

    reads = 0

    def get(self, name, server_url):
        self.reads += 1
        return super().get(name, server_url)


class Scene:
    """A server that takes the tokens in ``good``, or answers what ``answers`` says first; and what it was sent."""

    def __init__(self, held=None, *, good=("access-1",), answers=(), refresh_fails=None):
        self.good, self.answers, self.refresh_fails = good, list(answers), refresh_fails
        self.sent, self.refreshes = [], 0
        self.store = Counting()
        if held is not None:
            self.store.set("shop", held)
        self.rejections = Rejections()
        self.keeper = Keeper(SPEC, self.store, self.refresh, rejections=self.rejections)
        transport = httpx2.MockTransport(self.answer)
        self.client = http_client("shop", Journal(), auth=BearerAuth(self.keeper), transport=transport)

    async def refresh(self, held):
        self.refreshes += 1
        if self.refresh_fails:
            raise self.refresh_fails
        number = self.refreshes + 1
        tokens = Tokens(f"access-{number}", held.tokens.token_type, time.time() + 3600, f"refresh-{number}")
        return replace(held, tokens=tokens)

    def answer(self, request):
        self.sent.append((str(request.url), dict(request.headers), request.content))
        if self.answers:
            status, headers = self.answers.pop(0)
            return httpx2.Response(status, headers=headers)
        token = request.headers.get("authorization", " ").split(" ")[1]
        return httpx2.Response(200 if token in self.good else 401, text=f"for {token}")

    async def post(self, url=URL, **options):
        return await self.client.post(url, json={"id": 1}, **options)

    @property
    def authorizations(self):
        return [headers.get("authorization") for _, headers, _ in self.sent]


def scene(*arguments, **options):
    """Run what follows in a loop: ``scene(held)(check)``."""

    def play(check):
        async def run():
            this = Scene(*arguments, **options)
            async with this.client:
                return await check(this)

        return asyncio.run(run())

    return play


def claims(headers):
    payload = headers["dpop"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def test_a_valid_token_goes_along_without_a_further_read_or_request():
    async def check(this):
        for _ in range(5):
            assert (await this.post()).status_code == 200
        assert this.authorizations == ["Bearer access-1"] * 5
        assert (this.store.reads, this.refreshes) == (1, 0)

    scene(credential())(check)


def test_row_25_a_stale_token_is_never_sent():
    async def check(this):
        await this.post()
        assert this.authorizations == ["Bearer access-2"]
        assert this.store.get("shop", URL).tokens.access_token == "access-2"

    scene(credential(ends=-1), good=("access-2",))(check)


def test_a_token_refreshed_early_and_refused_is_not_refreshed_a_second_time():
    async def check(this):
        assert (await this.post()).status_code == 401
        assert this.authorizations == ["Bearer access-2"] and this.refreshes == 1

    scene(credential(ends=-1), good=())(check)


def test_a_refused_token_is_renewed_and_the_same_request_sent_once_more():
    async def check(this):
        answer = await this.post()
        assert (answer.status_code, answer.text) == (200, "for access-2")
        assert this.authorizations == ["Bearer access-1", "Bearer access-2"]
        assert this.sent[0][2] == this.sent[1][2] != b""
        assert this.refreshes == 1

    scene(credential(), good=("access-2",))(check)


def test_row_18_of_the_failures_a_renewed_token_that_is_refused_too_makes_no_storm():
    async def check(this):
        for _ in range(5):
            assert (await this.post()).status_code == 401
        assert this.refreshes == 1
        assert len(this.sent) == 2 + 4

    scene(credential(), good=())(check)


def test_a_refusal_is_remembered_until_that_token_is_taken_after_all():
    async def check(this):
        assert (await this.post()).status_code == 401
        assert this.rejections.of(this.keeper.current()) is not None
        this.good = ("access-2",)
        assert (await this.post()).status_code == 200
        assert this.rejections.of(this.keeper.current()) is None

    scene(credential(), good=())(check)


@pytest.mark.parametrize(
    ("class_", "again", "is_refused"), [("client_unknown", False, True), ("http_error", True, False)]
)
def test_a_refresh_that_may_succeed_later_ends_no_login(class_, again, is_refused):
    async def check(this):
        with pytest.raises(ConnectionFailedError):
            await this.post()
        assert (this.rejections.of(this.keeper.current()) is not None) == is_refused

    failure = Failure(class_, "no", "token", retryable=again)
    scene(credential(), good=(), refresh_fails=ConnectionFailedError.of(failure))(check)


def test_a_token_that_was_accepted_and_is_refused_later_is_renewed_again():
    async def check(this):
        for good in ("access-2", "access-3", "access-4"):
            this.good = (good,)
            assert (await this.post()).status_code == 200
        assert this.refreshes == 3

    scene(credential())(check)


def test_fifty_requests_refused_at_once_share_one_renewal():
    async def check(this):
        answers = await asyncio.gather(*(this.post() for _ in range(50)))
        assert {answer.status_code for answer in answers} == {200}
        assert this.refreshes == 1

    scene(credential(), good=("access-2",))(check)


@pytest.mark.parametrize("status", [200, 202, 400, 403, 404, 500])
def test_any_answer_but_401_goes_back_as_it_is(status):
    async def check(this):
        assert (await this.post()).status_code == status
        assert len(this.sent) == 1 and this.refreshes == 0

    scene(credential(), answers=[(status, {"www-authenticate": 'Bearer error="insufficient_scope"'})])(check)


def test_without_a_login_the_request_goes_bare_and_its_401_comes_back():
    async def check(this):
        assert (await this.post()).status_code == 401
        assert this.authorizations == [None] and this.refreshes == 0

    scene()(check)


def test_a_login_that_cannot_be_renewed_gives_back_the_401_and_its_challenge():
    async def check(this):
        answer = await this.post()
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer realm=x")
        assert len(this.sent) == 1

    scene(credential(refresh=None), answers=[(401, {"www-authenticate": "Bearer realm=x"})])(check)


@pytest.mark.parametrize("class_", ["invalid_grant", "connection_refused"])
def test_a_renewal_that_fails_says_why_and_no_stale_token_is_sent(class_):
    async def check(this):
        with pytest.raises(ConnectionFailedError) as caught:
            await this.post()
        assert caught.value.failure.class_ == {"invalid_grant": "reauth_required"}.get(class_, class_)
        assert this.sent == []

    scene(credential(ends=-1), refresh_fails=ConnectionFailedError("no", class_=class_))(check)


@pytest.mark.parametrize(("class_", "told"), [("invalid_grant", "reauth_required"), ("no_response", "no_response")])
def test_a_renewal_after_a_refusal_that_fails_says_why_and_the_next_request_tries_again(class_, told):
    async def check(this):
        with pytest.raises(ConnectionFailedError) as caught:
            await this.post()
        assert caught.value.failure.class_ == told
        this.refresh_fails, this.good = None, ("access-1", "access-3")
        if told == "no_response":
            assert (await this.post()).status_code == 200

    failure = ConnectionFailedError("no", class_=class_, retryable=True)
    scene(credential(), good=(), refresh_fails=failure)(check)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "http://mcp.example.com/mcp",
        "https://mcp.example.com:8443/mcp",
        "https://evil.example.com/mcp",
        "https://mcp.example.com.evil.example/mcp",
        "https://mcp.example.com@evil.example.com/mcp",
    ],
)
def test_the_token_goes_to_no_other_origin(elsewhere):
    async def check(this):
        await this.post(elsewhere)
        assert "access-1" not in json.dumps(this.sent[0][1])
        assert this.store.reads == 0

    scene(credential())(check)


@pytest.mark.parametrize("same", ["https://MCP.example.com:443/other", "https://mcp.example.com/.well-known/x"])
def test_the_token_goes_to_every_path_of_its_origin(same):
    async def check(this):
        assert (await this.post(same)).status_code == 200

    scene(credential())(check)


def test_a_redirect_to_another_origin_takes_no_token_along():
    async def check(this):
        await this.client.get(URL, follow_redirects=True)
        assert [url for url, _, _ in this.sent] == [URL, "https://evil.example.com/"]
        assert this.authorizations == ["Bearer access-1", None]

    scene(credential(), answers=[(302, {"location": "https://evil.example.com/"}), (200, {})])(check)


def test_row_3_a_request_that_brings_its_own_authorization_keeps_it_and_reads_no_store():
    async def check(this):
        await this.post(headers={"Authorization": "Bearer mine"})
        assert this.authorizations == ["Bearer mine"]
        assert this.store.reads == 0 and this.refreshes == 0

    scene(credential())(check)


def test_a_bound_token_goes_with_a_proof_of_its_key_for_this_request():
    async def check(this):
        await this.post(URL + "?x=1")
        _, headers, _ = this.sent[0]
        assert headers["authorization"] == "DPoP access-1"
        told = claims(headers)
        assert (told["htm"], told["htu"], told["ath"]) == ("POST", URL, token_hash("access-1"))
        await this.post()
        assert claims(this.sent[1][1])["jti"] != told["jti"]

    scene(credential(key=new_key()))(check)


def test_a_server_that_wants_its_nonce_in_the_proof_gets_it_at_once_and_from_then_on():
    async def check(this):
        assert (await this.post()).status_code == 200
        assert (await this.post()).status_code == 200
        assert [claims(headers).get("nonce") for _, headers, _ in this.sent] == [None, "nonce-1", "nonce-1"]
        assert this.refreshes == 0

    scene(credential(key=new_key()), answers=[(401, WANTS_NONCE)])(check)


def test_a_nonce_on_any_answer_is_used_for_the_next_request():
    async def check(this):
        await this.post()
        await this.post()
        assert [claims(headers).get("nonce") for _, headers, _ in this.sent] == [None, "nonce-1"]

    scene(credential(key=new_key()), answers=[(200, NONCE)])(check)


def test_a_server_that_asks_for_the_same_nonce_for_ever_is_not_obeyed_for_ever():
    async def check(this):
        assert (await this.post()).status_code == 401
        assert len(this.sent) == 3 and this.refreshes == 1

    scene(credential(key=new_key()), answers=[(401, WANTS_NONCE)] * 9)(check)


def test_a_bound_token_that_is_refused_is_renewed_and_proven_anew():
    async def check(this):
        assert (await this.post()).status_code == 200
        told = [claims(headers)["ath"] for _, headers, _ in this.sent]
        assert told == [token_hash("access-1"), token_hash("access-2")]

    scene(credential(key=new_key()), good=("access-2",))(check)


def test_a_client_without_a_loop_is_refused():
    keeper = Keeper(SPEC, MemoryCredentials(), lambda held: held)
    with (
        httpx2.Client(
            auth=BearerAuth(keeper), transport=httpx2.MockTransport(lambda _: httpx2.Response(200))
        ) as client,
        pytest.raises(RuntimeError),
    ):
        client.get(URL)
