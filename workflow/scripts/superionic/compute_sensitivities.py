"""Compute how both transition temperatures depend on each parameter: Table I made quantitative."""

import numpy as np

from pipeline.artifacts import Column
from pipeline.job import Job, run
from superion import transitions
from superion.mean_field import MeanFieldParameters

SENSITIVITIES = {
    "concerted_coupling_eV": Column("eV", "M0", "Hu et al. (2026), Eq. (52)"),
    "regime": Column("", "type-I transition: none, above Tp, below Tp, or marginal"),
    "transition": Column("", "'type I' (T_I) or 'type II' (Tp)"),
    "parameter": Column("", "parameter that is varied"),
    "sensitivity": Column("", "d ln T/d ln parameter, analytic", "Hu et al. (2026), Table I"),
    "status": Column("", "'ok' or 'no transition'"),
}
NAMES = {"concerted": "type I", "polarization": "type II"}


def compute_sensitivities(job: Job) -> None:
    """Write the logarithmic derivatives of T_I and Tp."""
    material, settings = job.parameters["superionic.material"], job.parameters["superionic.sensitivities"]
    couplings = np.array(settings["concerted_couplings_eV"], float)
    parameters = MeanFieldParameters(material["barrier_eV"], material["repulsion_eV"], material["filling"], couplings)
    regime = transitions.concerted_transition(parameters).regime
    rows = [
        (coupling, regime[i], NAMES[transition], parameter, np.broadcast_to(value, couplings.shape)[i])
        for transition, by_parameter in transitions.transition_sensitivities(parameters).items()
        for parameter, value in by_parameter.items()
        for i, coupling in enumerate(couplings)
    ]
    data = {name: np.array([row[i] for row in rows]) for i, name in enumerate(list(SENSITIVITIES)[:-1])}
    data["status"] = np.where(np.isnan(data["sensitivity"]), "no transition", "ok")
    job.write("sensitivities", data, SENSITIVITIES, "Sensitivity of both transition temperatures, Table I")


if __name__ == "__main__":
    run(compute_sensitivities)
