"""The time zone of a country that has one, or lives in one: where a lead is when only its country is known.

Taken from the time zone database (`zone.tab`); a test holds it against the installed release. Countries whose
people live in several zones (the United States, Russia, ...) are not here: nobody can tell.
"""

_ONE_ZONE = {
    "Africa": (
        "AO=Luanda BF=Ouagadougou BI=Bujumbura BJ=Porto-Novo BW=Gaborone CF=Bangui CG=Brazzaville CI=Abidjan "
        "CM=Douala DJ=Djibouti DZ=Algiers EG=Cairo EH=El_Aaiun ER=Asmara ET=Addis_Ababa GA=Libreville "
        "GH=Accra GM=Banjul GN=Conakry GQ=Malabo GW=Bissau KE=Nairobi LR=Monrovia LS=Maseru LY=Tripoli "
        "MA=Casablanca ML=Bamako MR=Nouakchott MW=Blantyre MZ=Maputo NA=Windhoek NE=Niamey NG=Lagos RW=Kigali "
        "SD=Khartoum SL=Freetown SN=Dakar SO=Mogadishu SS=Juba ST=Sao_Tome SZ=Mbabane TD=Ndjamena TG=Lome "
        "TN=Tunis TZ=Dar_es_Salaam UG=Kampala ZA=Johannesburg ZM=Lusaka ZW=Harare"
    ),
    "America": (
        "AG=Antigua AI=Anguilla AW=Aruba BB=Barbados BL=St_Barthelemy BO=La_Paz BQ=Kralendijk BS=Nassau "
        "BZ=Belize CO=Bogota CR=Costa_Rica CU=Havana CW=Curacao DM=Dominica DO=Santo_Domingo GD=Grenada "
        "GF=Cayenne GP=Guadeloupe GT=Guatemala GY=Guyana HN=Tegucigalpa HT=Port-au-Prince JM=Jamaica "
        "KN=St_Kitts KY=Cayman LC=St_Lucia MF=Marigot MQ=Martinique MS=Montserrat NI=Managua PA=Panama "
        "PE=Lima PM=Miquelon PR=Puerto_Rico PY=Asuncion SR=Paramaribo SV=El_Salvador SX=Lower_Princes "
        "TC=Grand_Turk TT=Port_of_Spain UY=Montevideo VC=St_Vincent VE=Caracas VG=Tortola VI=St_Thomas"
    ),
    "Arctic": ("SJ=Longyearbyen"),
    "Asia": (
        "AE=Dubai AF=Kabul AM=Yerevan AZ=Baku BD=Dhaka BH=Bahrain BN=Brunei BT=Thimphu GE=Tbilisi "
        "HK=Hong_Kong IL=Jerusalem IN=Kolkata IQ=Baghdad IR=Tehran JO=Amman JP=Tokyo KG=Bishkek KH=Phnom_Penh "
        "KP=Pyongyang KR=Seoul KW=Kuwait LA=Vientiane LB=Beirut LK=Colombo MM=Yangon MO=Macau NP=Kathmandu "
        "OM=Muscat PH=Manila PK=Karachi QA=Qatar SA=Riyadh SG=Singapore SY=Damascus TH=Bangkok TJ=Dushanbe "
        "TL=Dili TM=Ashgabat TW=Taipei VN=Ho_Chi_Minh YE=Aden"
    ),
    "Atlantic": ("BM=Bermuda CV=Cape_Verde FK=Stanley FO=Faroe GS=South_Georgia IS=Reykjavik SH=St_Helena"),
    "Europe": (
        "AD=Andorra AL=Tirane AT=Vienna AX=Mariehamn BA=Sarajevo BE=Brussels BG=Sofia BY=Minsk CH=Zurich "
        "CZ=Prague DK=Copenhagen EE=Tallinn FI=Helsinki FR=Paris GB=London GG=Guernsey GI=Gibraltar GR=Athens "
        "HR=Zagreb HU=Budapest IE=Dublin IM=Isle_of_Man IT=Rome JE=Jersey LI=Vaduz LT=Vilnius LU=Luxembourg "
        "LV=Riga MC=Monaco MD=Chisinau ME=Podgorica MK=Skopje MT=Malta NL=Amsterdam NO=Oslo PL=Warsaw "
        "RO=Bucharest RS=Belgrade SE=Stockholm SI=Ljubljana SK=Bratislava SM=San_Marino TR=Istanbul "
        "VA=Vatican"
    ),
    "Indian": (
        "CC=Cocos CX=Christmas IO=Chagos KM=Comoro MG=Antananarivo MU=Mauritius MV=Maldives RE=Reunion "
        "SC=Mahe TF=Kerguelen YT=Mayotte"
    ),
    "Pacific": (
        "AS=Pago_Pago CK=Rarotonga FJ=Fiji GU=Guam MP=Saipan NC=Noumea NF=Norfolk NR=Nauru NU=Niue "
        "PN=Pitcairn PW=Palau SB=Guadalcanal TK=Fakaofo TO=Tongatapu TV=Funafuti VU=Efate WF=Wallis WS=Apia"
    ),
}
"""By continent, `COUNTRY=City`: countries with one zone."""

_MAINLAND = {
    "AR": "America/Argentina/Buenos_Aires",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
}
"""Countries with more zones, where nearly everybody lives in one (or in others with the same time)."""

ZONE_OF = {
    country: f"{continent}/{city}"
    for continent, countries in _ONE_ZONE.items()
    for country, city in (entry.split("=") for entry in countries.split())
} | _MAINLAND
"""The zone of each country that has one."""

_MORE_ZONES = {
    "US": (
        "America/New_York America/Detroit America/Chicago America/Denver America/Boise America/Phoenix "
        "America/Los_Angeles America/Anchorage America/Juneau America/Adak America/Menominee Pacific/Honolulu "
        "America/Indiana/Indianapolis America/Kentucky/Louisville US/Eastern US/Central US/Mountain US/Pacific"
    ),
    "CA": (
        "America/St_Johns America/Halifax America/Moncton America/Toronto America/Winnipeg America/Regina "
        "America/Edmonton America/Vancouver America/Whitehorse America/Montreal Canada/Eastern Canada/Pacific"
    ),
    "MX": "America/Mexico_City America/Cancun America/Merida America/Monterrey America/Chihuahua America/Tijuana",
    "BR": (
        "America/Sao_Paulo America/Bahia America/Fortaleza America/Recife America/Belem America/Manaus "
        "America/Cuiaba America/Campo_Grande America/Rio_Branco America/Noronha"
    ),
    "AU": (
        "Australia/Sydney Australia/Melbourne Australia/Brisbane Australia/Hobart Australia/Adelaide "
        "Australia/Darwin Australia/Perth"
    ),
    "RU": (
        "Europe/Moscow Europe/Kaliningrad Europe/Samara Europe/Volgograd Asia/Yekaterinburg Asia/Omsk "
        "Asia/Novosibirsk Asia/Krasnoyarsk Asia/Irkutsk Asia/Yakutsk Asia/Vladivostok Asia/Kamchatka"
    ),
    "ID": "Asia/Jakarta Asia/Pontianak Asia/Makassar Asia/Jayapura",
    "KZ": "Asia/Almaty Asia/Qyzylorda Asia/Aqtobe Asia/Aqtau Asia/Atyrau",
    "ES": "Atlantic/Canary Africa/Ceuta",
    "PT": "Atlantic/Azores Atlantic/Madeira",
    "CN": "Asia/Urumqi",
    "MN": "Asia/Ulaanbaatar",
    "CD": "Africa/Kinshasa Africa/Lubumbashi",
    "NZ": "Pacific/Chatham",
    "CL": "America/Punta_Arenas",
    "AR": "America/Argentina/Cordoba America/Argentina/Mendoza America/Buenos_Aires",
    "IN": "Asia/Calcutta",
    "UA": "Europe/Kiev",
    "VN": "Asia/Saigon",
    "NP": "Asia/Katmandu",
    "MM": "Asia/Rangoon",
    "JP": "Japan",
    "SG": "Singapore",
    "TR": "Turkey",
    "PL": "Poland",
}
"""Zones of countries with several, and the older names that browsers still send."""

COUNTRY_OF = {zone: country for country, zones in _MORE_ZONES.items() for zone in zones.split()} | {
    zone: country for country, zone in ZONE_OF.items()
}
"""The country that a zone is named for; one of another country with the same time may be meant."""

ZONES_OF = {
    country: tuple(zone for zone, whose in COUNTRY_OF.items() if whose == country) for country in COUNTRY_OF.values()
}
"""The zones of a country that we know of."""
