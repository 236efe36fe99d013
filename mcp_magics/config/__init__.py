"""Floor 1: what to connect to, where that is written down, and how references become values."""
