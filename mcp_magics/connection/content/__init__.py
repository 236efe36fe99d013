"""What a server offers beside tools."""
