"""Which of the fitted models of a series is shown first."""


def preferred(comparison) -> str:
    """Model of the smallest AICc; where none is defined, the first that was fitted with fewest parameters."""
    best = comparison[comparison["support"] == "best"]
    if len(best):
        return best["model"].iloc[0]
    fitted = comparison[comparison["status"] != "too few points"]
    return fitted.sort_values("parameters", kind="stable")["model"].iloc[0] if len(fitted) else ""
