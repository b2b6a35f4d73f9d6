"""Which account a company is, and which contradictions between accounts are found (R20, R25, R44, R46)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from models.base import parse
from models.facts import EmailKind, LeadFacts
from models.lead import Company, LeadType
from models.market import Account
from models.policy import Policy
from policy.compiled import PolicyError, compile_policy
from policy.routing.accounts import HIGHEST, MOST_DOMAINS, AccountBook, companies_of, folded, parents_of, problems

GLOBEX = {"id": "globex", "name": "Globex", "domains": ["globex.example"], "parent": "initech"}
INITECH = {
    "id": "initech",
    "name": "Initech",
    "names": ["Initech Holding"],
    "domains": ["initech.example", "ini.example"],
}
NAMED_ONLY = {"id": "hooli", "name": "Hooli A.Ş.", "names": ["HOOLI"]}


def policy(*accounts: dict[str, Any]) -> Policy:
    """Make a policy with some accounts."""
    cells = [{"intent": i, "fit": f, "do": "route"} for i in ("high", "medium", "low") for f in ("strong", "weak")]
    return parse(
        Policy,
        {
            "name": "test",
            "accounts": list(accounts),
            "scoring": {},
            "intent": {},
            "fit": {"strong_from": 0, "criteria": []},
            "matrix": cells,
            "tiers": [{"name": "any", "levels": ["mid"]}],
            "routing": {"default_pool": "all"},
            "sla": [{"name": "all", "response": "1h", "ladder": [{"do": "offer", "to": "primary"}, {"do": "triage"}]}],
        },
    )


def lead(
    company: dict[str, Any] | None = None, email: str | None = None, kind: EmailKind = EmailKind.WORK
) -> LeadFacts:
    """Make a lead of a company."""
    return LeadFacts(
        lead_id="l1",
        source="web",
        type=LeadType.OTHER,
        email=email,
        email_kind=kind if email else EmailKind.NONE,
        company=Company(**(company or {})),
        received_at=datetime(2026, 3, 3, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("facts", "account"),
    [
        (lead({"domain": "globex.example"}), "globex"),
        (lead({"name": "Something else", "domain": "ini.example"}), "initech"),
        (lead(email="jo@globex.example"), "globex"),
        (lead(email="info@globex.example", kind=EmailKind.ROLE), "globex"),
        (lead(email="jo@mail.globex.example"), "globex"),
        (lead({"name": "  GLOBEX "}), "globex"),
        (lead({"name": "initech  holding"}), "initech"),
        (lead({"name": "hooli a.ş."}, "jo@hooli-tr.example"), "hooli"),
        (lead({"name": "Hooli"}, "jo@gmail.com", EmailKind.FREE), "hooli"),
        (lead({"name": "Globex Ltd"}), None),
        (lead({"name": "Globe"}), None),
        (lead({"name": "Globex", "domain": "globex-plumbing.example"}), None),
        (lead({"name": "Globex"}, "jo@globex-plumbing.example"), None),
        (lead({"domain": "client.example"}, "jo@globex.example"), None),
        (lead(email="jo@globex.example", kind=EmailKind.FREE), None),
        (lead({"domain": "notglobex.example"}), None),
        (lead({"name": "---"}), None),
        (lead(), None),
    ],
)
def test_a_lead_matches_the_right_account_or_none(facts: LeadFacts, account: str | None) -> None:
    """By domain, else by exact name; a name does not count where the domain says it is another company (R46)."""
    found = AccountBook.of(policy(GLOBEX, INITECH, NAMED_ONLY)).account_of(facts)

    assert account == (found.id if found else None)


@pytest.mark.parametrize(
    ("name", "other"), [("İŞ BANKASI", "iş bankası"), ("Straße AG", "STRASSE  ag"), ("IŞIK", "ışık"), ("Ａcme", "acme")]
)
def test_names_are_alike_in_all_cases(name: str, other: str) -> None:
    """Capitals, full-width letters and the Turkish i make no other company."""
    assert folded(name) == folded(other) != ""


def test_free_mail_is_nobodys_company() -> None:
    """An account cannot claim an e-mail provider, and nobody is matched by one."""
    claims = policy({"id": "wrong", "name": "Wrong", "domains": ["gmail.com"]})

    assert None is AccountBook.of(claims).account_of(lead({"domain": "gmail.com"}))
    assert ["accounts[0].domains[0]: gmail.com is an e-mail provider's, so it tells no company"] == list(
        map(str, problems(claims))
    )


def test_the_chain_goes_up_to_the_top() -> None:
    """A company, its parent, its grandparent: their domains are known, each with its account (R20)."""
    top = {"id": "top", "name": "Top", "domains": ["top.example"]}
    compiled = compile_policy(policy(GLOBEX, INITECH | {"parent": "top"}, top), "test@1")
    globex = compiled.accounts.by_id["globex"]

    assert ["globex", "initech", "top"] == [one.id for one in compiled.accounts.chain(globex)]
    assert ("globex.example",) == companies_of(compiled, lead({"name": "Globex"}))
    assert {"initech.example": "initech", "ini.example": "initech", "top.example": "top"} == {
        domain: one.id for domain, one in parents_of(compiled, lead({"name": "Globex"})).items()
    }


def test_a_company_without_an_account_is_known_by_its_domain() -> None:
    """Its own domain, or that of a company's address; nothing for free mail."""
    compiled = compile_policy(policy(), "test@1")

    assert ("acme.example",) == companies_of(compiled, lead({"domain": "acme.example"}, "jo@agency.example"))
    assert ("mail.acme.example", "acme.example") == companies_of(
        compiled, lead({"domain": "acme.example"}, "jo@mail.acme.example")
    )
    assert () == companies_of(compiled, lead(email="jo@gmail.com", kind=EmailKind.FREE))
    assert {} == parents_of(compiled, lead({"domain": "acme.example"}))


@pytest.mark.parametrize(
    ("accounts", "said"),
    [
        (
            [GLOBEX | {"parent": "initec"}, INITECH],
            ["accounts[0].parent: there is no account initec, did you mean initech?"],
        ),
        (
            [{"id": "a", "name": "A", "parent": "b"}, {"id": "b", "name": "B", "parent": "a"}],
            ["accounts[0].parent: goes round in a circle: a -> b -> a"],
        ),
        ([{"id": "a", "name": "A", "parent": "a"}], ["accounts[0].parent: goes round in a circle: a -> a"]),
        (
            [
                {"id": "x", "name": "X", "parent": "a"},
                {"id": "a", "name": "A", "parent": "b"},
                {"id": "b", "name": "B", "parent": "c"},
                {"id": "c", "name": "C", "parent": "a"},
            ],
            ["accounts[1].parent: goes round in a circle: a -> b -> c -> a"],
        ),
        (
            [INITECH, {"id": "other", "name": "Other", "domains": ["other.example", "ini.example"]}],
            ["accounts[1].domains[1]: ini.example is account initech's already"],
        ),
        (
            [INITECH, {"id": "other", "name": "Other", "names": ["INITECH"]}],
            ["accounts[1].names[0]: account initech goes by that name already"],
        ),
        ([{"id": "other", "name": "--"}], ["accounts[0].name: holds no letter and no digit"]),
        ([INITECH | {"names": ["initech"]}, GLOBEX], []),
    ],
)
def test_contradicting_accounts_are_refused_with_their_place(accounts: list[dict[str, Any]], said: list[str]) -> None:
    """Unknown parents, circles, one domain or name in two accounts: no policy with them is ever compiled."""
    raw = policy(*accounts)

    assert said == list(map(str, problems(raw)))
    if said:
        with pytest.raises(PolicyError, match=r"accounts\["):
            compile_policy(raw, "test@1")


def test_a_tower_of_companies_has_an_end() -> None:
    """Twenty companies above one another are the most; the first above that is told, and the chain is bounded."""
    tower = [{"id": f"a{n}", "name": f"A{n}", "domains": [f"a{n}.example"]} for n in range(2000)]
    raw = policy(*(one | ({"parent": f"a{n - 1}"} if n else {}) for n, one in enumerate(tower)))

    assert ["accounts[20].parent: has more than 19 companies above it"] == list(map(str, problems(raw)))
    assert [] == list(problems(raw.model_copy(update={"accounts": raw.accounts[:20]})))
    book = AccountBook.of(raw)
    assert HIGHEST == len(book.chain(book.by_id["a1999"]))


def test_what_is_looked_for_in_the_past_is_bounded() -> None:
    """An account with hundreds of domains asks for its first ones, and for the lead's own in any case."""
    many = GLOBEX | {"domains": [f"g{n}.example" for n in range(500)]}
    above = INITECH | {"domains": [f"i{n}.example" for n in range(500)]}
    compiled = compile_policy(policy(many, above), "test@1")
    facts = lead({"domain": "g499.example"})

    assert MOST_DOMAINS == len(companies_of(compiled, facts)) == len(parents_of(compiled, facts))
    assert "g499.example" == companies_of(compiled, facts)[0]


def test_ten_thousand_accounts_in_one_circle_are_bounded() -> None:
    """A circle as long as the file, and thousands of unknown parents, are told in a short word each."""
    ring = [{"id": f"a{n}", "name": f"A{n}", "parent": f"a{(n + 1) % 10_000}"} for n in range(10_000)]
    lost = [Account(id=f"a{n}", name=f"A{n}", parent=f"missing-{n}") for n in range(10_000)]

    (told,) = problems(policy(*ring))
    unknown = list(problems(policy().model_copy(update={"accounts": lost})))

    assert "goes round in a circle: a0 -> a1 -> a2 -> a3 -> a4 -> a5 -> ... -> a0" == told.what
    assert 10_000 == len(unknown)
