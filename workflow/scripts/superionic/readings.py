"""The readings of the mean-field equations that Fig. 4(e), (f) allows, by the name they have in tables and figures."""

READINGS = {
    # name: (barrier, polarization) of superion.mean_field.solve
    "Eq. (55), gamma(T)": ("repulsive", "self_consistent"),
    "Eq. (55), gamma = 0": ("repulsive", "zero"),
    "Eq. (54), gamma = 0": ("bare", "zero"),
    "Eq. (54), gamma(T)": ("bare", "self_consistent"),
}
COMBINED = next(iter(READINGS))
"""Both mean fields together, the reading of Fig. 4(b), (c)."""


def in_print(reading: str) -> str:
    """Name of a reading with Greek letters, for figures."""
    return reading.replace("gamma(T)", r"$\gamma(T)$").replace("gamma =", r"$\gamma$ =")
