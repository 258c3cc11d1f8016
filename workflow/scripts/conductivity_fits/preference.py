"""Which of the fitted models of a series is shown first, and why."""

BENT_BELOW = 0.05  # F test of a richer model against the plain Arrhenius line


def preference(comparison) -> tuple[str, str]:
    """Model of the smallest AICc; where AICc compares no two models, the one of fewest parameters; and the reason."""
    best = comparison[comparison["support"] == "best"]
    if len(best):
        undetermined = "" if best["identifiable"].iloc[0] else ", but not all its parameters are determined"
        return best["model"].iloc[0], f"lowest AICc{undetermined}"
    fitted = comparison[comparison["status"] != "too few points"]
    if not len(fitted):
        return "", "too few points for any model"
    reason = "fewest parameters, as AICc compares no two models"
    bent = fitted["arrhenius_p_value"] < BENT_BELOW
    if bent.any():
        reason += f"; but the points bend (F test p = {fitted.loc[bent, 'arrhenius_p_value'].min():.2g}): measure more"
    return fitted.sort_values("parameters", kind="stable")["model"].iloc[0], reason
