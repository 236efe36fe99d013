"""The playground's authorization server and what stands before its protected MCP servers.

An OAuth 2.1 authorization server small enough to read: authorization codes with PKCE, refresh tokens that rotate,
client credentials, registration, revocation. It identifies nobody: whoever clicks *Approve* is the playground's one
subject. Everything it makes up is decided by the seed, so that a lesson looks the same every time it is given; that
is also why it must never protect anything real.
"""
