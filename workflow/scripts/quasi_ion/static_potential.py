"""Conductors of the doping study, from the section `quasi_ion.static_potential` of the configuration."""

from collections.abc import Mapping
from typing import Any

from superion.interstitial_bands import Phase
from superion.ion_doping import DopedConductor, conductor_of_potential
from superion.potential_wells import TwoSitePotential


def potential_of(settings: Mapping[str, Any], shallowness: float) -> TwoSitePotential:
    """Static potential of Eq. (45)."""
    return TwoSitePotential(shallowness, settings["mean_energy_eV"])


def conductor_of(
    settings: Mapping[str, Any], shallowness: float, phase: Phase = "ka/2+pi", mean_energy: str | None = None
) -> DopedConductor:
    """Conductor with the configured repulsion and temperature; mean_energy: another reading than the configured one."""
    return conductor_of_potential(
        potential_of(settings, shallowness),
        settings["repulsion_eV"],
        settings["thermal_energy_eV"],
        phase,
        thermalization=settings["thermalization"],
        mean_energy=mean_energy or settings["mean_energy_of"],
    )
