"""What somebody does in their company, as far as a job title tells (R35). Eight languages.

The first department whose words are in the title is it: "Head of Sales Operations" is sales. This room refuses to
guess: a title that names no function says nothing, unless its rank is the whole company's.
"""

import re

from models.facts import Department
from policy.cleaning.titles import Seniority, seniority_of, small

# In this order: what two departments' words could stand for is told by the earlier one.
_WORDS: dict[Department, tuple[str, ...]] = {
    Department.PROCUREMENT: (
        *(r"procurement", r"purchas\w+", r"buyer", r"sourcing", r"category manager", r"vendor management", r"cpo"),
        *(
            r"einkauf\w*",
            r"einkäufer(in)?",
            r"beschaffung\w*",
            r"satın ?alma\w*",
            r"zakup\w+",
            r"achats?",
            r"acheteu\w+",
        ),
        *(r"compras", r"comprador(a)?", r"acquisti", r"inkoop\w*"),
    ),
    Department.HR: (
        *(
            r"hr",
            r"rh",
            r"human resources?",
            r"people (&|and) culture",
            r"people",
            r"talent\w*",
            r"recruit\w+",
            r"chro",
        ),
        *(r"personal(wesen|abteilung|leiter(in)?|referent(in)?|entwicklung)?", r"ik", r"insan kaynakları"),
        *(
            r"kadr\w*",
            r"hrbp",
            r"ressources humaines",
            r"drh",
            r"recursos humanos",
            r"rrhh",
            r"risorse umane",
            r"personeels\w*",
        ),
    ),
    Department.LEGAL: (
        *(
            r"legal",
            r"counsel",
            r"lawyer",
            r"attorney",
            r"compliance",
            r"privacy",
            r"data protection",
            r"clo",
            r"paralegal",
        ),
        *(r"rechts\w*", r"recht", r"jurist(in)?", r"syndikus\w*", r"datenschutz\w*", r"hukuk\w*", r"avukat\w*"),
        *(r"prawn\w+", r"radca", r"juridique", r"juriste", r"jurídic[oa]", r"legale", r"juridisch\w*"),
    ),
    Department.SUCCESS: (
        *(r"customer (success|care|support|service|experience)", r"client success", r"support", r"csm", r"cx"),
        *(r"after-?sales", r"kundenservice", r"kundenbetreu\w+", r"müşteri (hizmetleri|başarı\w*|deneyimi)"),
        *(r"obsług\w+ klienta", r"service client", r"atención al cliente", r"assistenza clienti", r"klantenservice"),
    ),
    Department.DATA: (
        *(r"data", r"analytics", r"bi", r"business intelligence", r"machine learning", r"ml", r"ai", r"statistic\w+"),
        *(r"daten\w*", r"veri\w*", r"danych", r"données", r"datos", r"dati", r"cdo"),
    ),
    Department.PRODUCT: (
        *(r"product", r"product owner", r"produkt\w*", r"ürün\w*", r"produits?", r"producto", r"prodotto", r"cpto"),
        *(r"ux", r"ui", r"user experience", r"product design\w*"),
    ),
    Department.MARKETING: (
        *(
            r"marketing\w*",
            r"cmo",
            r"brand\w*",
            r"growth",
            r"demand gen\w*",
            r"seo",
            r"sem",
            r"content",
            r"communications?",
        ),
        *(r"pr", r"public relations", r"social media", r"campaigns?", r"events?", r"pazarlama\w*", r"werbung"),
        *(r"kommunikation\w*", r"mercadotecnia", r"communication", r"comunicación", r"comunicazione"),
    ),
    Department.SALES: (
        *(
            r"sales",
            r"rev ?ops",
            r"revenue",
            r"cro",
            r"cso",
            r"cco",
            r"account (executive|manager)",
            r"key account\w*",
            r"business develop\w+",
        ),
        *(
            r"bdr",
            r"sdr",
            r"bizdev",
            r"commercial\w*",
            r"partnerships?",
            r"channel",
            r"presales",
            r"inside sales",
            r"bd",
        ),
        *(
            r"vertrieb\w*",
            r"verkauf\w*",
            r"verkäufer(in)?",
            r"außendienst\w*",
            r"satış\w*",
            r"sprzedaż\w*",
            r"handlow\w+",
        ),
        *(r"vent[ea]s?", r"commercial(e)?", r"comercial", r"vendite", r"commerciale", r"verkoop\w*", r"försälj\w*"),
    ),
    Department.FINANCE: (
        *(
            r"financ\w+",
            r"cfo",
            r"account(ant|ing|s)",
            r"controll(er|ing)\w*",
            r"treasur\w+",
            r"tax",
            r"audit\w*",
            r"payroll",
        ),
        *(r"finanz\w*", r"buchhalt\w+", r"steuer\w*", r"finans\w*", r"muhasebe\w*", r"księgow\w+", r"comptab\w+"),
        *(r"daf", r"contab\w+", r"amministrazione", r"boekhoud\w*", r"investor relations"),
    ),
    Department.RESEARCH: (
        *(
            r"research\w*",
            r"r ?& ?d",
            r"scientist",
            r"science",
            r"laborator\w+",
            r"innovation\w*",
            r"forsch\w+",
            r"f ?& ?e",
        ),
        *(
            r"ar-?ge",
            r"bada\w+",
            r"recherche",
            r"chercheu\w+",
            r"investigación",
            r"ricerca",
            r"onderzoek\w*",
            r"professor(in)?",
        ),
    ),
    Department.IT: (
        *(
            r"it",
            r"ict",
            r"ti",
            r"edv",
            r"cio",
            r"ciso",
            r"information (technology|systems|security)",
            r"infosec",
            r"sysadmin",
        ),
        *(
            r"(system|network|database|it)s? admin\w*",
            r"infrastructure",
            r"cyber ?security",
            r"security",
            r"helpdesk",
            r"erp",
        ),
        *(
            r"crm (manager|admin\w*)",
            r"salesforce admin\w*",
            r"informationstechnik",
            r"bilgi (teknolojileri|işlem)\w*",
            r"bt",
        ),
        *(r"informaty\w+", r"informatique", r"dsi", r"rssi", r"informática", r"sistemas", r"informatici", r"sistemi"),
    ),
    Department.ENGINEERING: (
        *(
            r"engineer\w*",
            r"cto",
            r"developer\w*",
            r"software",
            r"devops",
            r"sre",
            r"architect\w*",
            r"technology",
            r"qa",
        ),
        *(
            r"full-?stack",
            r"front-?end",
            r"back-?end",
            r"programmer",
            r"technical",
            r"tech",
            r"entwickl\w+",
            r"ingenieur\w*",
        ),
        *(
            r"konstrukt\w+",
            r"technik\w*",
            r"technisch\w*",
            r"yazılım\w*",
            r"mühendis\w*",
            r"geliştirici\w*",
            r"inżynier\w*",
        ),
        *(r"programist\w+", r"développeu\w+", r"ingénieur\w*", r"ingenier\w+", r"desarrollador(a)?", r"ingegner\w+"),
        *(r"sviluppat\w+", r"ontwikkel\w+"),
    ),
    Department.OPERATIONS: (
        *(
            r"operations?",
            r"ops",
            r"coo",
            r"logistic\w*",
            r"supply chain",
            r"warehouse",
            r"production",
            r"manufactur\w+",
        ),
        *(r"plant", r"facilit\w+", r"quality", r"maintenance", r"process", r"office manage\w+", r"project manage\w+"),
        *(
            r"betrieb\w*",
            r"logistik\w*",
            r"produktion\w*",
            r"fertigung\w*",
            r"lager\w*",
            r"operasyon\w*",
            r"lojistik\w*",
        ),
        *(r"üretim\w*", r"operacyjn\w+", r"logisty\w+", r"produkcj\w+", r"exploitation", r"logistique", r"operaciones"),
        *(r"operativ[eo]", r"produzione", r"pmo"),
    ),
}
_PLACES = {place: re.compile(rf"(?<!\w)({'|'.join(words)})(?!\w)") for place, words in _WORDS.items()}
# Words that name a function elsewhere, each with what it says instead.
_NOT_ITS_OWN = (
    (re.compile(r"(sales|revenue) (operations|ops|enablement|engineer\w*|development)"), "sales"),
    (re.compile(r"marketing (operations|ops|analytics|technology)"), "marketing"),
    (re.compile(r"product marketing\w*"), "marketing"),
    (re.compile(r"(data|analytics) (engineer\w*|architect\w*|scien\w+)"), "data"),
    (re.compile(r"(people|hr) (operations|ops|analytics|partner)"), "hr"),
    (re.compile(r"(legal|finance|financial) (operations|ops|analyst|systems)"), r"\1"),
    (re.compile(r"(it|technical|tech) support"), "it"),
    (re.compile(r"it (procurement|purchasing)"), "procurement"),
    (re.compile(r"supply chain (&|and) procurement"), "procurement"),
    (re.compile(r"data protection( officer)?"), "legal"),
    (re.compile(r"chief (product|people) officer"), r"\1"),
    (re.compile(r"chief customer officer"), "customer success"),
    (re.compile(r"chief information (security )?officer"), "it"),
    (re.compile(r"executive assistant|personal assistant|assistant to\b.*"), ""),
)
_WHOLE_COMPANY = frozenset({Seniority.FOUNDER, Seniority.C_LEVEL})


def department_of(title: str) -> Department | None:
    """Read in which department the holder of `title` works; None when the title does not tell.

    Founders and those who lead a whole company without naming a function are its management.
    """
    words = small(title)
    for pattern, instead in _NOT_ITS_OWN:
        words = pattern.sub(instead, words)
    found = next((place for place, pattern in _PLACES.items() if pattern.search(words)), None)
    if found is None and seniority_of(title) in _WHOLE_COMPANY:
        return Department.MANAGEMENT
    return found
