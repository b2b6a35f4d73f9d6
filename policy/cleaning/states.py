"""The time zone of a state or province, in countries that have several zones; data and one look-up (R42).

States whose people live in two zones are here where nearly everybody lives in one. This room refuses to guess: one that
it does not know is None.
"""

from policy.cleaning.companies import folded

_STATES = {
    "US": {
        "America/New_York": (
            "CT=Connecticut DC=District_of_Columbia DE=Delaware FL=Florida GA=Georgia MA=Massachusetts MD=Maryland "
            "ME=Maine MI=Michigan NC=North_Carolina NH=New_Hampshire NJ=New_Jersey NY=New_York OH=Ohio PA=Pennsylvania "
            "RI=Rhode_Island SC=South_Carolina VA=Virginia VT=Vermont WV=West_Virginia"
        ),
        "America/Chicago": (
            "AL=Alabama AR=Arkansas IA=Iowa IL=Illinois KS=Kansas LA=Louisiana MN=Minnesota MO=Missouri MS=Mississippi "
            "OK=Oklahoma TX=Texas WI=Wisconsin"
        ),
        "America/Denver": "CO=Colorado MT=Montana NM=New_Mexico UT=Utah WY=Wyoming",
        "America/Phoenix": "AZ=Arizona",
        "America/Los_Angeles": "CA=California NV=Nevada WA=Washington",
        "America/Anchorage": "AK=Alaska",
        "Pacific/Honolulu": "HI=Hawaii",
    },
    "CA": {
        "America/Toronto": "ON=Ontario QC=Quebec",
        "America/Vancouver": "BC=British_Columbia",
        "America/Edmonton": "AB=Alberta",
        "America/Winnipeg": "MB=Manitoba",
        "America/Regina": "SK=Saskatchewan",
        "America/Halifax": "NS=Nova_Scotia PE=Prince_Edward_Island",
        "America/Moncton": "NB=New_Brunswick",
        "America/St_Johns": "NL=Newfoundland_and_Labrador",
    },
    "AU": {
        "Australia/Sydney": "NSW=New_South_Wales ACT=Australian_Capital_Territory",
        "Australia/Melbourne": "VIC=Victoria",
        "Australia/Brisbane": "QLD=Queensland",
        "Australia/Adelaide": "SA=South_Australia",
        "Australia/Perth": "WA=Western_Australia",
        "Australia/Hobart": "TAS=Tasmania",
        "Australia/Darwin": "NT=Northern_Territory",
    },
}

_LONGEST_CODE = 3

ZONE_OF_STATE = {
    (country, name.replace("_", " ").lower()): zone
    for country, zones in _STATES.items()
    for zone, states in zones.items()
    for state in states.split()
    for name in state.split("=")
}
"""Zones by country and the state's code or name, in small letters."""


def zone_of_state(country: str, region: str) -> str | None:
    """Give the zone of a state or province by its code or name ("CA", "US-CA", "California", "Québec")."""
    name = folded(region).strip().removeprefix(f"{country.lower()}-")
    return ZONE_OF_STATE.get((country, name))


def country_of_state(region: str) -> str | None:
    """Give the country of a state or province by its name ("California"); its code alone tells too little."""
    name = folded(region).strip()
    found = {country for country, state in ZONE_OF_STATE if state == name and len(name) > _LONGEST_CODE}
    return found.pop() if len(found) == 1 else None
