"""What a job title says of somebody's department, in the languages that leads write in (R35)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.facts import Department
from policy.cleaning.departments import department_of
from policy.cleaning.titles import seniority_of

D = Department


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("CEO", D.MANAGEMENT), ("Geschäftsführerin", D.MANAGEMENT), ("Genel Müdür", D.MANAGEMENT),
        ("PDG", D.MANAGEMENT),
        ("Prezes Zarządu", D.MANAGEMENT), ("Owner", D.MANAGEMENT), ("Amministratore delegato", D.MANAGEMENT),
        ("Chief Revenue Officer", D.SALES), ("Head of Sales Operations", D.SALES), ("Leiter Vertrieb", D.SALES),
        ("Satış Müdürü", D.SALES), ("Account Executive", D.SALES), ("Dyrektor Sprzedaży", D.SALES),
        ("VP Marketing", D.MARKETING), ("Product Marketing Manager", D.MARKETING), ("Pazarlama Uzmanı", D.MARKETING),
        ("Customer Success Manager", D.SUCCESS), ("Müşteri Hizmetleri Müdürü", D.SUCCESS),
        ("Product Owner", D.PRODUCT), ("Chief Product Officer", D.PRODUCT), ("UX Designer", D.PRODUCT),
        ("IT-Leiter", D.IT), ("CISO", D.IT), ("Bilgi İşlem Müdürü", D.IT), ("Responsable informatique", D.IT),
        ("IT Support Specialist", D.IT), ("CIO", D.IT),
        ("Co-Founder & CTO", D.ENGINEERING), ("Softwareentwicklerin", None), ("Software Engineer", D.ENGINEERING),
        ("Yazılım Mühendisi", D.ENGINEERING), ("Entwicklungsleiter", D.ENGINEERING),
        ("Data Scientist", D.DATA), ("Head of BI", D.DATA),
        ("CFO", D.FINANCE), ("Buchhalterin", D.FINANCE), ("Główna księgowa", D.FINANCE), ("Muhasebe Müdürü", D.FINANCE),
        ("COO", D.OPERATIONS), ("Kierownik produkcji", D.OPERATIONS), ("Office Manager", D.OPERATIONS),
        ("Procurement Manager", D.PROCUREMENT), ("Dyrektor ds. zakupów", D.PROCUREMENT), ("Einkäufer", D.PROCUREMENT),
        ("Directeur des achats", D.PROCUREMENT), ("Gerente de compras", D.PROCUREMENT), ("Satın Alma", D.PROCUREMENT),
        ("Personalleiterin", D.HR), ("İK Stajyeri", D.HR), ("Chief People Officer", D.HR),
        ("Data Protection Officer", D.LEGAL), ("General Counsel", D.LEGAL), ("Hukuk Müşaviri", D.LEGAL),
        ("Head of R&D", D.RESEARCH), ("Research Assistant", D.RESEARCH),
        ("Executive Assistant to the CEO", None), ("Director", None), ("Consultant", None), ("Ninja", None), ("", None),
        ("Italian teacher", None), ("Hitman", None),
    ],
)  # fmt: skip
def test_a_title_names_a_department(title: str, expected: Department | None) -> None:
    """The function that is named is it; who leads the whole company is its management; nothing is guessed."""
    assert expected == department_of(title)


@given(st.text(max_size=200))
def test_any_title_is_read_alike_in_any_case(title: str) -> None:
    """Whatever stands there: a department or none, and space around it says nothing."""
    assert department_of(title) == department_of(f"  {title} \t")
    assert seniority_of(title) == seniority_of(f"  {title} \t")
