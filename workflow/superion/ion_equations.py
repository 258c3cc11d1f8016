"""Equations of motion of an ion in a vibrating lattice: what the lattice remembers of the forces on it.

* `full`: the lattice answers each force by its response kernel G(t), Eqs. (2), (9), over a memory; with the longest
  memory that the periodic piece allows it is the full motion, a shorter one cuts it.
* `quasi_time_local`: the same with the recoil kernel faded, W(t) exp(-t^2/2 tau^2), a memory of some tau, or seen
  through a window, W(t) until a time and 0 from then on: Eq. (11) with another lower limit, as Sec. VII proposes.
  Either way a force that stays moves the lattice by W(0), while the cut of `full` makes it stiffer or softer.
* `time_local`: no memory; relaxation by W(0), drag by the loss matrix L, Eqs. (17)-(20).
* `self_consistent`: as `time_local`, with the atoms' own push on both sides, Eq. (16), and rdot -> rdot_H.

Source: A. Rodin et al., "Time-local stochastic equation of motion for solid ionic electrolytes", Eqs. (2), (9)-(20).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from superion.validity import finite_array, one_of

__all__ = ["EQUATIONS", "LARGEST_TABLE", "TAPER_REACH", "Equation"]

EQUATIONS = ("full", "quasi_time_local", "time_local", "self_consistent")
LARGEST_TABLE = 1e9  # bytes of response kernel that a memory may take
TAPER_REACH = 3.0  # memory of the tapered motion, in tau


@dataclass(frozen=True)
class Equation:
    """An equation of motion.

    Attributes
    ----------
    name : one of EQUATIONS
    memory_ps : how far back `full` remembers; None is the revival time of the piece, the longest there is
    taper_ps, window_ps : tau of `quasi_time_local`, or the length of its window

    Raises
    ------
    ValueError
        The name is unknown, or a time is missing, not positive, or does not belong to it.
    """

    name: Literal["full", "quasi_time_local", "time_local", "self_consistent"]
    memory_ps: float | None = None
    taper_ps: float | None = None
    window_ps: float | None = None

    def __post_init__(self) -> None:
        one_of("equation", self.name, EQUATIONS)
        if self.memory_ps is not None:
            if self.name != "full":
                raise ValueError(f"memory_ps belongs to the equation 'full', got {self.memory_ps!r} with {self.name!r}")
            finite_array("memory_ps", self.memory_ps, above=0)
        given = [name for name in ("taper_ps", "window_ps") if getattr(self, name) is not None]
        if len(given) != (self.name == "quasi_time_local"):
            raise ValueError(
                "the equation 'quasi_time_local', and it alone, needs either taper_ps or window_ps; got "
                f"{' and '.join(given) or 'neither'} with {self.name!r}"
            )
        for name in given:
            finite_array(name, getattr(self, name), above=0)

    @property
    def remembers(self) -> bool:
        """Whether the lattice answers with a memory."""
        return self.name in ("full", "quasi_time_local")
