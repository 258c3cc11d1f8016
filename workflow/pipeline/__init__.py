"""Plumbing of the workflow, free of physics: configuration, artifacts, provenance."""
