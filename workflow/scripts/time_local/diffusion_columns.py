"""Columns of the tables that the diffusion study ends in."""

from pipeline.artifacts import Column

RUN = {
    "family": Column("", "family of runs in config.yaml"),
    "run": Column("", "values of the run within its family"),
}
DIFFUSION = RUN | {
    "equation": Column("", "equation of motion"),
    "bath": Column("", "quantum or classical thermal motion"),
    "strength_meV_A": Column("meV A", "U0 of the interaction (meV for a Gaussian one)"),
    "thermal_energy_meV": Column("meV", "kT = hbar Omega_T of the bath"),
    "memory_ps": Column("ps", "how far back the lattice remembers forces", optional=True),
    "taper_ps": Column("ps", "tau of the quasi-time-local motion", optional=True),
    "window_ps": Column("ps", "length of its window, where it has one in place of tau", optional=True),
    "stiffness": Column("", "factor on the force constants"),
    "mass": Column("", "factor on the masses of the atoms"),
    "baths": Column("", "thermal states of the lattice"),
    "ions": Column("", "ions in all baths"),
    "segments": Column("", "segments that are ok"),
    "penetrated": Column("", "segments left out as the ion, in a motion without memory, was pushed through an atom"),
    "runaway": Column("", "segments left out as the ion ran away"),
    "started_anew": Column("", "segments left out after these, in which the ion finds its temperature"),
    "unconverged": Column("", "stages in which the self-consistent push was not found"),
    "total_ps": Column("ps", "time of all ions in these segments"),
    "closest_A": Column("A", "smallest distance of an ion to an atom in segments that are ok"),
    "diffusion_A2_per_ps": Column("A^2/ps", "mean of the segments' coefficients", "Sec. VI"),
    "diffusion_error_A2_per_ps": Column(
        "A^2/ps", "standard error, ions taken as independent; as they share a bath, the true one is up to 1.3 times it"
    ),
    "bath_chi_square": Column("", "squared deviations of the baths from their mean in their own errors", optional=True),
    "kinetic_temperature_meV": Column("meV", "two thirds of the mean kinetic energy of the ion"),
    "kinetic_temperature_error_meV": Column("meV", "its standard error"),
    "temperature_deviation": Column("", "kinetic temperature less kT, in standard errors"),
    "first_segment_deviation": Column(
        "", "kinetic temperature of first segments less that of all, in standard errors of the former", optional=True
    ),
    "reference_A2_per_ps": Column("A^2/ps", "Arrhenius line of the reference family at kT of the bath", optional=True),
    "reference_at_kinetic_A2_per_ps": Column(
        "A^2/ps", "the same family's line over kinetic temperatures, at that of the ion", optional=True
    ),
    "reference_ratio": Column("", "diffusion coefficient over that of the reference at kT of the bath", optional=True),
    "reference_at_kinetic_ratio": Column("", "the same at the kinetic temperature", optional=True),
    "status": Column("", "ok, or too few segments (fewer than two ions have one that is ok)"),
}
REFERENCE = tuple(DIFFUSION)[-5:-1]
POINT = RUN | {name: DIFFUSION[name] for name in ("strength_meV_A", "thermal_energy_meV")}
DISPLACEMENTS = POINT | {
    "lag_ps": Column("ps", "time since the start of the segment"),
    "mean_squared_displacement_A2": Column("A^2", "mean of |Delta R|^2", "Figs. 6, 7"),
    "standard_error_A2": Column("A^2", "standard error"),
    "fitted_A2": Column("A^2", "6 D t"),
    "status": Column("", "ok, or too few segments"),
}
PATHS = POINT | {
    "bath_number": Column("", "number of the bath"),
    "ion": Column("", "number of the ion in its bath"),
    "segment": Column("", "number of the segment of its trajectory"),
    "time_ps": Column("ps", "time since the end of equilibration"),
    "x_A": Column("A", "position", "Fig. 5"),
    "y_A": Column("A", "position"),
    "z_A": Column("A", "position"),
    "status": Column("", "that of the segment; after 'penetrated' or 'runaway' the ion starts anew elsewhere"),
}
ACTIVATION = {
    "family": Column("", "family of runs"),
    "equation": Column("", "equation of motion"),
    "bath": Column("", "quantum or classical"),
    "strength_meV_A": Column("meV A", "U0 of the interaction"),
    "memory_ps": Column("ps", "how far back the lattice remembers forces", optional=True),
    "taper_ps": Column("ps", "tau of the quasi-time-local motion", optional=True),
    "window_ps": Column("ps", "length of its window", optional=True),
    "stiffness": Column("", "factor on the force constants"),
    "mass": Column("", "factor on the masses of the atoms"),
    "temperature": Column("", "that of the bath, or the kinetic one of the ion"),
    "coldest_meV": Column("meV", "lowest kT of the bath on the line"),
    "prefactor_A2_per_ps": Column("A^2/ps", "D0 of D0 exp(-E_a/kT)", "Fig. 7"),
    "prefactor_low_A2_per_ps": Column("A^2/ps", "lower end of its 95 % interval"),
    "prefactor_high_A2_per_ps": Column("A^2/ps", "upper end"),
    "activation_energy_meV": Column("meV", "E_a"),
    "activation_energy_low_meV": Column("meV", "lower end of its 95 % interval"),
    "activation_energy_high_meV": Column("meV", "upper end"),
    "chi_square": Column("", "weighted sum of squares about the line"),
    "degrees_of_freedom": Column("", "temperatures less two"),
}
