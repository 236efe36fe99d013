"""The official client conformance suite, driven through the magics: ``python -m conformance --help``."""
