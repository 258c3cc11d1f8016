"""What a user may get wrong is told at once, in words, with its place, and leaves the results alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkouts import BIN, ROOT, edit, environment, jobs_done, run, times

from pipeline.artifacts import read_metadata, read_table
from pipeline.configuration import ConfigurationError, load
from pipeline.studies import CHECKS

SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"

SQUARE = (
    "{builder: square, hopping_probability: 0.5, path: {corners: [{label: G, at: [0, 0]}, {label: X, at: [0.5, 0]}]}}"
)
BCC_HOP = "barriers: {hop: {start: [0.5, 0.25, 0], end: [0.5, 0.75, 0]}}"
OWN_LATTICE = """\
lattices:
  mine:
    cell: [[1]]
    sites: [{{name: a, at: [0]}}, {{name: b, at: [0.5]}}]
    hops: [{hops}]
    path: {{corners: [{{label: G, at: [0]}}, {{label: X, at: [0.5]}}]}}
"""


def faults(tmp_path: Path, text: str) -> list[str]:
    """What is told of an overlay over the real configuration, a line a fault."""
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load([ROOT / "config.yaml", overlay], SCHEMA, CHECKS)
    head, *lines = str(caught.value).splitlines()
    assert head.endswith("in the configuration:")
    return [line.strip().removeprefix(f"{tmp_path}/") for line in lines]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("superionic: {materials: {}}", "superionic.materials", ["unknown key", "did you mean 'material'"]),
        ("superionc: {}", "superionc", ["unknown key", "did you mean 'superionic'"]),
        ("superionic: {material: {dpi: 3}}", "superionic.material.dpi", ["it belongs to figures.dpi"]),
        ("figures: {dpi: high}", "figures.dpi", ["got 'high'", "must be a whole number"]),
        ("figures: {dpi: 200.0}", "figures.dpi", ["got 200.0", "write 200", "whole number"]),
        ("figures: 3", "figures", ["got 3", "must be a mapping of keys"]),
        ("superionic: {material: {barrier_eV: 1e-9}}", "superionic.material.barrier_eV", ["'1e-9'", "write 1.0e-9"]),
        ("superionic: {material: {barrier_eV: .nan}}", "superionic.material.barrier_eV", ["got .nan", "finite"]),
        ("superionic: {material: {repulsion_eV: .inf}}", "superionic.material.repulsion_eV", ["got .inf", "finite"]),
        ("superionic: {material: {barrier_eV: -0.1}}", "superionic.material.barrier_eV", ["got -0.1", ">= 0"]),
        ("superionic: {material: {repulsion_eV: 0}}", "superionic.material.repulsion_eV", ["got 0", "> 0"]),
        ("superionic: {material: {filling: 0}}", "superionic.material.filling", ["got 0", "> 0 and <= 2"]),
        ("superionic: {material: {filling: 2.5}}", "superionic.material.filling", ["got 2.5", "> 0 and <= 2"]),
        ("superionic: {material: {filling: true}}", "superionic.material.filling", ["got true", "a number"]),
        ("superionic: {material: {filling: null}}", "superionic.material.filling", ["null", "a number"]),
        ("time_local: {crystal: {atom_mass: 0}}", "time_local.crystal.atom_mass", ["got 0", "> 0"]),
        (
            "time_local: {crystal: {spring_constants_meV_per_A2: [520, -170]}}",
            "time_local.crystal",
            ["must be stable", "wave vector", "squared frequency is -"],
        ),
        (
            "time_local: {crystal: {cell: [[3, 0, 0], [0, 3, 0], [0, 0, 3]]}}",
            "time_local.crystal.cell",
            ["structure: null"],
        ),
        (
            f"time_local: {{crystal: {{structure: bcc}}, {BCC_HOP}, "
            "diffusion: {reach_A: 3, start: [0.5, 0.5, 0.45]}}",
            "time_local.diffusion.start",
            ["0.15 A from an atom", "penetration_A"],
        ),
        (
            "time_local: {diffusion: {families: {full: {step_ps: 0.05}}}}",
            "time_local.diffusion.families.full.step_ps",
            ["got 0.05", "at most 0.0204", "Omega_max = 31.35"],
        ),
        (
            "time_local: {diffusion: {families: {full: {memories_ps: [2]}}}}",
            "time_local.diffusion.families.full",
            ["remembers 2 ps, too long", "20 cells", "1.276 ps"],
        ),
        (
            "time_local: {diffusion: {families: {time_local: {memories_ps: [1]}}}}",
            "time_local.diffusion.families.time_local.memories_ps",
            ["belongs to the equation 'full'"],
        ),
        (
            "time_local: {diffusion: {families: {tapered: {step_ps: 0.03}}}}",
            "time_local.diffusion.families.tapered.step_ps",
            ["got 0.03", "whole number of steps"],
        ),
        (
            "time_local: {diffusion: {reference_family: fulll}}",
            "time_local.diffusion.reference_family",
            ["got 'fulll'", "must be one of time_local, full"],
        ),
        (
            "time_local: {diffusion: {families: {full: {equation: exact}}}}",
            "time_local.diffusion.families.full.equation",
            ["got 'exact'", "time_local"],
        ),
        (
            f"time_local: {{crystal: {{structure: bcc}}, {BCC_HOP}, diffusion: {{reach_A: 0, start: [0.5, 0.25, 0]}}}}",
            "time_local.diffusion.reach_A",
            ["got 0, too short", "add up to", "more than kT"],
        ),
        (
            "time_local: {diffusion: {mesh: 50, families: {stiffness: {segments: 2}}}}",
            "time_local.diffusion.families.stiffness",
            ["needs a table of", "50, 50, 50", "at most 1 GB"],
        ),
        (
            "time_local: {diffusion: {families: {full: {thermal_energies_meV: [20, 20.0000000000001]}}}}",
            "time_local.diffusion.families.full",
            ["print the same"],
        ),
        (
            "time_local: {diffusion: {families: {windowed: {windows_ps: [0.004]}}}}",
            "time_local.diffusion.families.windowed.windows_ps[0]",
            ["got 0.004", "whole number of step_ps"],
        ),
        (
            "time_local: {barriers: {reach_A: 13}}",
            "time_local.barriers.reach_A",
            ["got 13", "must be below 12"],
        ),
        ("lattices: {bcc_tetrahedral: {temperature_K: 0}}", "lattices.bcc_tetrahedral.temperature_K", ["got 0", "> 0"]),
        (
            "lattices: {bcc_tetrahedral: {temperature_K: -5}}",
            "lattices.bcc_tetrahedral.temperature_K",
            ["got -5", "> 0"],
        ),
        ("lattices: {square: {hopping_probability: 1.2}}", "lattices.square.hopping_probability", ["1.2", "<= 1"]),
        ("lattices: {square: {builder: cubic}}", "lattices.square.builder", ["'cubic'", "must be one of"]),
        (f"lattices: {{Square: {SQUARE}}}", "lattices.Square", ["name is not allowed", "lower-case"]),
        (
            "superionic: {mean_field: {reduced_temperature: {start: 3}}}",
            "superionic.mean_field.reduced_temperature",
            ["start 3 and stop 2.6", "empty range", "start must be below stop"],
        ),
        (
            "superionic: {mean_field: {reduced_temperature: {start: 2.6, stop: 2.6}}}",
            "superionic.mean_field.reduced_temperature",
            ["empty range"],
        ),
        (
            "superionic: {mean_field: {reduced_temperature: {start: 0}}}",
            "superionic.mean_field.reduced_temperature.start",
            ["got 0", "> 0"],
        ),
        (
            "superionic: {mean_field: {concerted_couplings_eV: []}}",
            "superionic.mean_field.concerted_couplings_eV",
            ["empty list", "at least 1 value"],
        ),
        (
            "superionic: {mean_field: {concerted_couplings_eV: 2}}",
            "superionic.mean_field.concerted_couplings_eV",
            ["got 2", "write [2]", "a list"],
        ),
        (
            "quasi_ion: {static_potential: {shallownesses: [0.5, 0.8]}}",
            "quasi_ion.static_potential.shallownesses[1]",
            ["got 0.8", "> 0 and < 0.8", "no minimum"],
        ),
        (
            "quasi_ion: {static_potential: {mean_energy_eV: 0.3}}",
            "quasi_ion.static_potential.mean_energy_eV",
            ["got 0.3", "< 0"],
        ),
        (
            "quasi_ion: {static_potential: {thermalization: 2}}",
            "quasi_ion.static_potential.thermalization",
            ["got 2", "barrier of 0.03125 eV", "alpha kT = 0.052 eV"],
        ),
        (
            "quasi_ion: {garnets: {materials: [{name: x, carrier_formation_energy_eV: 0.1, migration_energy_eV: -0.5, "
            "characteristic_inverse_temperature_per_eV: 28, activation_energy_eV: 1, "
            "temperature_exponent: 0}]}}",
            "quasi_ion.garnets.materials[0].migration_energy_eV",
            ["got -0.5", "> 0"],
        ),
        (
            "quasi_ion: {garnets: {temperature_K: {start: 0}}}",
            "quasi_ion.garnets.temperature_K.start",
            ["got 0", "> 0"],
        ),
        (
            "quasi_ion: {static_potential: {thermal_energy_eV: 0.001}}",
            "quasi_ion.static_potential.thermal_energy_eV",
            ["got 0.001", "at least 0.0015"],
        ),
        ("quasi_ion: {wells: {energy_loss_eV: 0.3}}", "quasi_ion.wells.energy_loss_eV", ["got 0.3", "barrier_eV, 0.2"]),
        (
            "quasi_ion: {wells: {single_energies_eV: [0.2]}}",
            "quasi_ion.wells.single_energies_eV[0]",
            ["below barrier_eV"],
        ),
        ("quasi_ion: {wells: {thermalization: 8}}", "quasi_ion.wells.thermalization", ["got 8", "7.692"]),
        (
            "quasi_ion: {percolation: {regular_energy_eV: 0.25}}",
            "quasi_ion.percolation.regular_energy_eV",
            ["got 0.25", "below interstitial_energy_eV, 0.25"],
        ),
        (
            "quasi_ion: {distorted_supercells: {distortions: [0, 1.0]}}",
            "quasi_ion.distorted_supercells.distortions[1]",
            ["got 1.0", "< 1"],
        ),
        ("quasi_ion: {distorted_supercells: {sites: 7}}", "quasi_ion.distorted_supercells.sites", ["got 7", "2"]),
        (
            "quasi_ion: {doping: {chemical_potential_eV: {stop: 50}}}",
            "quasi_ion.doping.chemical_potential_eV.stop",
            ["got 50", "within 15.6 eV"],
        ),
        (
            "quasi_ion: {interference: {coupling_parameters: [1.2]}}",
            "quasi_ion.interference.coupling_parameters[0]",
            ["got 1.2", "<= 1"],
        ),
        ("conductivity_fits: {models: [arhenius]}", "conductivity_fits.models[0]", ["'arhenius'", "'arrhenius'"]),
        ("conductivity_fits: {confidence: 95}", "conductivity_fits.confidence", ["got 95", "<= 0.999"]),
        (
            "conductivity_fits: {columns: {temperature: {unit: F}}}",
            "conductivity_fits.columns.temperature.unit",
            ["'F'", "'degC'"],
        ),
        ("conductivity_fits: {bootstrap: {samples: 1}}", "conductivity_fits.bootstrap.samples", ["got 1", ">= 50"]),
        ("figures:\n  dpi: 100\n  dpi: 300", "figures.dpi", ["duplicate key, in line 2 and again in line 3"]),
        ("claims: {sources: [superionics]}", "claims.sources[0]", ["'superionics'", "must be", "'superionic'"]),
        ("figures: {dpi: [1", "", ["not valid YAML"]),
        ("figures:\n\tdpi: 3", "", ["not valid YAML", "indent with spaces, not tabs"]),
        ("- figures", "", ["the top level must be a mapping"]),
        ("", "", ["empty"]),
        (
            "lattices: {square: {probability_by_kind: [0.1]}}",
            "lattices.square",
            ["must have exactly one of hopping_probability"],
        ),
    ],
)
def test_each_fault_is_told_with_place_value_and_cure(tmp_path, text, place, words):
    (line,) = faults(tmp_path, text)
    assert line.startswith("overlay.yaml")
    assert not place or f": {place}: " in line
    for word in words:
        assert word in line
    assert "Traceback" not in line


@pytest.mark.parametrize(
    ("hops", "words"),
    [
        ("{from: a, to: c, cell: [0], probability: 0.1}", ["lattices.mine.hops[0].to", "got 'c'", "sites a, b"]),
        (
            "{from: a, to: b, cell: [0], probability: 0.7, reverse_probability: 0.1},"
            "{from: a, to: b, cell: [-1], probability: 0.7, reverse_probability: 0.1}",
            ["lattices.mine", "'a'", "-0.4"],
        ),
        ("{from: a, to: b, cell: [0, 0], probability: 0.1}", ["lattices.mine", "cell", "got [0, 0]"]),
        ("{from: a, to: a, cell: [1], probability: 0.1}", ["lattices.mine", "no hop joins"]),
        ("{from: a, to: b, cell: [0], probability: -0.1}", ["lattices.mine.hops[0].probability", "got -0.1", ">= 0"]),
    ],
)
def test_faults_of_a_lattice_of_ones_own_name_the_lattice(tmp_path, hops, words):
    (line,) = faults(tmp_path, OWN_LATTICE.format(hops=hops))
    assert line.startswith("overlay.yaml")
    for word in words:
        assert word in line


def test_a_lattice_without_sites_is_told_once(tmp_path):
    path = "path: {corners: [{label: G, at: [0]}, {label: X, at: [0.5]}]}"
    hop = "{from: a, to: a, cell: [1], probability: 0.1}"
    (line,) = faults(tmp_path, f"lattices: {{mine: {{cell: [[1]], hops: [{hop}], {path}}}}}")
    assert line == "overlay.yaml:1: lattices.mine: 'cell' needs 'sites' beside it"


def test_all_faults_are_told_at_once(tmp_path):
    lines = faults(
        tmp_path,
        "superionic:\n  material: {filling: 2.5, barier_eV: 0.2}\n  mean_field: {reduced_temperature: {start: 1e-3}}\n"
        "figures: {dpi: 10}\n",
    )
    assert len(lines) == 4
    assert [line.split(":")[1] for line in lines] == ["2", "2", "3", "4"]


# Through snakemake

FAILING = """
def fail(job):
    raise ValueError("the barrier is lost")


if __name__ == "__main__":
    run(fail)
"""


def refused(checkout: Path, *arguments) -> str:
    """Run snakemake, which must refuse its configuration and leave the results alone; what it says."""
    before = times(checkout)
    done = run(checkout, *arguments)
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stdout
    assert done.stdout.count("in the configuration:") == 1
    assert "Finished jobid" not in done.stdout
    assert times(checkout) == before
    return done.stdout


def test_snakemake_tells_all_faults_and_starts_no_job(sources, tmp_path):
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("superionic: {material: {filling: 2.5, barier_eV: 0.2}}\nfigures: {dpi: 10}\n", encoding="utf-8")
    said = refused(sources, "--configfile", overlay)
    assert "3 faults in the configuration:" in said
    assert f"{overlay}:1: superionic.material.filling: got 2.5, must be > 0 and <= 2" in said
    assert "did you mean 'barrier_eV'?" in said
    assert f"{overlay}:2: figures.dpi: got 10, must be >= 50 and <= 1200" in said
    assert not (sources / "results").exists()


def test_a_broken_configuration_leaves_finished_results_alone(checkout):
    edit(checkout, "config.yaml", lambda text: text.replace("figures:\n", "figures:\n  dip: 3\n"))
    said = refused(checkout)
    assert "1 fault in the configuration:" in said
    assert "config.yaml:" in said
    assert "figures.dip: unknown key; did you mean 'dpi'?" in said


def test_values_on_the_command_line_are_checked(sources):
    said = refused(sources, "--config", "figures={dpi: 10}")
    assert "--config: figures.dpi: got 10" in said


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("broken.yaml", "figures: {dpi: [1\n", "broken.yaml:2: not valid YAML"),
        ("missing.yaml", None, "missing.yaml: cannot be read: No such file or directory"),
    ],
)
def test_make_names_an_overlay_that_snakemake_cannot_load(sources, tmp_path, name, text, words):
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    made = [shutil.which("make"), f"VENV={BIN.parent}", "-o", "setup", f"OVERLAY={tmp_path / name}", "results"]
    done = subprocess.run(
        made, cwd=sources, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert done.returncode == 2  # of make
    assert "1 fault in the configuration:" in done.stdout
    assert words in done.stdout
    assert "Traceback" not in done.stdout
    assert not (sources / "results").exists()


def test_files_are_looked_for_from_the_folder_of_the_run(tmp_path):
    """By the check ahead of Snakemake as well."""
    overlay, folder = tmp_path / "overlay.yaml", tmp_path / "run"
    folder.mkdir()
    family = "{site_list: mine.dat, cell_lengths: [49.0672], first_sublattice: T, ions: [1]}"
    overlay.write_text(f"lattice_gas: {{simulations: {{families: {{mine: {family}}}}}}}\n", encoding="utf-8")
    check = [sys.executable, "-m", "pipeline.check_configuration", str(folder), str(overlay)]
    own = environment() | {"PYTHONPATH": str(ROOT / "workflow")}

    def said() -> tuple[int, str]:
        done = subprocess.run(check, cwd=ROOT, env=own, capture_output=True, text=True)
        return done.returncode, done.stderr

    status, words = said()
    assert status == 1
    assert f"site list mine.dat (looked for from {folder}): cannot be read" in words
    shutil.copy(ROOT / "workflow/resources/garnet_lattice_gas_cc-by-sa/llzo_lattice_site_list.dat", folder / "mine.dat")
    assert said() == (0, "")


def test_make_takes_an_overlay_and_a_target_together(sources, tmp_path):
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("lattices: {square: {hopping_probability: 0.4}}\n", encoding="utf-8")
    target = "results/lattices/square/geometry.parquet"
    made = ["make", f"VENV={BIN.parent}", "-o", "setup", f"OVERLAY={overlay}", f"TARGET={target}", "results"]
    done = subprocess.run(
        made, cwd=sources, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert done.returncode == 0, done.stdout
    assert "Hopping matrices of square" in done.stdout
    assert '"hopping_probability":0.4' in read_metadata(sources / target)[0]["parameters"]


def test_a_lattice_without_detailed_balance_is_computed_and_flagged(sources, tmp_path):
    overlay = tmp_path / "overlay.yaml"
    hops = "{from: a, to: b, cell: [0], probability: 0.3}, {from: b, to: a, cell: [1], probability: 0.3}"
    overlay.write_text(OWN_LATTICE.format(hops=hops), encoding="utf-8")
    target = "results/lattices/mine/conductivity.parquet"
    done = run(sources, target, "--configfile", overlay)
    assert done.returncode == 0, done.stdout
    table = read_table(sources / target)
    assert set(table["status"]) == {"no detailed balance"}
    assert (table["detailed_balance_defect"] > 0.5).all()
    log = (sources / "results/logs/lattices/mine/compute_conductivity.log").read_text(encoding="utf-8")
    assert log.startswith("warning: mine: hops are not in detailed balance")


def test_a_failing_job_is_shown_once_and_the_others_go_on(sources):
    script = "workflow/scripts/superionic/compute_sensitivities.py"
    edit(sources, script, lambda text: text[: text.index("\ndef ")] + FAILING)
    done = run(sources, "results/superionic/sensitivities.parquet", "results/lattices/square/geometry.parquet")
    assert done.returncode == 1
    assert jobs_done(done.stdout) == ["build_hopping_matrices"]
    assert done.stdout.count("the barrier is lost") == 1
    assert "Traceback" not in done.stdout
    log = (sources / "results/logs/superionic/compute_sensitivities.log").read_text(encoding="utf-8")
    assert log.endswith("the barrier is lost\n") and "Traceback" not in log
    assert not (sources / "results/superionic/sensitivities.parquet").exists()
