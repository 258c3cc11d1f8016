"""Checks of the configuration that a schema cannot express, study by study."""

CHECKS = ()
