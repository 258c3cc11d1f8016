"""Check each claim of the sources against the artifacts of this run."""

from pathlib import Path

import numpy as np

from pipeline.artifacts import Column
from pipeline.job import Job, run
from pipeline.ledger import Artifacts, ClaimError, artifacts_of, evaluate, quantity, read_claims

CLAIMS = {
    "source": Column("", "short name of the source"),
    "claim": Column("", "number of the claim"),
    "kind": Column("", "'source': a statement of the source; 'beyond': one that goes beyond it"),
    "location": Column("", "where the source says so"),
    "statement": Column("", "the statement, in our own words"),
    "quantity": Column("", "what is read off the artifacts"),
    "relation": Column("", "how value and target are compared"),
    "value": Column("", "value computed in this run", optional=True),
    "target": Column("", "value that the statement gives", optional=True),
    "corrected_value": Column("", "value for the corrected form", optional=True),
    "corrected_target": Column("", "value that the corrected form gives", optional=True),
    "verdict": Column("", "reproduced, corrected, not reproduced, not testable"),
    "reason": Column("", "what is missing where a claim is not testable"),
    "note": Column("", "what is right instead, or under which conditions"),
    "artifacts": Column("", "artifacts that the value is read off"),
}


def check_claims(job: Job) -> None:
    """Write one row a claim."""
    results = Path(job.output["claims"]).parent
    made = [str(path.relative_to(results).with_suffix("")) for path in job.inputs["artifact"]]
    artifacts = Artifacts(results, made)
    rows = []
    for path in job.inputs["ledger"]:
        ledger = read_claims(path)
        for claim in ledger["claims"]:
            outcome = evaluate(claim, artifacts)
            if outcome.verdict == "not testable" and "not_testable" not in claim:
                job.warn(f"claim {claim['id']} is not testable in this run: {outcome.reason}")
            rows.append(
                {
                    "source": ledger["source"],
                    "claim": claim["id"],
                    "kind": claim.get("kind", "source"),
                    "location": claim["location"],
                    "statement": claim["statement"],
                    "quantity": quantity(claim["value"]) if "value" in claim else "",
                    "relation": claim.get("relation", "equal"),
                    "value": outcome.value,
                    "target": outcome.target,
                    "corrected_value": outcome.corrected_value,
                    "corrected_target": outcome.corrected_target,
                    "verdict": outcome.verdict,
                    "reason": outcome.reason,
                    "note": claim.get("note", ""),
                    "artifacts": ", ".join(artifacts_of({"claims": [claim]})),
                }
            )
    if not rows:
        raise ClaimError("no claims to check")
    table = {name: np.array([row[name] for row in rows]) for name in CLAIMS}
    job.write("claims", table, CLAIMS, "The claims ledger: statements of the sources and what this run says of them")


if __name__ == "__main__":
    run(check_claims)
