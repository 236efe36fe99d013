"""Floor 3: bytes in, bytes out. Transports, their processes and HTTP clients, and the wire log."""
