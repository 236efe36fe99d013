"""Where one server's authorization stands, and how one logs in to it."""
