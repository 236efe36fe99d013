"""What a server tells on its own account, because it was asked to."""
