"""A printed equation of the quasi-ion paper at one point: its exact value, as printed, and corrected."""

from typing import NamedTuple


class Row(NamedTuple):
    """One comparison; `case` names the point, `corrected` equals `printed` where the equation is right."""

    equation: str
    quantity: str
    case: str
    exact: float
    printed: float
    corrected: float
