"""Columns of the tables of fitted conductivities."""

import numpy as np

from pipeline.artifacts import Column

SERIES = {
    "series": Column("", "name of the series"),
    "file": Column("", "file that it was read from"),
}
POINTS = {
    **SERIES,
    "slug": Column("", "the name as it stands in names of files"),
    "row": Column("", "line of the file"),
    "temperature_K": Column("K", "temperature"),
    "log_conductivity": Column("", "ln of the conductivity in S/cm"),
    "conductivity_S_per_cm": Column("S/cm", "conductivity"),
}
MODEL = {"model": Column("", "conductivity model, see superion.conductivity_models", "Hu (2023), Eq. (24), Sec. 3.2")}
PARAMETERS = {
    **SERIES,
    **MODEL,
    "parameter": Column("", "parameter of the model"),
    "unit": Column("", "unit of the numbers in this row"),
    "estimate": Column("", "least squares of ln(sigma), global within the bounds"),
    "standard_error": Column("", "from the Jacobian at the optimum; empty where it says nothing", optional=True),
    "low": Column("", "lower end of the profile-likelihood interval; empty: unbounded", optional=True),
    "high": Column("", "upper end of the profile-likelihood interval; empty: unbounded", optional=True),
    "low_open": Column("", "whether the data leave the interval open below"),
    "high_open": Column("", "whether the data leave the interval open above"),
    "bootstrap_low": Column("", "lower end of the bootstrap interval; empty without degrees of freedom", optional=True),
    "bootstrap_high": Column(
        "", "upper end of the bootstrap interval; empty without degrees of freedom", optional=True
    ),
    "at_bound": Column("", "'lower' or 'upper' where the optimum is at a bound"),
    "identifiable": Column("", "whether the data determine this parameter"),
}
COMPARISON = {
    **SERIES,
    **MODEL,
    "status": Column("", "'ok', 'exact' (the curve meets every point), or 'too few points'"),
    "points": Column("", "measured points"),
    "parameters": Column("", "parameters of the model"),
    "degrees_of_freedom": Column("", "points less parameters"),
    "rmse": Column("", "root mean square of the residuals of ln(sigma)"),
    "leave_one_out_rmse": Column("", "the same, each point predicted from the others; empty: too few", optional=True),
    "aicc": Column("", "Akaike's criterion for short series; empty: not defined, see criteria_reason", optional=True),
    "bic": Column("", "Bayesian criterion; empty: not defined, see criteria_reason", optional=True),
    "criteria_reason": Column("", "why a criterion is not defined"),
    "delta_aicc": Column("", "AICc less the smallest of the series", optional=True),
    "akaike_weight": Column("", "weight among the models with a defined AICc", optional=True),
    "support": Column("", "'best', 'as good' (delta below 2), 'weaker' (below 10), 'none', or 'undefined'"),
    "arrhenius_p_value": Column("", "chance that a plain Arrhenius line looks as bent, F test", optional=True),
    "identifiable": Column("", "whether the data determine every parameter"),
    "reasons": Column("", "why they do not, or why the model could not be fitted"),
}
CURVES = {
    **SERIES,
    **MODEL,
    "temperature_K": Column("K", "temperature"),
    "log_conductivity": Column("", "fitted ln of the conductivity in S/cm"),
    "low": Column("", "lower end of the confidence band of the curve", optional=True),
    "high": Column("", "upper end of the confidence band of the curve", optional=True),
}
RESIDUALS = {
    **SERIES,
    **MODEL,
    "row": Column("", "line of the file"),
    "temperature_K": Column("K", "temperature"),
    "residual": Column("", "measured less fitted ln of the conductivity"),
}
STATUS = {
    "file": Column("", "file; empty where the remark names it"),
    "series": Column("", "series; empty where the whole file is meant"),
    "status": Column("", "'fitted', 'not used' (a fault, one a row), or 'empty'"),
    "row": Column("", "line of the file that is at fault; 0: none in particular"),
    "points": Column("", "points fitted"),
    "excluded_rows": Column("", "lines kept out by the column 'exclude'"),
    "remark": Column("", "how the columns were understood, or what is wrong and what would be right"),
}
TABLES = {
    "points": (POINTS, "Measured conductivities as they were read"),
    "parameters": (PARAMETERS, "Parameters of every model fitted to every series, with intervals"),
    "comparison": (COMPARISON, "Models of each series side by side"),
    "curves": (CURVES, "Fitted curves with their confidence bands"),
    "residuals": (RESIDUALS, "Residuals of every fit at every point"),
    "status": (STATUS, "What became of every file and series"),
}
"""Columns and description of each table."""


def empty_row(model: str, points: int, status: str, reasons: str) -> dict:
    """A row of the comparison in which nothing is known yet."""
    from superion.conductivity_models import MODELS

    size = MODELS[model].size
    row = {name: None for name in COMPARISON if name not in SERIES}
    return row | {
        "model": model,
        "status": status,
        "points": points,
        "parameters": size,
        "degrees_of_freedom": points - size,
        "rmse": np.nan,
        "criteria_reason": "" if status != "too few points" else "the model could not be fitted",
        "support": "undefined",
        "identifiable": False,
        "reasons": reasons,
    }
