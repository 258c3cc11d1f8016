# J. Hu et al. (2026): phonon channels; mean fields -> conductivity; phase diagram; printed equations; exact lattice gas.


rule evolve_phonon_channels:
    output:
        activation="results/superionic/phonon_activation.parquet",
        rates="results/superionic/phonon_rates.parquet",
        evolution="results/superionic/phonon_evolution.parquet",
    log:
        "results/logs/superionic/evolve_phonon_channels.log",
    conda:
        ENVIRONMENT
    params:
        **script("superionic.evolve_phonon_channels", "superionic.phonon_channels"),
    message:
        "Phonon channels, Eqs. (1)-(9)"
    shell:
        RUN


rule compare_channel_conventions:
    output:
        conventions="results/superionic/phonon_conventions.parquet",
    log:
        "results/logs/superionic/compare_channel_conventions.log",
    conda:
        ENVIRONMENT
    params:
        **script("superionic.compare_channel_conventions"),
    message:
        "Eqs. (2) and (4) as printed and as they must be"
    shell:
        RUN


rule compare_printed_equations:
    output:
        equations="results/superionic/printed_equations.parquet",
    log:
        "results/logs/superionic/compare_printed_equations.log",
    conda:
        ENVIRONMENT
    params:
        **script("superionic.compare_printed_equations", "superionic.printed_equations"),
    message:
        "Printed equations beside the hopping matrices they stand for"
    shell:
        RUN


rule solve_mean_fields:
    output:
        mean_fields="results/superionic/mean_fields.parquet",
        branches="results/superionic/mean_field_branches.parquet",
    log:
        "results/logs/superionic/solve_mean_fields.log",
    conda:
        ENVIRONMENT
    params:
        **script("superionic.solve_mean_fields", "superionic.material", "superionic.mean_field"),
    message:
        "Mean fields, Eqs. (50), (54), (55)"
    shell:
        RUN


rule compute_mean_field_conductivity:
    input:
        mean_fields=rules.solve_mean_fields.output.mean_fields,
    output:
        conductivity="results/superionic/conductivity.parquet",
    log:
        "results/logs/superionic/compute_mean_field_conductivity.log",
    conda:
        ENVIRONMENT
    params:
        **script("superionic.compute_mean_field_conductivity", "superionic.material"),
    message:
        "Conductivity from mean fields, Eqs. (38), (A8)"
    shell:
        RUN


rule map_phase_diagram:
    output:
        transitions="results/superionic/transitions.parquet",
        regimes="results/superionic/regimes.parquet",
        fillings="results/superionic/transitions_by_filling.parquet",
        thresholds="results/superionic/thresholds.parquet",
    log:
        "results/logs/superionic/map_phase_diagram.log",
    conda:
        ENVIRONMENT
    params:
        **script("superionic.map_phase_diagram", "superionic.material", "superionic.phase_diagram"),
    message:
        "Phase diagram, Eqs. (51), (55)"
    shell:
        RUN


rule compute_sensitivities:
    output:
        sensitivities="results/superionic/sensitivities.parquet",
    log:
        "results/logs/superionic/compute_sensitivities.log",
    conda:
        ENVIRONMENT
    params:
        **script("superionic.compute_sensitivities", "superionic.material", "superionic.sensitivities"),
    message:
        "Sensitivities of the transition temperatures, Table I"
    shell:
        RUN


rule compute_field_dependence:
    output:
        fields="results/superionic/field_dependence.parquet",
        directions="results/superionic/field_directions.parquet",
    log:
        "results/logs/superionic/compute_field_dependence.log",
    conda:
        ENVIRONMENT
    params:
        **script("superionic.compute_field_dependence", "superionic.field_dependence"),
    message:
        "Drift and conductivity in strong fields, Eqs. (38)-(42), (A7)"
    shell:
        RUN


rule compare_lattice_gas:
    output:
        chain="results/superionic/lattice_gas_chain.parquet",
        order="results/superionic/lattice_gas_order.parquet",
        critical="results/superionic/lattice_gas_critical.parquet",
    log:
        "results/logs/superionic/compare_lattice_gas.log",
    conda:
        ENVIRONMENT
    params:
        **script("superionic.compare_lattice_gas", "superionic.material", "superionic.lattice_gas"),
    message:
        "Mean field beside the exact lattice gas"
    shell:
        RUN


SUPERIONIC_ARTIFACTS = [
    output
    for rule in (
        rules.evolve_phonon_channels,
        rules.compare_channel_conventions,
        rules.compare_printed_equations,
        rules.solve_mean_fields,
        rules.compute_mean_field_conductivity,
        rules.map_phase_diagram,
        rules.compute_sensitivities,
        rules.compute_field_dependence,
        rules.compare_lattice_gas,
    )
    for output in rule.output
]
