"""Floor 4: what a server requires, what we hold, and the flow between the two."""
