"""Questions a server asks: who answers them, and how the answer travels back."""
