"""Calls that a server runs as tasks, in both revisions, and questions that are tasks of ours."""
