"""The magics: a line becomes a command (pure), a command becomes a value, a value is shown."""
