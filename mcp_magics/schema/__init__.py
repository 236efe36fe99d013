"""Between JSON Schema and Python, pure: values as JSON, allowed types, signatures, examples, violations."""
