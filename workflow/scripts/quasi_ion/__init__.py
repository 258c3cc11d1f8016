"""The quasi-ion study."""
