"""What a job title says: how senior its holder is, and whether they decide (R35). English, German, Turkish,
Polish, and the usual words of French, Spanish, Italian, Dutch and the Nordic languages.

This room refuses to guess: a title it does not understand says nothing.
"""

import re
from enum import StrEnum


class Seniority(StrEnum):
    """How senior somebody is, as far as a title tells."""

    FOUNDER = "founder"
    C_LEVEL = "c_level"
    VP = "vp"
    DIRECTOR = "director"
    HEAD = "head"
    MANAGER = "manager"
    SENIOR = "senior"
    SPECIALIST = "specialist"
    JUNIOR = "junior"
    ASSISTANT = "assistant"
    STUDENT = "student"
    UNEMPLOYED = "unemployed"


_DECIDES: dict[str, bool] = {
    Seniority.FOUNDER: True,
    Seniority.C_LEVEL: True,
    Seniority.VP: True,
    Seniority.DIRECTOR: True,
    Seniority.HEAD: True,
    Seniority.SPECIALIST: False,
    Seniority.JUNIOR: False,
    Seniority.ASSISTANT: False,
    Seniority.STUDENT: False,
    Seniority.UNEMPLOYED: False,
}

# The first that matches wins: whoever assists the boss names the boss in their title.
_WORDS: dict[Seniority, tuple[str, ...]] = {
    Seniority.UNEMPLOYED: (
        *(r"unemployed", r"between jobs", r"open to work", r"job ?seeker"),
        *(r"arbeits(los|suchend)\w*", r"i[sş]siz", r"bezrobotn\w+"),
    ),
    Seniority.STUDENT: (
        *(r"(?!werk)\w*student(in|ka)?", r"undergraduate", r"ph\.?d\.? (candidate|student)", r"doktorand(in)?"),
        *(r"pupil", r"öğrenci\w*", r"uczeń", r"étudiante?", r"estudiante", r"studente(ssa)?"),
    ),
    Seniority.ASSISTANT: (
        *(
            r"(executive|personal|team|management|administrative|office|facilities) assistant",
            r"assistant to\b.*",
            r"secretary",
        ),
        *(r"(ea|pa) to\b.*", r"(ceo|cfo|coo|cto|cmo|vp|sales|marketing|hr)('?s)? assistant", r"assistant$"),
        *(r"\w*assisten(t|tin|z)\b.*", r"sekret(ä|a)r\w*", r"receptionist", r"(yönetici )?asistan\w*", r"asystent\w*"),
    ),
    Seniority.JUNIOR: (
        *(r"junior", r"jr", r"intern", r"internship", r"trainee", r"apprentice", r"graduate", r"praktikant(in)?"),
        *(r"stagiaire", r"alternante?", r"becari[oa]", r"en prácticas", r"tirocinante", r"stagista", r"stagiair"),
        *(r"werkstudent(in)?", r"azubi", r"auszubildende\w*", r"stajyer\w*", r"stażyst\w+", r"młodsz\w+"),
    ),
    Seniority.FOUNDER: (
        *(r"(co-?)?founder", r"(business |company |co-?)?owner", r"inhaber(in)?", r"gründer(in)?"),
        *(r"kurucu\w*", r"założyciel\w*", r"fondat(eur|rice)", r"co-?fondat(eur|rice)", r"fundador(a)?"),
        *(r"fondat(ore|rice)", r"oprichter", r"eigenaar", r"właściciel\w*", r"propietari[oa]", r"titolare"),
    ),
    Seniority.VP: (
        *(r"[se]?vp", r"(senior |executive |assistant )?vice[- ]president", r"prokurist(in)?"),
        *(r"genel m[uü]d[uü]r yard[ıi]mc[ıi]s[ıi]", r"gmy"),
        *(r"wiceprezes\w*", r"başkan yardımcısı", r"vice-?président(e)?", r"vicepresidente"),
    ),
    Seniority.C_LEVEL: (
        *(r"c[a-z]{1,2}o", r"chief( \w+){1,3} officer", r"president", r"managing (director|partner)"),
        *(r"general manager", r"board member", r"chair(man|woman|person)?", r"partner", r"gesch(ä|ae)ftsf(ü|ue)hr\w*"),
        *(r"gesch(ä|ae)ftsleitung", r"yönetim kurulu (başkan|üye)\w*"),
        *(r"vorstand\w*", r"genel m[uü]d[uü]r\w*", r"prezes\w*", r"członek zarządu", r"pdg", r"président(e)?"),
        *(r"direct(eur|rice) général(e)?", r"gérante?", r"director(a)? general", r"consejer[oa] delegad[oa]"),
        *(r"amministrat(ore|rice) delegat[oa]", r"direttore generale", r"algemeen directeur", r"bestuurder"),
        *(r"verkställande direktör", r"toimitusjohtaja", r"administrerende direktør"),
    ),
    Seniority.DIRECTOR: (
        r"directora?",
        r"dir\.",
        r"direttore",
        r"direttrice",
        r"direktør",
        r"directeur",
        r"directrice",
        r"direktor(in)?",
        r"direktör\w*",
        r"dyrektor\w*",
        r"bereichsleiter(in)?",
    ),
    Seniority.HEAD: (
        *(
            r"head",
            r"chief of staff",
            r"\w*leiter(in)?",
            r"leitung",
            r"kierownik\w*",
            r"m[uü]d[uü]r\w*",
            r"jef[ea]",
            r"chef(fe)? de service",
            r"hoofd",
        ),
    ),
    Seniority.MANAGER: (
        *(
            r"manager(in|ka)?",
            r"mgr",
            r"team ?lead(er)?",
            r"supervisor",
            r"product owner",
            r"yönetici\w*",
            r"menedżer\w*",
        ),
        *(r"responsable", r"responsabile", r"gerente", r"chef(fe)? de projet", r"teamleider"),
    ),
    Seniority.SENIOR: (
        *(r"senior", r"sr", r"principal", r"staff", r"lead", r"expert", r"kıdemli", r"uzman", r"starsz\w+"),
    ),
    Seniority.SPECIALIST: (
        *(r"specialist", r"analyst", r"engineer", r"developer", r"consultant", r"coordinator", r"representative"),
        *(r"clerk", r"associate", r"designer", r"sachbearbeiter(in)?", r"referent(in)?", r"entwickler(in)?"),
        *(r"technician", r"mühendis\w*", r"specjalist\w*", r"analityk\w*"),
    ),
}
_RANKS = {rank: re.compile(rf"(?<!\w)({'|'.join(words)})(?!\w)") for rank, words in _WORDS.items()}
_AROUND_THEM = r"(success|affairs|services?|support|recruit\w+|programm?e?s?|experience|engagement|hiring|manager)"
# Titles that hold another rank's word, each with what it says instead.
_NOT_ITS_OWN = (
    (re.compile(r"product owner"), "product manager"),
    (re.compile(r"(?<!\w)(former|ex|retired|past)[- ]\w+"), ""),
    (re.compile(r"(?<!\w)(ceo|cfo|coo|president|vorstand)('?s)? office"), ""),
    (re.compile(r"(?<!\w)(students?|graduates?|trainees?|interns?|apprentices?|unemployed) " + _AROUND_THEM), r"\2"),
    (re.compile(r"(partner|channel|alliance)s? manager"), "manager"),
    (re.compile(r"(?<!genel )m[uü]d[uü]r yard[ıi]mc[ıi]s[ıi]"), "manager"),
    (re.compile(r"secretary[- ]general|general secretary|generalsekretär(in)?"), "president"),
    (re.compile(r"account executive|(partner|channel) (sales|account|success|marketing)"), "associate"),
    (re.compile(r"(office of the|advisor to the|reports? to( the)?) \w+"), ""),
)


_INITIALS = re.compile(r"(?<!\w)(?:[^\W\d_]\.){2,}")

_ALIASES = {
    "c_suite": "c_level",
    "cxo": "c_level",
    "executive": "c_level",
    "owner": "founder",
    "individual": "specialist",
    "individual_contributor": "specialist",
    "entry": "junior",
    "entry_level": "junior",
}


def decides(rank: str) -> bool | None:
    """Say whether somebody of this rank decides what is bought; None where rank alone does not tell (managers)."""
    return _DECIDES.get(rank)


def small(title: str) -> str:
    """Give a title in small letters with single spaces and no dots in initials; "İK" is "ik", "C.E.O." is "ceo"."""
    words = " ".join(title.replace("İ", "i").lower().split())
    return _INITIALS.sub(lambda found: found[0].replace(".", ""), words)


def seniority_of(title: str) -> Seniority | None:
    """Read how senior the holder of `title` is; None when the title does not tell."""
    words = small(title)
    for pattern, instead in _NOT_ITS_OWN:
        words = pattern.sub(instead, words)
    return next((rank for rank, pattern in _RANKS.items() if pattern.search(words)), None)


def seniority_named(word: str) -> Seniority | None:
    """Read a seniority as a sender's form names it ("C-Level", "vp", "Director"); else as a title."""
    key = re.sub(r"[^a-z]+", "_", word.lower()).strip("_")
    key = _ALIASES.get(key, key)
    return Seniority(key) if key in set(Seniority) else seniority_of(word)
