"""Casting sample leads: a real company of the built-in directory, an invented person, and what they say.

All words and shares come from `example_people.yaml`; the dice are seeded by the caller.
"""

import csv
import random
import re
import unicodedata
from pathlib import Path
from typing import Any

import yaml

from policy.cleaning.companies import telling

HERE = Path(__file__).resolve().parent
COMPANIES = HERE.parent / "adapters" / "enrichers" / "data" / "companies.csv"
COLUMNS = re.findall(
    r"\S+",
    """
    source type email phone first_name last_name title seniority decision_maker company.name company.domain
    company.employees company.industry company.country company.city company.tech country region timezone language
    deal_value.amount deal_value.currency product use_case message campaign.name tags custom.role
    custom.newsletter_opt_in external_id received_at
    """,
)

Row = dict[str, str]


def plain(text: str) -> str:
    """Spell a name with the letters an address may have: `Sören Müller` is `soren-muller`."""
    text = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss").replace("ø", "o"))
    return re.sub(r"[^a-z0-9]+", "-", "".join(letter for letter in text if letter.isascii())).strip("-")


class Caster:
    """Cast one lead at a time.

    `strong`: somebody who decides, at a company of 200 and more. `bystander`: another department of such a company.
    `tiny`: a company of fewer than five. `private`: nobody's company. `student`, `job_seeker`: what they say.
    """

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.words: dict[str, Any] = yaml.safe_load((HERE / "example_people.yaml").read_text(encoding="utf-8"))
        with COMPANIES.open(encoding="utf-8", newline="") as file:
            self.companies = {row["domain"]: row for row in csv.DictReader(file)}
        self._unused = {home: self._pool(home) for home in self.words["homes"]}
        self._used: list[Row] = []
        self._addresses: set[str] = set()
        self._serial = 10_000

    def _pool(self, home: str) -> list[Row]:
        fitting = [
            row
            for row in self.companies.values()
            if row["country"] == home
            and row["industry"] in self.words["industries"]
            and int(row["employees"] or 0) >= 200
        ]
        self.dice.shuffle(fitting)
        return fitting

    def _pick(self, shares: dict[str, int]) -> str:
        return self.dice.choices(list(shares), list(shares.values()))[0]

    def _maybe(self, chance: float, value: str) -> str:
        return value if self.dice.random() < chance else ""

    def _company(self) -> Row:
        """Take a company nobody is from yet; one time in twelve a colleague of somebody."""
        if self._used and self.dice.random() < 1 / 12:
            return self.dice.choice(self._used)
        home = self._pick({home: share for home, share in self.words["homes"].items() if self._unused[home]})
        company = self._unused[home].pop()
        self._used.append(company)
        return company

    def lead(self, kind: str, who: str) -> Row:
        """Cast a lead of type `kind` from `who`."""
        company = self._company() if who in {"strong", "bystander"} else None
        home = company["country"] if company else self._pick(self.words["homes"])
        place = self._pick(self.words["abroad"]) if company and self.dice.random() < 0.14 else home
        row = dict.fromkeys(COLUMNS, "")
        row |= {"type": kind, "source": self.dice.choice(self.words["sources"][kind])}
        row |= self._person(who, place)
        row |= self._employer(who, company)
        row |= self._place(place, company["city"] if company else "")
        row |= self._business(kind, who, place)
        row["email"] = self._address(row, who, company)
        if self.dice.random() < 0.3:
            self._serial += self.dice.randint(1, 40)
            row["external_id"] = f"{row['source'][:2]}-{self._serial}"
        return row

    def _person(self, who: str, place: str) -> Row:
        names = self.words["names"][self.words["countries"][place]["names"]]
        group = {"strong": "deciders", "tiny": "owners", "bystander": "bystanders"}.get(who)
        title, seniority, decides = self.dice.choice(self.words[group]) if group else ("", "", None)
        local = self.words["local_deciders"].get(self.words["countries"][place]["language"])
        if local and who == "strong" and self.dice.random() < 0.3:
            title, seniority, decides = local
        if who == "student":
            title, seniority = "Student", "student"
        known = self.dice.random() < 0.88
        return {
            "first_name": self.dice.choice(names["first"]),
            "last_name": self.dice.choice(names["last"]),
            "title": title if known else "",
            "seniority": self._maybe(0.6, seniority) if known else "",
            "decision_maker": self._maybe(0.75, {True: "true", False: "false", None: ""}[decides]),
            "custom.role": who if who in {"student", "job_seeker"} else "",
        }

    def _employer(self, who: str, company: Row | None) -> Row:
        if who == "tiny":
            name, employees, industry = self.dice.choice(self.words["tiny_companies"])
            return {"company.name": name, "company.employees": str(employees), "company.industry": industry}
        if company is None:
            return {}
        row = full_company(company)
        shape = self.dice.choices(["full", "domain", "name", "both", "none"], [30, 33, 14, 15, 8])[0]
        kept = {
            "full": tuple(row),
            "domain": ("company.domain",),
            "name": ("company.name",),
            "both": ("company.name", "company.domain"),
            "none": (),
        }[shape]
        row = {column: value for column, value in row.items() if column in kept}
        if self.dice.random() < 0.25:
            row["company.tech"] = ";".join(sorted(self.dice.sample(self.words["technologies"], 2)))
        return row

    def _place(self, place: str, city: str) -> Row:
        country = self.words["countries"][place]
        zone = country.get("zone") or self.words["us_zones"].get(city, "")
        phones = country.get("phones", [])
        phone = re.sub("x", lambda _: str(self.dice.randint(0, 9)), self.dice.choice(phones)) if phones else ""
        return {
            "region": self._maybe(0.1, self.words["regions"].get(place, "emea")),
            "country": self._maybe(0.8, self.dice.choice(country["written"])),
            "timezone": self._maybe(0.45, zone),
            "language": self._maybe(0.6, country["language"]),
            "phone": self._maybe(0.5, phone),
        }

    def _business(self, kind: str, who: str, place: str) -> Row:
        strong = who == "strong"
        row = {
            "product": self._maybe(0.65, self.dice.choice(self.words["products"])),
            "use_case": self._maybe(0.4, self.dice.choice(self.words["use_cases"])),
            "tags": ";".join(sorted(self.dice.sample(self.words["tags"], self.dice.choice([0, 0, 0, 1, 2])))),
            "campaign.name": self.dice.choice(self.words["campaigns"].get(kind, [""])),
            "custom.newsletter_opt_in": self.dice.choice(["", "", "true", "false"]),
        }
        texts = self.words["messages"].get(who) or self.words["messages"].get(kind, {})
        spoken = texts.get(self.words["countries"][place]["language"]) if self.dice.random() < 0.7 else None
        if texts:
            row["message"] = self._maybe(0.8, self.dice.choice(spoken or texts["en"]))
        band = self.dice.choices(["none", "small", "middle", "large"], [20, 20, 35, 25] if strong else [60, 30, 10, 0])[
            0
        ]
        if who in {"strong", "tiny", "bystander"} and band != "none":
            row |= self._deal(band, self.words["countries"][place]["currency"])
        return row

    def _deal(self, band: str, currency: str) -> Row:
        """Draw an amount well inside a band of R8 (below 10 000, to 50 000, above), in a local currency."""
        low, high = {"small": (15, 85), "middle": (130, 440), "large": (600, 4200)}[band]
        euro = self.dice.randint(low, high) * 100
        amount = float(f"{euro * self.words['per_euro'][currency]:.2g}")
        return {"deal_value.amount": f"{amount:.0f}", "deal_value.currency": currency}

    def _address(self, row: Row, who: str, company: Row | None) -> str:
        host = {"private": "free_mail", "job_seeker": "free_mail", "student": "universities"}.get(who)
        if host:
            domain = self.dice.choice(self.words[host])
        else:
            domain = plain(telling(company["name"]).stem if company else row["company.name"]) + ".example"
        local = f"{plain(row['first_name'])}.{plain(row['last_name'])}"
        address, again = f"{local}@{domain}", 1
        while address in self._addresses:
            again += 1
            address = f"{local}{again}@{domain}"
        self._addresses.add(address)
        return address


def full_company(company: Row) -> Row:
    """Fill in all that the directory knows of a company."""
    columns = ("name", "domain", "employees", "industry", "country", "city")
    return {f"company.{column}": company[column] for column in columns}
