"""OAuth as pure states: each knows its request, its section, and what follows from the answer. No I/O here.

::

    Anonymous → ResourceMetadata → ServerMetadata → Discovered          (one discovery for status, login and doctor)
    Discovered → Registration? → Authorize → Exchange → Granted          (authorization code)
    Discovered → [IdentityExchange] → Exchange → Granted                 (client credentials, jwt-bearer, ID-JAG)
    Refresh → Granted          Revocation → Revoked

Every state but the last ones may end in :class:`~mcp_magics.auth.flow.state.Refused`, which carries the failure.
"""
