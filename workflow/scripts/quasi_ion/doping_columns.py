"""Columns that the tables of the doping study share."""

from pipeline.artifacts import Column

MATERIAL = {
    "shallowness": Column("", "alpha of the static potential", "Hu (2023), Eq. (45)"),
    "phase": Column("", "phase of the scattering S_0k", "Hu (2023), Eq. (44)"),
}
STATE = {
    "scattering_eV": Column("eV", "|S|", "Hu (2023), Eq. (42)"),
    "grand_potential_eV": Column("eV", "Omega per cell, whose stationary points are the roots"),
    "density": Column("", "mobile ions per cell of two sites"),
    "bottom_eV": Column("eV", "E_c, bottom of the conduction band", "Hu (2023), Eq. (29)"),
    "top_eV": Column("eV", "E_v, top of the conduction band", "Hu (2023), Eq. (29)"),
    "formation_energy_eV": Column("eV", "E_t: distance of mu from the conduction band", "Hu (2023), below Eq. (24)"),
    "carrier": Column("", "quasi-ion (mu below the band), quasi-vacancy (above) or metallic (inside)"),
    "reduced_conductivity_eV": Column("eV", "sigma over (ze)^2 n0 tau a^2/hbar^2", "Hu (2023), Eq. (30)"),
}
