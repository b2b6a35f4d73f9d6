"""The currencies that deals are told in: ISO 4217's codes, and the signs and names people write; data only."""

_CODES = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP
    CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR
    ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT
    MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD
    SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND
    VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG
"""
CODES = frozenset(_CODES.split())
"""Currencies in use."""

_WORDS = {
    "EUR": "€ euro euros euro's eur-€ €-eur",
    "USD": "$ us$ usd$ $us dollar dollars dolar us-dollar us-dollars american-dollars usd-$ us-$",
    "GBP": "£ pound pounds sterling stg pfund sterlin pound-sterling british-pound british-pounds gbp-£",
    "PLN": "zl zloty zlotych zlote zlotys polish-zloty zloty-polski pln-zl",
    "TRY": "₺ tl lira turkish-lira turk-lirasi ytl",
    "CHF": "fr sfr franken swiss-francs",
    "JPY": "¥ yen jp¥ 円",
    "CNY": "rmb yuan cn¥ 元",
    "SEK": "skr",
    "DKK": "dkr",
    "NOK": "nkr",
    "CZK": "kc",
    "HUF": "ft forint",
    "INR": "₹ rs rupees",
    "BRL": "r$ real reais",
    "CAD": "c$ ca$ can$",
    "AUD": "a$ au$",
    "NZD": "nz$",
    "SGD": "s$ sg$",
    "HKD": "hk$",
    "MXN": "mx$",
    "ILS": "₪ shekel",
    "KRW": "₩ won",
    "UAH": "₴ hryvnia",
    "RUB": "₽",
    "RON": "lei leu",
    "ZAR": "rand",
    "AED": "dirham dhs",
}

SIGNS = {word.replace("-", " "): code for code, words in _WORDS.items() for word in words.split()} | {
    "US$": "USD", "C$": "CAD", "A$": "AUD", "R$": "BRL", "S$": "SGD", "NZ$": "NZD", "HK$": "HKD"
}  # fmt: skip
"""Codes by sign, abbreviation or name, in folded small letters."""
