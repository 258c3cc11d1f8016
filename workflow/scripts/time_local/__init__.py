"""The time-local study."""
