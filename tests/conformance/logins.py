"""How the notebook logs in: a link, a browser that follows it, and grants without a person."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from conformance.notebook import Notebook
from mcp_magics.errors import MCPMagicsError

Known = Mapping[str, Any]
PATIENCE = 30
"""Seconds the browser and the login may take; a bound, not an expectation."""
METADATA_DOCUMENT = "https://conformance-test.local/client-metadata.json"
"""The client metadata document the suite expects to be named; nobody fetches it."""


def log_in_and_call(notebook: Notebook, url: str, known: Known) -> None:
    """Connect, log in with a browser, call the first tool."""
    notebook(f"%mcp add conf {url}")
    _log_in(notebook)
    _call_first(notebook)


def with_options(options: str) -> Callable[[Notebook, str, Known], None]:
    """The same with ``options`` of the ``add``."""

    def flow(notebook: Notebook, url: str, known: Known) -> None:
        _give(known)
        notebook(f"%mcp add conf {url} {options.format_map(known)}")
        _log_in(notebook)
        _call_first(notebook)

    return flow


def without_a_person(options: str) -> Callable[[Notebook, str, Known], None]:
    """A grant that needs no browser: ``options`` of the ``add``."""

    def flow(notebook: Notebook, url: str, known: Known) -> None:
        _give(known)
        notebook(f"%mcp add conf {url} {options.format_map(known)}")
        notebook("%mcp login conf")
        _call_first(notebook)

    return flow


def step_up(notebook: Notebook, url: str, known: Known) -> None:
    """A call needs more than was granted: log in again, and call again."""
    notebook(f"%mcp add conf {url}")
    _log_in(notebook)
    notebook("%mcp call conf.test-tool --expect-error step_up_required")
    _log_in(notebook)
    notebook("%mcp call conf.test-tool")


def step_up_in_vain(notebook: Notebook, url: str, known: Known) -> None:
    """More is granted and it is never enough: a second login is the last."""
    notebook(f"%mcp add conf {url}")
    for _ in range(2):
        _refused(lambda: _log_in(notebook))


def refuse(notebook: Notebook, url: str, known: Known) -> None:
    """The login has to end with an error of ours, before any token is asked for."""
    notebook(f"%mcp add conf {url}")
    _refused(lambda: _log_in(notebook))


def migrate(notebook: Notebook, url: str, known: Known) -> None:
    """The server names another authorization server from one request to the next."""
    notebook(f"%mcp add conf {url}")
    _log_in(notebook)
    notebook("%mcp call conf.test-tool --expect-error")
    _log_in(notebook)
    _call_first(notebook)


def _log_in(notebook: Notebook) -> None:
    notebook("job = %mcp login conf --no-wait")
    _browse(notebook("job.url"))
    notebook(f"job.wait({PATIENCE})")


def _browse(url: str) -> None:
    """Open ``url`` as a browser does, which shows whatever page comes."""
    try:
        with urlopen(url, timeout=PATIENCE) as page:
            page.read()
    except HTTPError as error:
        error.close()


def _call_first(notebook: Notebook) -> None:
    notebook("tools = %mcp tools conf")
    first = notebook("tools[0].name")
    notebook(f"%mcp call conf.{first} --fail")


def _refused(login: Callable[[], None]) -> None:
    try:
        login()
    except MCPMagicsError as error:
        print("\n".join(error.failure.lines()))
    else:
        raise AssertionError("the login went through, and should have been refused")


def _give(known: Known) -> None:
    """Put what is secret where a person would: into the environment, and a key into a file."""
    for name, variable in _VARIABLES.items():
        if name in known:
            os.environ[variable] = known[name]
    if "private_key_pem" in known:
        with open("key.pem", "w", encoding="utf-8") as file:
            file.write(known["private_key_pem"])


_VARIABLES = {"client_secret": "CLIENT_SECRET", "valid_jwt": "WORKLOAD_TOKEN", "idp_id_token": "ID_TOKEN"}

_CLIENT = "--oauth-client-id {client_id}"
_SECRET = "--oauth-client-secret-env-var CLIENT_SECRET"

LOGINS = {
    "auth/basic-cimd": with_options(f"--client-metadata-url {METADATA_DOCUMENT}"),
    "auth/pre-registration": with_options(f"{_CLIENT} {_SECRET}"),
    "auth/dpop": with_options("--dpop"),
    "auth/dpop-nonce": with_options("--dpop"),
    "auth/client-credentials-basic": without_a_person(f"--grant client_credentials {_CLIENT} {_SECRET}"),
    "auth/client-credentials-jwt": without_a_person(
        f"--grant client_credentials {_CLIENT} --token-endpoint-auth-method private_key_jwt --private-key-file key.pem"
    ),
    "auth/wif-jwt-bearer": without_a_person(f"--grant jwt_bearer {_CLIENT} --assertion-env-var WORKLOAD_TOKEN"),
    "auth/enterprise-managed-authorization": without_a_person(
        f"--grant id_jag {_CLIENT} {_SECRET} --idp-token-endpoint {{idp_token_endpoint}}"
        " --idp-client-id {idp_client_id} --subject-token-env-var ID_TOKEN"
    ),
    "auth/scope-step-up": step_up,
    "auth/scope-retry-limit": step_up_in_vain,
    "auth/authorization-server-migration": migrate,
    "auth/resource-mismatch": refuse,
    "auth/metadata-issuer-mismatch": refuse,
    "auth/iss-supported-missing": refuse,
    "auth/iss-wrong-issuer": refuse,
    "auth/iss-unexpected": refuse,
    "auth/iss-normalized": refuse,
}
"""Scenario → its way to log in, where that is not the usual one."""
