"""What a server offers: every page of every list, kept true and kept fresh."""
