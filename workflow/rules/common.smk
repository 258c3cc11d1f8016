# What all rules share: the configuration, and how a rule calls its script.
import os
import shlex
import sys
from pathlib import Path

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "workflow"))

from pipeline import configuration
from pipeline.provenance import source_hash
from pipeline.studies import CHECKS

# Environment of every job. It stands in the prefix, which Snakemake does not record, so that a moved checkout reruns nothing.
_environment = {
    "PYTHONPATH": str(ROOT / "workflow"),
    "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
    "MPLBACKEND": "agg",
    "SOURCE_DATE_EPOCH": "0",
    "OPENBLAS_NUM_THREADS": "1",  # jobs share the cores among them
}
_prefix = "set -euo pipefail; " + "".join(
    f"export {key}={shlex.quote(value)}; " for key, value in _environment.items() if value
)
if not workflow.deployment_settings.deployment_method:
    # Without --sdm conda, jobs run in the environment that Snakemake itself runs in.
    _prefix += f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"; '
shell.prefix(_prefix)

# Relative where the run is in the checkout, so that moving it reruns nothing.
RESOURCES = "workflow/resources" if Path.cwd() == ROOT else str(ROOT / "workflow/resources")

ENVIRONMENT = "../../envs/superion.yaml"
RUN = (
    "python -m scripts.{params.script} --study {params.study} --source {params.source} "
    "--parameters {params.parameters:q} {params.files} 2> {log}"
)


def read_configuration():
    """config.yaml, overlays of --configfile and values of --config, checked; all faults in one message."""
    try:
        return configuration.load(
            [ROOT / "config.yaml", *map(Path, workflow.overwrite_configfiles)],
            ROOT / "workflow/schemas/config.schema.yaml",
            CHECKS,
            dict(workflow.config_settings.config),
        )
    except configuration.ConfigurationError as error:
        raise WorkflowError(str(error)) from None


def script(name, *sections, study="superionic", parameters=None):
    """Parameters of a rule: its script, the configuration it depends on as canonical JSON, and the hash of its code.

    `parameters` replaces the sections where they depend on wildcards: a function of the wildcards.
    """
    return {
        "script": name,
        "study": study,
        "source": source_hash(f"scripts.{name}"),
        "parameters": parameters or configuration.canonical_json(configuration.section(config, *sections)),
        "files": _files,
    }


def _files(wildcards, input, output):
    return " ".join(
        f"--{kind} " + " ".join(shlex.quote(f"{name}={path}") for name, path in _named(files))
        for kind, files in (("input", input), ("output", output))
        if files
    )


def _named(files):
    for name, value in files.items():
        for path in [value] if isinstance(value, str) else value:
            yield name, path
