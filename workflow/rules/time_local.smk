# A. Rodin et al., "Time-local stochastic equation of motion for solid ionic electrolytes": phonons, recoil, ions on their way.
from pipeline.ion_runs import ion_runs

ION_RUNS = ion_runs(config["time_local"]["diffusion"])


def ion_run_parameters(wildcards):
    """What one bath of one run depends on: neither other runs nor the number of baths."""
    run = dict(ION_RUNS[f"{wildcards.family}/{wildcards.run}"])
    for key in ("baths", "reference_family"):
        run.pop(key)
    settings = {f"time_local.{key}": config["time_local"][key] for key in ("crystal", "interaction", "ion_mass")}
    about = {"name": f"{wildcards.family}/{wildcards.run}", "bath_number": int(wildcards.bath)}
    return configuration.canonical_json(settings | {"time_local.run": run | about})


def what_runs_share():
    """Settings of the study that are those of every run."""
    shared = {key: value for key, value in config["time_local"]["diffusion"].items() if key != "families"}
    settings = {f"time_local.{key}": config["time_local"][key] for key in ("crystal", "interaction", "ion_mass")}
    return configuration.canonical_json(settings | {"time_local.diffusion": shared})


def of_all_baths(artifact):
    """That artifact of every bath of every run."""
    return [
        f"results/time_local/runs/{run}/bath_{bath}/{artifact}.parquet"
        for run, settings in ION_RUNS.items()
        for bath in range(1, settings["baths"] + 1)
    ]


rule compute_phonons:
    output:
        dispersion="results/time_local/dispersion.parquet",
        recoil="results/time_local/recoil_kernel.parquet",
        properties="results/time_local/lattice_properties.parquet",
    log:
        "results/logs/time_local/compute_phonons.log",
    conda:
        ENVIRONMENT
    params:
        **script("time_local.compute_phonons", "time_local.crystal", "time_local.phonons", study="time_local"),
    message:
        "Phonons and recoil kernel, Eqs. (15), (21), (22)"
    shell:
        RUN


rule sample_vibrations:
    output:
        displacements="results/time_local/displacement_distributions.parquet",
        speeds="results/time_local/speed_distributions.parquet",
        fits="results/time_local/vibration_fits.parquet",
        widths="results/time_local/vibration_widths.parquet",
    log:
        "results/logs/time_local/sample_vibrations.log",
    conda:
        ENVIRONMENT
    params:
        **script("time_local.sample_vibrations", "time_local.crystal", "time_local.vibrations", study="time_local"),
    message:
        "Thermal vibrations, Eq. (24)"
    shell:
        RUN


rule compute_barriers:
    output:
        barriers="results/time_local/barriers.parquet",
        profiles="results/time_local/barrier_profiles.parquet",
        pairs="results/time_local/pair_energies.parquet",
        limits="results/time_local/penetration_limits.parquet",
        head_on="results/time_local/head_on_energies.parquet",
    log:
        "results/logs/time_local/compute_barriers.log",
    conda:
        ENVIRONMENT
    params:
        **script(
            "time_local.compute_barriers",
            "time_local.crystal",
            "time_local.interaction",
            "time_local.barriers",
            study="time_local",
        ),
    message:
        "Barriers of an ion, Secs. IV, VI"
    shell:
        RUN


rule simulate_collisions:
    output:
        collisions="results/time_local/collisions.parquet",
        summary="results/time_local/collision_summary.parquet",
    log:
        "results/logs/time_local/simulate_collisions.log",
    conda:
        ENVIRONMENT
    params:
        **script(
            "time_local.simulate_collisions",
            "time_local.crystal",
            "time_local.interaction",
            "time_local.ion_mass",
            "time_local.collisions",
            study="time_local",
        ),
    message:
        "Head-on collisions of an ion with an atom, Fig. 3"
    shell:
        RUN


rule simulate_dissipation:
    output:
        dissipation="results/time_local/dissipation.parquet",
        summary="results/time_local/dissipation_summary.parquet",
    log:
        "results/logs/time_local/simulate_dissipation.log",
    conda:
        ENVIRONMENT
    params:
        **script(
            "time_local.simulate_dissipation",
            "time_local.crystal",
            "time_local.interaction",
            "time_local.ion_mass",
            "time_local.dissipation",
            study="time_local",
        ),
    message:
        "An ion on a line of atoms comes to rest, Fig. 4"
    shell:
        RUN


rule simulate_ions:
    output:
        segments="results/time_local/runs/{family}/{run}/bath_{bath}/segments.parquet",
        displacements="results/time_local/runs/{family}/{run}/bath_{bath}/displacements.parquet",
        path="results/time_local/runs/{family}/{run}/bath_{bath}/path.parquet",
    log:
        "results/logs/time_local/simulate_ions/{family}_{run}_bath_{bath}.log",
    wildcard_constraints:
        family="[a-z][a-z0-9_]*",
        run="[^/]+",
        bath="[0-9]+",
    conda:
        ENVIRONMENT
    params:
        **script("time_local.simulate_ions", study="time_local", parameters=ion_run_parameters),
    message:
        "Ions on their way: {wildcards.family} {wildcards.run}, bath {wildcards.bath}"
    shell:
        RUN


rule reduce_diffusion:
    input:
        segments=of_all_baths("segments"),
        displacements=of_all_baths("displacements"),
        path=of_all_baths("path"),
    output:
        diffusion="results/time_local/diffusion.parquet",
        activation="results/time_local/activation.parquet",
        displacements="results/time_local/displacements.parquet",
        paths="results/time_local/paths.parquet",
    log:
        "results/logs/time_local/reduce_diffusion.log",
    conda:
        ENVIRONMENT
    params:
        **script("time_local.reduce_diffusion", study="time_local", parameters=what_runs_share()),
    message:
        "Diffusion coefficients and kinetic temperatures, Figs. 5-7"
    shell:
        RUN


TIME_LOCAL_ARTIFACTS = [
    output
    for rule in (
        rules.compute_phonons,
        rules.sample_vibrations,
        rules.compute_barriers,
        rules.simulate_collisions,
        rules.simulate_dissipation,
        rules.reduce_diffusion,
    )
    for output in rule.output
]
