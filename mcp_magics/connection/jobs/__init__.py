"""Calls that go on while nobody waits for them."""
