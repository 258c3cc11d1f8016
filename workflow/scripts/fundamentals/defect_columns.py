"""Columns of the tables of point defects."""

from pipeline.artifacts import Column

__all__ = ["CONCENTRATIONS", "CONDUCTIVITY", "DISORDER", "VALUES"]

CARRIERS = "textbook chapter, 'The Carriers of Transport: Intrinsic Point Defects'"
KINETICS = "textbook chapter, 'The Kinetics of Ionic Motion: Activated Hopping'"
TRANSPORT = "textbook chapter, 'Microscopic Mechanisms and Macroscopic Transport Properties'"

POINT = {
    "set": Column("", "set of defects"),
    "condition": Column("", "'neutral', the crystal sets its Fermi level, or 'fixed Fermi level', held from outside"),
    "sweep": Column("", "what is swept: 'chemical potential', 'temperature' or 'dopant'"),
    "temperature_K": Column("K", "temperature"),
    "chemical_potential_eV": Column("eV", "of the swept element, against its reference"),
    "dopant": Column("", "label of the swept dopant; empty where none is"),
    "dopant_per_formula_unit": Column("", "its number; 0 where none is swept"),
    "fermi_level_eV": Column("eV", "Fermi level"),
}
CONCENTRATIONS = {
    **POINT,
    "species": Column("", "defect, electrons (e') or holes (h•), in Kröger-Vink notation"),
    "charge": Column("", "effective charge"),
    "formation_energy_eV": Column("eV", "at this chemical potential and Fermi level; of bands their edge", CARRIERS),
    "per_formula_unit": Column("", "number per formula unit", CARRIERS),
    "site_fraction": Column("", "share of its sites; empty for parabolic bands", CARRIERS, optional=True),
    "thermal_energy_eV": Column("eV", "-d ln(number)/d(1/kT) at fixed chemical potentials", CARRIERS),
    "potential_slope": Column("", "kT d ln(number)/d(swept chemical potential)"),
    "dopant_slope": Column("", "d ln(number)/d ln(dopant); empty where none is swept", optional=True),
    "formation_and_migration_eV": Column("eV", "E_f + E_m; empty for what does not hop", KINETICS, optional=True),
    "conductivity_S_per_cm": Column("S/cm", "its share of the conductivity", TRANSPORT, optional=True),
    "activation_energy_eV": Column(
        "eV", "-d ln(sigma T)/d(1/kT) of its share; empty for what does not move", KINETICS, optional=True
    ),
}
CONDUCTIVITY = {
    **POINT,
    "conductivity_S_per_cm": Column("S/cm", "of all carriers", TRANSPORT),
    "ionic_conductivity_S_per_cm": Column("S/cm", "of defects", TRANSPORT),
    "ionic_transference": Column("", "share of the defects"),
    "activation_energy_eV": Column("eV", "-d ln(sigma T)/d(1/kT) of the defects together", KINETICS),
    "dominant_carrier": Column("", "defect that conducts most"),
    "charge_diffusion_cm2_per_s": Column("cm^2/s", "D_sigma of the mobile ion", TRANSPORT, optional=True),
    "tracer_diffusion_cm2_per_s": Column("cm^2/s", "D* of the mobile ion", TRANSPORT, optional=True),
    "haven_ratio": Column("", "D*/D_sigma", TRANSPORT, optional=True),
    "status": Column("", "'ok', or 'no ions left' where defects have taken all mobile ions"),
}
DISORDER = {
    "set": Column("", "set of two kinds of defects and nothing else"),
    "species": Column("", "defect in Kröger-Vink notation"),
    "temperature_K": Column("K", "temperature"),
    "reaction_enthalpy_eV": Column("eV", "of a neutral group of both defects", CARRIERS),
    "site_fraction": Column("", "share of its sites, from the Fermi level that makes the crystal neutral"),
    "closed_site_fraction": Column("", "the same in closed form, where there is one", CARRIERS, optional=True),
    "dilute_site_fraction": Column("", "the dilute law of mass action", CARRIERS),
    "thermal_energy_eV": Column("eV", "-d ln(site fraction)/d(1/kT)"),
    "closed_thermal_energy_eV": Column("eV", "the same in closed form", optional=True),
    "dilute_thermal_energy_eV": Column("eV", "enthalpy over the number of defects of a reaction", CARRIERS),
}
VALUES = {
    "quantity": Column("", "what"),
    "case": Column("", "of which set, species or charge"),
    "value": Column("in the column unit", "its value"),
    "unit": Column("", "unit of the value"),
    "equation": Column("", "where it comes from"),
}
