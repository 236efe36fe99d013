"""What mcp_magics costs, measured against the SDK's plain client in the same run: ``python -m benchmarks``."""
