"""Floor 5: one background loop, one task per connection, and the mapping of names to servers."""
