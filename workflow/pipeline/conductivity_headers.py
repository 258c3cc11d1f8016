"""Columns of a measured sigma(T): which is the temperature, which the conductivity, in what unit and on what scale."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from superion.validity import one_of

__all__ = [
    "CONDUCTIVITY_UNITS",
    "QUANTITIES",
    "SCALES",
    "TEMPERATURE_UNITS",
    "Columns",
    "Heading",
    "check_declared",
    "conductivity_unit",
    "read_heading",
    "temperature_unit",
    "understand_columns",
]

TEMPERATURE_UNITS = ("K", "degC", "1000/K", "1/K")
CONDUCTIVITY_UNITS = {"S/cm": 1.0, "S/m": 1e-2, "mS/cm": 1e-3, "uS/cm": 1e-6}
"""Factor to S/cm of each unit; for sigma*T kelvin is understood."""
QUANTITIES = ("sigma", "sigma_T")
SCALES = ("linear", "ln", "log10")
SERIES_NAMES = ("series", "sample", "material", "composition")
DECLARABLE = {"temperature": ("column", "unit"), "conductivity": ("column", "quantity", "scale", "unit")}


class Heading(NamedTuple):
    """What one header says by itself; None where it does not say it."""

    name: str
    role: str = "other"
    """'temperature', 'conductivity', 'series', 'exclude' or 'other'."""
    unit: str | None = None
    written_unit: str = ""
    """The unit as written, understood or not."""
    quantity: str | None = None
    scale: str | None = None
    """One of `SCALES`, or 'log' without its base."""
    has_kelvin: bool = False
    """Whether the unit of a conductivity holds K, as that of sigma*T does."""


class Columns(NamedTuple):
    """Positions and meaning of the columns of one file, with the same in words."""

    temperature: int
    temperature_unit: str
    conductivity: int
    quantity: str
    scale: str
    conductivity_unit: str
    series: tuple[int, ...]
    exclude: int | None
    said: tuple[str, ...]


# One header -----------------------------------------------------------------------------------------------------------

SAMPLE = "sample|measured|measurement|furnace|cell|set|absolute"
KIND = r"total|bulk|grain[\s_-]?boundary|gb|ionic|ion|electrical|dc|ac|li|lithium|specific|measured|sample"
SIGMA = r"(?:σ|(?i:sigma|conductivity))"
END = r"(?![A-Za-z0-9])"
BY = r"[\s_]*[·*×x.]?[\s_]*"
LOGARITHM = re.compile(rf"(?i:(log[\s_]?10|lg|log[\s_]?e|ln|log))(?=[\s_(\[]|{SIGMA}|T)[\s_]*(.*)")
SCALE_WORDS = {"log10": "log10", "lg": "log10", "loge": "ln", "ln": "ln", "log": "log"}
CONDUCTIVITY = re.compile(
    rf"(?:(?i:{KIND})[\s_-]+)*{SIGMA}(?:[\s_,-]*[(\[]?(?i:{KIND})[)\]]?{END})*"
    rf"(?:\s*\(\s*T\s*\)|(?P<after>{BY}(?:T|(?i:temperature))){END})?{END}"  # sigma(T) is sigma, as a function of T
    rf"|(?P<before>T\s*[·*×]?\s*){SIGMA}{END}"
)
RECIPROCAL = re.compile(
    r"(?P<number>1000|10\^3|1e3|1)\s*(?:K\s*)?"
    rf"(?:/\s*(?:T|(?i:temperature|temp)|\(\s*T\s*(?:/\s*K\s*)?\))|[·*\s]*T\^?-1){END}"
    rf"|(?i:inverse|inv|reciprocal)[\s_]*(?:T|(?i:temperature|temp)){END}"
)
TEMPERATURE = re.compile(
    rf"(?:(?i:{SAMPLE})[\s_-]+)*(?P<word>(?i:temperature|temp\.?)|[Tt])(?:[\s_,-]*[(\[]?(?i:{SAMPLE})[)\]]?)*{END}"
)
NOT_A_VALUE = re.compile(r"(?i)[\s_(\[,]*(err|unc|std|stdev|sd\b|dev|±|min\b|max\b|fit|calc|lower|upper)")
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
PER_KELVIN = ("1/k", "/k", "k-1")
PER_KILOKELVIN = ("1000/k", "10^3/k", "1e3/k", "kk-1", "1/kk", "/kk", "1000k-1", "10^3k-1", "1e3k-1", "10-3k-1")
CELSIUS = ("°c", "degc", "celsius", "°celsius", "degcelsius", "degreec", "degreesc", "degreecelsius", "degreescelsius")


def read_heading(name: str) -> Heading:
    """What one header says: its role and, of a temperature or a conductivity, unit, quantity and scale."""
    text = _plain(name)
    if text.casefold() in SERIES_NAMES:
        return Heading(name, "series")
    if text.casefold() == "exclude":
        return Heading(name, "exclude")
    return _reciprocal_heading(name, text) or _conductivity_heading(name, text) or _temperature_heading(name, text)


def temperature_unit(text: str, *, spelled_out: bool = False) -> str | None:
    """'K' or 'degC' if the text is one of their spellings; lower-case k and c count behind 'temperature' alone."""
    unit = _squeezed(text).replace("_", "")
    if unit in ("K", "degK", "°K") or (spelled_out and unit == "k"):
        return "K"
    return "degC" if unit in ("C", "oC") or unit.casefold() in CELSIUS or (spelled_out and unit == "c") else None


def conductivity_unit(text: str) -> tuple[str, bool] | None:
    """Unit among `CONDUCTIVITY_UNITS` that the text spells, and whether kelvin stands with it."""
    unit = _squeezed(text)
    if unit.startswith("M"):  # megasiemens; every other letter may come in either case
        return None
    unit = unit.casefold()
    return CONDUCTIVITY_SPELLINGS.get(unit) or CONDUCTIVITY_SPELLINGS.get(unit.replace("_", ""))


def _conductivity_spellings() -> dict[str, tuple[str, bool]]:
    """Every understood spelling, without spaces and dots, of each unit; S_cm is what a column name makes of S/cm."""
    found: dict[str, tuple[str, bool]] = {}
    for name in CONDUCTIVITY_UNITS:
        siemens, length = name.split("/")
        plain, with_kelvin = [f"{siemens}_{length}"], [f"{siemens}_K_{length}", f"{siemens}K_{length}"]
        for s in (siemens, "ohm-1") if siemens == "S" else (siemens,):
            plain += [f"{s}/{length}", f"{s}{length}-1"]
            with_kelvin += [f"{s}K/{length}", f"K{s}/{length}", f"{s}/{length}K"]
            with_kelvin += [f"{s}K{length}-1", f"K{s}{length}-1", f"{s}{length}-1K"]
        if siemens == "S":
            plain += [f"1/(ohm{length})", f"1/ohm{length}", f"1/ohm/{length}", f"(ohm{length})-1"]
            with_kelvin += [f"K/(ohm{length})", f"(ohm{length})-1K", f"K(ohm{length})-1"]
        found |= {spelling.casefold(): (name, False) for spelling in plain}
        found |= {spelling.casefold(): (name, True) for spelling in with_kelvin}
    return found


CONDUCTIVITY_SPELLINGS = _conductivity_spellings()


def _plain(name: str) -> str:
    """The header with one spelling for each sign: cm⁻¹ as cm^-1, º as °, the various minus signs as -."""
    text = re.sub(r"[⁰¹²³⁴-⁹⁻⁺]+", lambda found: "^" + found[0].translate(SUPERSCRIPTS), name)
    text = unicodedata.normalize("NFKC", re.sub("[º˚]", "°", text)).replace("μ", "u")
    text = re.sub("[−–‐‑]", "-", re.sub("[∙⋅•]", "·", text)).replace("**", "^")
    text = re.sub(r"\^\{([-+]?\d+)\}", r"^\1", re.sub(r"[$\\]", "", text))
    return " ".join(text.split())


def _squeezed(unit: str) -> str:
    text = re.sub(r"(?:^|[\s_])per[\s_]", "/", _plain(unit))
    for pattern, short in ((r"(?i)kelvins?", "K"), (r"(?i)ohms?|Ω", "ohm"), (r"(?i)siemens", "S")):
        text = re.sub(pattern, short, text)
    return re.sub(r"[\s·*.]|\^(?=[-+])", "", text)


def _unit_text(rest: str) -> tuple[str, bool]:
    """Unit behind a quantity, without its brackets, and whether brackets, a slash or 'in' mark it as one."""
    text = re.sub(r"^[\s_,:]+", "", rest).strip()
    marked = text.startswith(("/", "(", "[", "in "))
    text = re.sub(r"^(in |/)\s*", "", text)
    if text.startswith(("(", "[")) and _closing(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text, marked


def _closing(text: str) -> int:
    """Position of the bracket that closes the one at the start; -1 if none does."""
    depth = 0
    for position, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if depth == 0:
            return position
    return -1


def _reciprocal_heading(name: str, text: str) -> Heading | None:
    if not (match := RECIPROCAL.match(text)):
        return None
    written, _ = _unit_text(text[match.end() :])
    unit = re.sub("_", "", _squeezed(written)).casefold()
    if (match["number"] or "1") != "1":
        known = "1000/K" if unit in ("", "k", *PER_KELVIN, *PER_KILOKELVIN[:-1]) else None
    else:
        known = "1/K" if unit in PER_KELVIN else "1000/K" if unit in PER_KILOKELVIN else None
    return Heading(name, "temperature", known, written)


def _temperature_heading(name: str, text: str) -> Heading:
    match = TEMPERATURE.match(text)
    if not match or NOT_A_VALUE.match(text, match.end()):
        return Heading(name)
    written, marked = _unit_text(text[match.end() :])
    unit = temperature_unit(written, spelled_out=len(match["word"]) > 1)
    bare = not written and match["word"] != "t"  # a bare t is more likely the time
    return Heading(name, "temperature", unit, written) if unit or marked or bare else Heading(name)


def _conductivity_heading(name: str, text: str) -> Heading | None:
    scale = "linear"
    if match := LOGARITHM.match(text):
        scale, text = SCALE_WORDS[re.sub(r"[\s_]", "", match[1]).casefold()], match[2]
    if (
        text.startswith(("(", "[")) and (end := _closing(text)) > 0
    ):  # ln(sigma / S cm^-1) as well as ln(sigma) / S cm^-1
        text = f"{text[1:end].strip()} {text[end + 1 :].strip()}".strip()
    match = CONDUCTIVITY.match(text)
    if not match or NOT_A_VALUE.match(text, match.end()):
        return None
    written, marked = _unit_text(text[match.end() :])
    unit, has_kelvin = conductivity_unit(written) or (None, False)
    if written and not unit and not marked:
        return None
    quantity = "sigma_T" if match["after"] or match["before"] else "sigma"
    return Heading(name, "conductivity", unit, written, quantity, scale, has_kelvin)


# All headers of a file ------------------------------------------------------------------------------------------------


def check_declared(declared: Mapping[str, Any] | None) -> dict[str, Any]:
    """The declared mapping with all its parts, `series` as a list or None.

    Raises
    ------
    ValueError
        An unknown key, unit, quantity or scale.
    """
    declared = dict(declared or {})
    for key in declared:
        one_of("a key of the declared columns", key, (*DECLARABLE, "series"))
    choices = {
        "temperature": {"unit": TEMPERATURE_UNITS},
        "conductivity": {"unit": tuple(CONDUCTIVITY_UNITS), "quantity": QUANTITIES, "scale": SCALES},
    }
    for part, keys in DECLARABLE.items():
        declared[part] = dict(declared.get(part) or {})
        for key, value in declared[part].items():
            one_of(f"a key of {part}", key, keys)
            if key in choices[part]:
                one_of(f"{part}.{key}", value, choices[part][key])
    series = declared.get("series")
    declared["series"] = [series] if isinstance(series, str) else series
    return declared


def understand_columns(names: Sequence[str], declared: Mapping[str, Any]) -> tuple[Columns | None, list[str]]:
    """Columns of a file with these headers.

    Parameters
    ----------
    names : headers in their order
    declared : as `check_declared` returns it; what it says overrides the headers

    Returns
    -------
    columns : None if there is a problem
    problems : everything that is not understood, each with what would be right
    """
    headings = [read_heading(name) for name in names]
    problems: list[str] = []
    temperature = _chosen("temperature", headings, declared, problems)
    conductivity = _chosen("conductivity", headings, declared, problems)
    said = []
    if temperature is not None:
        unit, words = _temperature_meaning(headings[temperature], declared["temperature"], problems)
        said.append(words)
    if conductivity is not None:
        quantity, scale, conductivity_in, words = _conductivity_meaning(
            headings[conductivity], declared["conductivity"], problems
        )
        said.append(words)
    if temperature is not None and temperature == conductivity:
        problems.append(f"column {_quoted(names[temperature])} cannot be both the temperature and the conductivity")
    series = _series_columns(headings, declared, problems)
    exclude = [i for i, heading in enumerate(headings) if heading.role == "exclude"]
    if len(exclude) > 1:
        problems.append('the column "exclude" occurs twice; keep one')
    if problems:
        return None, problems
    if series:
        said.append(f"a series for each {' and '.join(_quoted(names[i]) for i in series)}")
    used = {temperature, conductivity, *series, *exclude}
    ignored = [_quoted(name or f"(no name, column {i + 1})") for i, name in enumerate(names) if i not in used]
    if ignored:
        said.append(f"ignored: {', '.join(ignored)}")
    excluding = exclude[0] if exclude else None
    columns = Columns(temperature, unit, conductivity, quantity, scale, conductivity_in, series, excluding, tuple(said))
    return columns, []


def _chosen(part: str, headings: list[Heading], declared: Mapping[str, Any], problems: list[str]) -> int | None:
    """Position of the column declared for `part`, else of the only one that could be it."""
    names = [heading.name for heading in headings]
    column = declared[part].get("column")
    if column is not None:
        return _position(part, str(column).strip(), names, problems)
    candidates = [i for i, heading in enumerate(headings) if heading.role == part]
    if len(candidates) == 1:
        return candidates[0]
    example = (
        '"T (K)", "T (°C)" or "1000/T (1/K)"'
        if part == "temperature"
        else '"sigma (S/cm)" or "ln(sigma T / S K cm^-1)"'
    )
    if candidates:
        listed = ", ".join(_quoted(names[i]) for i in candidates)
        problems.append(
            f"{len(candidates)} columns could be the {part}: {listed}; "
            f"declare which, as in {part}: {{column: {_quoted(names[candidates[0]])}}}"
        )
    else:
        unit = "K" if part == "temperature" else "S/cm"
        problems.append(
            f"no column is understood as the {part}; the columns are {_listed(names)}; "
            f"call it {example}, or declare {part}: {{column: ..., unit: {unit}}}"
        )
    return None


def _position(part: str, column: str, names: list[str], problems: list[str]) -> int | None:
    count = names.count(column)
    if count == 1:
        return names.index(column)
    if count:
        problems.append(f"column {_quoted(column)}, declared for the {part}, occurs {count} times; rename all but one")
    else:
        near = get_close_matches(column, names, 1)
        meant = f"; did you mean {_quoted(near[0])}?" if near else ""
        problems.append(
            f"column {_quoted(column)}, declared for the {part}, is not there; the columns are {_listed(names)}{meant}"
        )
    return None


def _temperature_meaning(heading: Heading, declared: Mapping[str, Any], problems: list[str]) -> tuple[str, str]:
    unit, name = declared.get("unit") or heading.unit, _quoted(heading.name)
    if unit is None:
        write = f'write it into the header, as "T (K)" or "T (°C)", or declare temperature: {{column: {name}, unit: K}}'
        if heading.written_unit:
            problems.append(
                f"column {name}: {heading.written_unit!r} is not one of K, degC (°C), 1000/K and 1/K; "
                "convert the numbers to one of these and write it into the header"
            )
        else:
            problems.append(f"column {name} does not say its unit (K, degC or 1000/K); {write}")
    overrides = [("unit", declared.get("unit"), heading.unit)]
    return unit or "", f"temperature from column {name} in {unit}{_declared_words(overrides)}"


def _conductivity_meaning(
    heading: Heading, declared: Mapping[str, Any], problems: list[str]
) -> tuple[str, str, str, str]:
    name = _quoted(heading.name)
    quantity = declared.get("quantity") or heading.quantity or "sigma"
    scale = declared.get("scale") or heading.scale or "linear"
    unit = declared.get("unit") or heading.unit
    if scale == "log":
        problems.append(
            f"column {name} does not say the base of its logarithm; write ln(...) or log10(...), "
            f"or declare conductivity: {{column: {name}, scale: log10}}"
        )
    if unit is None:
        right = "sigma (S/cm)" if quantity == "sigma" else "sigma T (S K/cm)"
        write = f'write it into the header, as "{right}", or declare conductivity: {{column: {name}, unit: S/cm}}'
        known = ", ".join(CONDUCTIVITY_UNITS) + (" (times K)" if quantity == "sigma_T" else "")
        if heading.written_unit:
            problems.append(
                f"column {name}: {heading.written_unit!r} is not one of {known}; "
                f'convert the numbers to one of these and write it into the header, as "{right}"'
            )
        else:
            problems.append(f"column {name} does not say its unit ({known}); {write}")
    elif not declared.get("unit") and not declared.get("quantity") and (quantity == "sigma_T") != heading.has_kelvin:
        problems.append(
            f"column {name}: {heading.written_unit!r} is the unit of "
            f"{'sigma*T' if heading.has_kelvin else 'sigma'}, but the header names "
            f"{'sigma*T' if quantity == 'sigma_T' else 'sigma'}; mend the header, "
            f"or declare conductivity: {{column: {name}, quantity: {'sigma_T' if heading.has_kelvin else 'sigma'}}}"
        )
    overrides = [(key, declared.get(key), getattr(heading, key)) for key in ("quantity", "scale", "unit")]
    of = "" if scale == "linear" else f"{scale} of "
    shown = f"{of}sigma in {unit}" if quantity == "sigma" else f"{of}sigma*T in {str(unit).replace('/', ' K/')}"
    return quantity, scale, unit or "", f"conductivity from column {name} as {shown}{_declared_words(overrides)}"


def _declared_words(overrides: list[tuple[str, str | None, str | None]]) -> str:
    """What is declared, and where the header says otherwise."""
    keys = [key for key, wanted, _ in overrides if wanted]
    against = [found for _, wanted, found in overrides if wanted and found and found != wanted]
    if not keys:
        return ""
    return f" ({', '.join(keys)} declared{'; the header says ' + ', '.join(against) if against else ''})"


def _series_columns(headings: list[Heading], declared: Mapping[str, Any], problems: list[str]) -> tuple[int, ...]:
    if declared["series"] is None:
        return tuple(i for i, heading in enumerate(headings) if heading.role == "series")
    names = [heading.name for heading in headings]
    found = [_position("series", str(column).strip(), names, problems) for column in declared["series"]]
    return tuple(i for i in found if i is not None)


def _quoted(name: str) -> str:
    return f'"{name}"'


def _listed(names: Sequence[str]) -> str:
    return ", ".join(_quoted(name) for name in names if name)
