"""Each edit reruns exactly what depends on it: nothing stale, nothing in vain."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest
import yaml
from checkouts import (
    CLAIMS,
    ROOT,
    add_statement,
    edit,
    edit_config,
    finish,
    jobs_done,
    planned_jobs,
    products,
    times,
)

from pipeline.artifacts import read_metadata

LATTICES = set(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["lattices"])
QUASI_ION_FIGURES = {
    "plot_well_densities",
    "plot_bands",
    "plot_doping",
    "plot_doping_branches",
    "plot_doping_bands",
    "plot_phase_match",
    "plot_interference",
    "plot_supercells",
    "plot_percolation",
    "plot_garnet_curves",
    "plot_measured_garnets",
}
DIFFUSION_FIGURES = {
    "plot_ion_paths",
    "plot_displacements",
    "plot_diffusion",
    "plot_kinetic_temperatures",
    "plot_stiffness",
}
TIME_LOCAL_FIGURES = {
    *DIFFUSION_FIGURES,
    "plot_lattice_dynamics",
    "plot_barriers",
    "plot_collisions",
    "plot_dissipation",
}
FUNDAMENTALS_FIGURES = {
    "plot_space_charge",
    "plot_defect_equilibria",
    "plot_defect_conductivity",
    "plot_transition_state",
    "plot_isotope_effects",
    "plot_barrier_crossing",
    "plot_breathing_mode",
    "plot_soft_mode",
    "plot_correlation_factors",
    "plot_garnet_network",
}
SIMULATED_GASES = {
    "reduce_lattice_gas",
    "compare_exact",
    "compare_mean_field",
    "compare_garnet",
    "plot_green_kubo",
    "plot_monte_carlo",
    "plot_mean_field_test",
    "plot_garnet_lattice_gas",
}
"""What follows from the simulations of lattice gases."""
EXACT_GASES = {"enumerate_states", "plot_haven_ratios", "plot_green_kubo"}
STUDY_FIGURES = {
    *QUASI_ION_FIGURES,
    *TIME_LOCAL_FIGURES,
    *FUNDAMENTALS_FIGURES,
    *(job for job in SIMULATED_GASES | EXACT_GASES if job.startswith("plot_")),
    "plot_phonon_channels",
    "plot_dispersion",
    "plot_type_two_transition",
    "plot_type_one_readings",
    "plot_phase_diagram",
    "plot_honeycomb",
    "plot_sensitivities",
    "plot_field_dependence",
    "plot_lattice_gas",
}
ALL_FIGURES = {*STUDY_FIGURES, "plot_einstein_relation", "plot_claims", *(f"plot_lattice {name}" for name in LATTICES)}
MATERIAL_USERS = {
    "solve_mean_fields",
    "compute_mean_field_conductivity",
    "map_phase_diagram",
    "compute_sensitivities",
    "compare_lattice_gas",
    "plot_type_two_transition",
    "plot_type_one_readings",
    "plot_phase_diagram",
    "plot_honeycomb",
    "plot_sensitivities",
    "plot_lattice_gas",
    *CLAIMS,
}
OWN_LATTICE = """\
lattices:
  brick_wall:
    cell: [[1, 0], [0, 1]]
    sites: [{name: corner, at: [0, 0]}, {name: edge, at: [0.5, 0]}]
    hops:
      - {from: corner, to: edge, cell: [0, 0], probability: 0.1, reverse_probability: 0.2}
      - {from: corner, to: edge, cell: [-1, 0], probability: 0.1, reverse_probability: 0.2}
      - {from: corner, to: corner, cell: [0, 1], probability: 0.1, reverse_probability: 0.1}
    path: {corners: [{label: G, at: [0, 0]}, {label: X, at: [0.5, 0]}]}
"""


def chain(*lattices: str) -> set[str]:
    """Jobs of a lattice, and the figure that reads all lattices."""
    rules = ("build_hopping_matrices", "compute_spectrum", "compute_lattice_conductivity", "plot_lattice")
    return {f"{rule} {lattice}" for rule in rules for lattice in lattices} | {"plot_einstein_relation"}


def source_files(checkout: Path) -> list[Path]:
    ours = ("results", ".snakemake")
    return [path for path in checkout.rglob("*") if path.is_file() and path.relative_to(checkout).parts[0] not in ours]


def set_later(*paths: Path) -> None:
    """Give files a time of last change that lies in the future."""
    later = time.time_ns() + 10**9
    for path in paths:
        os.utime(path, ns=(later, later))


def annotate(text: str) -> str:
    """Change the module's docstring, add comments and empty lines."""
    return "# A comment.\n\n" + text.replace('"""', '"""Edited: ', 1).replace("\n\n\n", "\n\n\n# More.\n\n\n")


# Nothing to do


def test_a_moved_checkout_reruns_nothing(checkout, tmp_path):
    moved = checkout.rename(tmp_path / "moved here")
    assert planned_jobs(moved) == set()


def test_touched_sources_rerun_nothing(checkout):
    files = source_files(checkout)
    assert {"config.yaml", "Snakefile", "common.smk", "lattice.py", "superionic.yaml"} <= {path.name for path in files}
    set_later(*files)
    assert planned_jobs(checkout) == set()


def test_a_fresh_clone_beside_kept_results_reruns_nothing(checkout, tmp_path):
    clone = tmp_path / "clone"
    for path in source_files(checkout):
        target = clone / path.relative_to(checkout)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)  # with the time of now
    for kept in ("results", ".snakemake"):
        shutil.copytree(checkout / kept, clone / kept)
    assert planned_jobs(clone) == set()


def test_order_of_keys_and_form_of_numbers_rerun_nothing(checkout):
    def rewrite(config: dict) -> None:
        assert config["superionic"]["mean_field"]["concerted_couplings_eV"][2] == 2
        config["superionic"]["mean_field"]["concerted_couplings_eV"][2] = 2.0
        config["superionic"]["material"]["filling"] = float(config["superionic"]["material"]["filling"])
        config["lattices"]["bcc_tetrahedral"]["temperature_K"] = 500.0

    edit_config(checkout, rewrite, sort_keys=True)
    assert "2.0" in (checkout / "config.yaml").read_text(encoding="utf-8")
    assert planned_jobs(checkout) == set()


def test_comments_docstrings_and_layout_of_code_rerun_nothing(checkout):
    for path in ("superion/lattice.py", "superion/lattice_gas.py", "pipeline/job.py", "scripts/superionic/readings.py"):
        edit(checkout, f"workflow/{path}", annotate)
    assert planned_jobs(checkout) == set()


# Parameters


def test_resolution_redraws_all_figures_and_computes_nothing(checkout):
    edit_config(checkout, lambda config: config["figures"].update(dpi=150))
    assert planned_jobs(checkout) == ALL_FIGURES


def test_the_solver_grid_reruns_the_solver_and_what_reads_it(checkout):
    edit_config(checkout, lambda config: config["superionic"]["mean_field"]["reduced_temperature"].update(count=480))
    assert planned_jobs(checkout) == {
        "solve_mean_fields",
        "compute_mean_field_conductivity",
        "plot_type_two_transition",
        "plot_type_one_readings",
        "plot_honeycomb",
        *CLAIMS,
    }


def test_swapped_values_rerun_their_users(checkout):
    def swap(config: dict) -> None:
        material = config["superionic"]["material"]
        material["barrier_eV"], material["repulsion_eV"] = material["repulsion_eV"], material["barrier_eV"]

    edit_config(checkout, swap)
    assert planned_jobs(checkout) == MATERIAL_USERS


def test_the_repulsion_of_doped_ions_reruns_the_doping_study(checkout):
    edit_config(checkout, lambda config: config["quasi_ion"]["static_potential"].update(repulsion_eV=1.4))
    assert planned_jobs(checkout) == {
        "tabulate_static_parameters",
        "sweep_doping",
        "locate_doping_transitions",
        "compute_doping_bands",
        "compare_quasi_ion_equations",
        "plot_doping",
        "plot_doping_branches",
        "plot_doping_bands",
        "plot_phase_match",
        *CLAIMS,
    }


def test_the_confidence_of_fits_refits_the_measured_series(checkout):
    edit_config(checkout, lambda config: config["conductivity_fits"].update(confidence=0.9))
    assert planned_jobs(checkout) == {"fit_series", "tabulate_fits", "plot_measured_garnets", *CLAIMS}


def baths_to_come(checkout: Path) -> int:
    """Jobs of ions in a bath that a run would do."""
    found = re.search(r"^simulate_ions +(\d+)$", finish(checkout, "--dry-run"), flags=re.MULTILINE)
    return int(found[1]) if found else 0


def test_a_new_temperature_of_ions_costs_its_own_baths(checkout):
    def add(config: dict) -> None:
        config["time_local"]["diffusion"]["families"]["full"]["thermal_energies_meV"].insert(0, 35)

    edit_config(checkout, add)
    assert planned_jobs(checkout) == {"simulate_ions", "reduce_diffusion", *DIFFUSION_FIGURES, *CLAIMS}
    assert baths_to_come(checkout) == 1


def test_more_baths_keep_those_that_are_there(checkout):
    def add(config: dict) -> None:
        family = config["time_local"]["diffusion"]["families"]["stiffness"]
        family["baths"] += 2

    edit_config(checkout, add)
    assert baths_to_come(checkout) == 2 * 2
    assert planned_jobs(checkout) == {"simulate_ions", "reduce_diffusion", *DIFFUSION_FIGURES, *CLAIMS}


def test_a_removed_family_of_ions_leaves_the_others_alone(checkout):
    edit_config(checkout, lambda config: config["time_local"]["diffusion"]["families"].pop("self_consistent"))
    assert planned_jobs(checkout) == {"reduce_diffusion", *DIFFUSION_FIGURES, *CLAIMS}


def replicas_to_come(checkout: Path) -> int:
    """Jobs of lattice gases that a run would do."""
    found = re.search(r"^simulate_lattice_gas +(\d+)$", finish(checkout, "--dry-run"), flags=re.MULTILINE)
    return int(found[1]) if found else 0


def test_more_replicas_and_ions_cost_their_own_jobs(checkout):
    def add(config: dict) -> None:
        families = config["lattice_gas"]["simulations"]["families"]
        families["repulsion"]["replicas"] += 1
        families["garnet"]["ions"].insert(0, 32)

    edit_config(checkout, add)
    assert replicas_to_come(checkout) == 2
    assert planned_jobs(checkout) == {"simulate_lattice_gas", *SIMULATED_GASES, *CLAIMS}


def test_a_removed_family_of_lattice_gases_leaves_the_others_alone(checkout):
    edit_config(checkout, lambda config: config["lattice_gas"]["simulations"]["families"].pop("pushes"))
    assert planned_jobs(checkout) == {*SIMULATED_GASES, *CLAIMS}


def test_a_defect_set_reruns_the_defects(checkout):
    def change(config: dict) -> None:
        config["fundamentals"]["point_defects"]["sets"]["oxide_host"]["formula_volume_A3"] = 41

    edit_config(checkout, change)
    assert planned_jobs(checkout) == {
        "solve_defect_equilibria",
        "plot_defect_equilibria",
        "plot_defect_conductivity",
        *CLAIMS,
    }


def test_the_mass_of_the_ion_leaves_the_crystal_alone(checkout):
    edit_config(checkout, lambda config: config["time_local"].update(ion_mass=1))
    assert planned_jobs(checkout) == {
        "simulate_ions",
        "reduce_diffusion",
        "simulate_collisions",
        "simulate_dissipation",
        "plot_collisions",
        "plot_dissipation",
        *DIFFUSION_FIGURES,
        *CLAIMS,
    }


def test_a_parameter_of_one_lattice_reruns_its_chain(checkout):
    edit_config(checkout, lambda config: config["lattices"]["square"].update(hopping_probability=0.4))
    assert planned_jobs(checkout) == chain("square")


def test_a_parameter_of_a_claimed_lattice_reruns_its_claims_too(checkout):
    edit_config(checkout, lambda config: config["lattices"]["breathing_kagome"].update(probability_by_kind=[0.1, 0.03]))
    assert planned_jobs(checkout) == chain("breathing_kagome") | CLAIMS


def test_a_parameter_of_a_drawn_lattice_reruns_its_figures_too(checkout):
    edit_config(checkout, lambda config: config["lattices"]["fig_3"].update(polarization=0.8))
    assert planned_jobs(checkout) == chain("fig_3") | {"plot_dispersion", *CLAIMS}


def test_an_overlay_reruns_its_users_and_no_more(checkout, tmp_path):
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("superionic: {sensitivities: {concerted_couplings_eV: [2.5, 6]}}\n", encoding="utf-8")
    jobs = {"compute_sensitivities", "plot_sensitivities", *CLAIMS}
    assert planned_jobs(checkout, "--configfile", overlay) == jobs
    said = finish(checkout, "results/superionic/sensitivities.parquet", "--configfile", overlay)
    assert jobs_done(said) == ["compute_sensitivities"]
    assert planned_jobs(checkout, "--configfile", overlay) == jobs - {"compute_sensitivities"}
    assert planned_jobs(checkout) == jobs  # without the overlay, it is stale again


def test_a_new_lattice_costs_only_its_own_jobs(checkout, tmp_path):
    overlay = tmp_path / "lattice.yaml"
    overlay.write_text(OWN_LATTICE, encoding="utf-8")
    assert planned_jobs(checkout, "--configfile", overlay) == chain("brick_wall")
    before = times(checkout)
    said = finish(checkout, "--configfile", overlay)
    assert Counter(jobs_done(said)) == Counter(job.split()[0] for job in chain("brick_wall"))
    after = times(checkout)
    changed = {path for path, stamp in before.items() if after[path] != stamp}
    assert {path.stem for path in changed} == {"einstein_relation"}
    assert {path for path in after.keys() - before.keys() if "brick_wall" not in str(path)} == set()
    assert planned_jobs(checkout, "--configfile", overlay) == set()


def test_a_removed_lattice_leaves_the_others_alone(checkout):
    edit_config(checkout, lambda config: config["lattices"].pop("square"))
    assert planned_jobs(checkout) == {"plot_einstein_relation"}


def test_an_edited_claim_reruns_the_ledger_alone(checkout):
    edit(
        checkout,
        "workflow/resources/claims/superionic.yaml",
        lambda text: text.replace("relation: at most", "relation: below", 1),
    )
    assert planned_jobs(checkout) == CLAIMS


# Code


def test_the_code_of_a_figure_redraws_that_figure(checkout):
    edit(checkout, "workflow/scripts/superionic/plot_dispersion.py", add_statement)
    assert planned_jobs(checkout) == {"plot_dispersion"}
    before = times(checkout)
    assert jobs_done(finish(checkout)) == ["plot_dispersion"]
    after = times(checkout)
    assert {path.stem for path in before if after[path] != before[path]} == {"dispersion"}
    assert planned_jobs(checkout) == set()


def test_a_module_of_the_library_reruns_its_users_and_their_descendants(checkout):
    edit(checkout, "workflow/superion/lattice_gas.py", add_statement)
    jobs = {"compare_lattice_gas", "plot_lattice_gas", "compare_mean_field", "plot_mean_field_test", *CLAIMS}
    assert planned_jobs(checkout) == jobs


def test_the_fits_leave_the_theory_alone(checkout):
    edit(checkout, "workflow/superion/fit_intervals.py", add_statement)
    assert planned_jobs(checkout) == {"fit_series", "tabulate_fits", "plot_measured_garnets", *CLAIMS}


def test_the_lattice_module_leaves_the_mean_fields_alone(checkout):
    edit(checkout, "workflow/superion/lattice.py", add_statement)
    assert planned_jobs(checkout) == chain(*LATTICES) | {
        "compute_mean_field_conductivity",
        "compare_printed_equations",
        "compare_channel_conventions",
        "compute_field_dependence",
        "plot_dispersion",
        "plot_honeycomb",
        "plot_field_dependence",
        "compute_correlation_factors",
        "plot_correlation_factors",
        "analyse_garnet_network",
        "plot_garnet_network",
        # Their conductivity is that of superion.transport, which knows lattices.
        "solve_defect_equilibria",
        "plot_defect_equilibria",
        "plot_defect_conductivity",
        "simulate_lattice_gas",
        *SIMULATED_GASES,
        *EXACT_GASES,
        *CLAIMS,
    }


def test_the_style_of_figures_redraws_all_figures_and_computes_nothing(checkout):
    edit(checkout, "workflow/pipeline/figure_style.py", lambda text: text.replace('"font.size": 8', '"font.size": 9'))
    assert planned_jobs(checkout) == ALL_FIGURES


# Lost records

REMADE = ("geometry", "hops", "hopping_matrices", "conductivity")


def test_without_records_artifacts_tell_themselves_what_is_stale(checkout):
    """Also after the records of a few jobs have been written anew."""
    shutil.rmtree(checkout / ".snakemake/metadata")
    untouched = times(checkout)

    def edited(config: dict) -> None:
        config["superionic"]["sensitivities"]["concerted_couplings_eV"] = [2.5, 6]

    edit_config(checkout, edited)
    sensitivities = "results/superionic/sensitivities.parquet"
    words = "is from other parameters or other code"
    assert re.findall(rf"(\S+) {words}", finish(checkout, "--dry-run")) == [sensitivities]
    assert (checkout / sensitivities).is_file()
    assert jobs_done(finish(checkout, sensitivities)) == ["compute_sensitivities"]
    assert "6" in read_metadata(checkout / sensitivities)[0]["parameters"]

    edit_config(checkout, lambda config: config["lattices"]["square"].update(hopping_probability=0.4))
    square = "results/lattices/square/conductivity.parquet"
    assert jobs_done(finish(checkout, square)) == ["build_hopping_matrices", "compute_lattice_conductivity"]
    assert '"hopping_probability":0.4' in read_metadata(checkout / square)[0]["parameters"]

    edit(checkout, "workflow/superion/lattice_gas.py", add_statement)
    said = finish(checkout, "--dry-run")
    assert set(re.findall(rf"(\S+) {words}", said)) == {
        *(f"results/superionic/lattice_gas_{name}.parquet" for name in ("chain", "order", "critical")),
        *(f"results/lattice_gas/mean_field_{name}.parquet" for name in ("order", "conduction", "critical")),
    }
    after = times(checkout)
    changed = {path for path in untouched if after.get(path) != untouched[path]}
    assert changed == {
        Path(sensitivities),
        *(path for path in changed if path.parts[:3] == ("results", "lattices", "square")),
    }


# The helper


def test_the_table_of_plans_agrees_with_a_dry_run(checkout):
    edit_config(checkout, lambda config: config["lattices"]["square"].update(hopping_probability=0.4))
    said = finish(checkout, "--dry-run")
    table = dict(re.findall(r"^(\w+) +(\d+)$", said, flags=re.MULTILINE))
    assert int(table.pop("total")) == sum(int(count) for rule, count in table.items())
    table.pop("all")
    assert {rule: int(count) for rule, count in table.items()} == Counter(
        job.split()[0] for job in planned_jobs(checkout)
    )


@pytest.mark.parametrize("suffix", [".parquet", ".png", ".svg", ".pdf", ".md", ".html"])
def test_the_finished_run_has_made_everything(finished, suffix):
    """So that 'nothing to do' above means something."""
    count = sum(1 for _ in products(finished, suffix))
    assert count >= {".parquet": 100, ".png": 35, ".svg": 35, ".pdf": 35, ".md": 3, ".html": 1}[suffix]
