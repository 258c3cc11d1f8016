"""Settings of all tests."""

from hypothesis import settings

# Times on shared machines vary; the number of examples, not a deadline, bounds a property test.
settings.register_profile("superion", deadline=None, print_blob=True)
settings.load_profile("superion")
