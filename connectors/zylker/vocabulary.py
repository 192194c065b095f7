"""Words the demo CRM is made of: places, company and person names, countries, industries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Country:
    """A country of Zylker's customers: its cities with states, and its way of writing things."""

    name: str
    weight: float
    currency: str
    dialling: str
    domain: str
    suffixes: tuple[str, ...]
    cities: tuple[tuple[str, str], ...]


COUNTRIES: Final = (
    Country("United States", 44.0, "USD", "+1 415 555 ", "com", ("Inc.", "LLC", "Group"),
            (("Austin", "TX"), ("Boston", "MA"), ("Denver", "CO"), ("Seattle", "WA"))),
    Country("United Kingdom", 10.0, "GBP", "+44 20 7946 ", "co.uk", ("Ltd", "Trust", "plc"),
            (("London", "Greater London"), ("Leeds", "West Yorkshire"), ("Bristol", "Avon"))),
    Country("Germany", 9.0, "EUR", "+49 30 5550 ", "de", ("GmbH", "AG", "gGmbH"),
            (("München", "Bayern"), ("Köln", "Nordrhein-Westfalen"), ("Berlin", "Berlin"))),
    Country("France", 5.0, "EUR", "+33 1 5550 ", "fr", ("SA", "SARL"),
            (("Orléans", "Centre-Val de Loire"), ("Lyon", "Auvergne-Rhône-Alpes"))),
    Country("Spain", 4.0, "EUR", "+34 91 550 ", "es", ("S.A.", "S.L."),
            (("A Coruña", "Galicia"), ("Málaga", "Andalucía"))),
    Country("India", 9.0, "INR", "+91 80 5550 ", "in", ("Pvt Ltd", "Ltd"),
            (("Bengaluru", "Karnataka"), ("Chennai", "Tamil Nadu"), ("Pune", "Maharashtra"))),
    Country("Japan", 5.0, "JPY", "+81 3 5550 ", "co.jp", ("KK", "GK"),
            (("Tōkyō", "Tōkyō"), ("Ōsaka", "Ōsaka"))),
    Country("China", 6.0, "USD", "+86 21 5550 ", "cn", ("Co., Ltd.", "Co."),
            (("上海", "上海"), ("深圳", "广东"), ("杭州", "浙江"))),
    Country("Canada", 4.0, "USD", "+1 604 555 ", "ca", ("Inc.", "Corp."),
            (("Montréal", "QC"), ("Vancouver", "BC"))),
    Country("Australia", 4.0, "USD", "+61 2 5550 ", "com.au", ("Pty Ltd", "Ltd"),
            (("Sydney", "NSW"), ("Perth", "WA"))),
)  # fmt: skip

CHINA: Final = 7
"""Position of China in COUNTRIES: its customers write Chinese."""

DIRECTIONS: Final = (
    "", "North ", "South ", "East ", "West ", "Upper ", "Lower ", "New ", "Saint ", "Royal ",
    "First ", "United ",
)  # fmt: skip

PLACES: Final = (
    ("Ashford", "ashford"), ("Birchwood", "birchwood"), ("Cedar Hill", "cedarhill"),
    ("Dunmore", "dunmore"), ("Elmstead", "elmstead"), ("Fairview", "fairview"),
    ("Glenrock", "glenrock"), ("Harlow", "harlow"), ("Ivybridge", "ivybridge"),
    ("Juniper", "juniper"), ("Kingsway", "kingsway"), ("Lakeside", "lakeside"),
    ("Maplewood", "maplewood"), ("Northgate", "northgate"), ("Oakridge", "oakridge"),
    ("Pinehurst", "pinehurst"), ("Quarry Bay", "quarrybay"), ("Riverton", "riverton"),
    ("Silverlake", "silverlake"), ("Thornbury", "thornbury"), ("Underhill", "underhill"),
    ("Valley Forge", "valleyforge"), ("Westbrook", "westbrook"), ("Yarrow", "yarrow"),
    ("Zürichberg", "zuerichberg"), ("São Bento", "saobento"), ("Málaga Bay", "malagabay"),
    ("Ærø", "aeroe"), ("Łódź Park", "lodzpark"), ("Göttingen", "goettingen"),
    ("Orléans", "orleans"), ("O'Connell", "oconnell"), ("Smith & Hale", "smithhale"),
    ("Brookfield", "brookfield"), ("Canterbury", "canterbury"), ("Davenport", "davenport"),
    ("Eastleigh", "eastleigh"), ("Foxglove", "foxglove"), ("Greenfield", "greenfield"),
    ("Hollybush", "hollybush"), ("Inverness", "inverness"), ("Jasper", "jasper"),
    ("Kestrel", "kestrel"), ("Lindenhof", "lindenhof"), ("Meadowlands", "meadowlands"),
    ("Norwood", "norwood"), ("Orchard", "orchard"), ("Palmetto", "palmetto"),
    ("Quayside", "quayside"), ("Rosewood", "rosewood"), ("Stonebridge", "stonebridge"),
    ("Tidewater", "tidewater"), ("Upland", "upland"), ("Vermilion", "vermilion"),
    ("Willowdale", "willowdale"), ("Xenia", "xenia"), ("York Street", "yorkstreet"),
    ("Zephyr", "zephyr"), ("Amber Coast", "ambercoast"), ("Blue Ridge", "blueridge"),
)  # fmt: skip

KINDS: Final = (
    ("Hospital", "hospital"), ("Medical Center", "medical"), ("Clinic", "clinic"),
    ("Diagnostics", "diagnostics"), ("Pharma", "pharma"), ("Devices", "devices"),
    ("Health Insurance", "insurance"), ("Biotech", "biotech"), ("Elder Care", "eldercare"),
    ("Dental", "dental"), ("Eye Institute", "eye"), ("Children's Clinic", "children"),
    ("Rehabilitation", "rehab"), ("Laboratories", "labs"), ("Home Care", "homecare"),
    ("Imaging", "imaging"), ("Cardiology", "cardiology"), ("Telehealth", "telehealth"),
    ("Physiotherapy", "physio"), ("Medical School", "school"),
)  # fmt: skip

INDUSTRIES: Final = (
    ("Hospitals", ("hospital", "Hosptials", "HOSPITALS")),
    ("Clinics", ("clinic", "Outpatient clinics")),
    ("Diagnostics", ("diagnostic labs", "Diagnostcs")),
    ("Pharmaceuticals", ("pharma", "Pharmaceutical")),
    ("Medical Devices", ("medical device", "MedTech")),
    ("Health Insurance", ("insurance", "health insurer")),
    ("Biotechnology", ("biotech", "Bio-technology")),
    ("Elder Care", ("nursing homes", "eldercare")),
    ("Education", ("university", "medical education")),
    ("Technology", ("technolgy", "tech")),
)
"""Industries, each with the other spellings found in the CRM (FIR-7)."""
INDUSTRY_WEIGHTS: Final = (24.0, 20.0, 12.0, 10.0, 9.0, 7.0, 6.0, 6.0, 3.0, 3.0)

FIRST_NAMES: Final = (
    "Anna", "Ben", "Carla", "David", "Elena", "Felix", "Grace", "Hugo", "Ines", "Jonas",
    "Katherine", "Liam", "Mei", "Nadia", "Oscar", "Priya", "Quentin", "Rosa", "Søren", "Tara",
    "Uma", "Victor", "Wei", "Xavier", "Yuki", "Zoë", "José", "Chloé", "Björn", "Łukasz",
)  # fmt: skip
LAST_NAMES: Final = (
    "Adams", "Bauer", "Chen", "Dubois", "Evans", "Fischer", "García", "Hughes", "Iyer", "Jensen",
    "Kowalski", "Lopez", "Müller", "Nakamura", "O'Brien", "Patel", "Quinn", "Rossi", "Sato",
    "Tanaka", "Ueda", "Van der Berg", "Wang", "Xu", "Young", "Zhang", "Ångström", "Smith-Jones",
    "Novak", "Silva",
)  # fmt: skip
MAIL_FIRST: Final = (
    "anna", "ben", "carla", "david", "elena", "felix", "grace", "hugo", "ines", "jonas",
    "katherine", "liam", "mei", "nadia", "oscar", "priya", "quentin", "rosa", "soren", "tara",
    "uma", "victor", "wei", "xavier", "yuki", "zoe", "jose", "chloe", "bjorn", "lukasz",
)  # fmt: skip
MAIL_LAST: Final = (
    "adams", "bauer", "chen", "dubois", "evans", "fischer", "garcia", "hughes", "iyer", "jensen",
    "kowalski", "lopez", "mueller", "nakamura", "obrien", "patel", "quinn", "rossi", "sato",
    "tanaka", "ueda", "vanderberg", "wang", "xu", "young", "zhang", "angstrom", "smith-jones",
    "novak", "silva",
)  # fmt: skip
TITLES: Final = (
    "Chief Information Officer", "Head of Patient Services", "Service Desk Manager",
    "Chief Financial Officer", "Ward Manager", "Procurement Lead", "IT Administrator",
    "Chief Medical Officer", "Compliance Officer", "Support Team Lead",
)  # fmt: skip
OWNERSHIPS: Final = ("Private", "Public", "Subsidiary", "Government", "Non-profit")
RATINGS: Final = ("Hot", "Warm", "Cold", "Acquired", "Active")
TIERS: Final = ("Gold", "Silver", "Bronze")
STREETS: Final = (
    "Main Street", "Station Road", "Hauptstraße", "Rue de la Santé", "Calle Mayor", "MG Road",
    "Harbour Lane", "Park Avenue", "健康路", "Elm Court",
)  # fmt: skip
DESCRIPTIONS: Final = (
    "Runs a service desk for several wards.",
    'Known as "the old infirmary", moved in 2019.',
    "Two sites, one contract.\nInvoices go to the head office.",
    "Asked for references, budgets in spring",
    "Long history with the ticket team.\r\nPrefers phone; says \"no mail before 10\".",
    "病人服务中心，使用工单系统。",
)  # fmt: skip
STRANGE_NAMES: Final = (
    '=HYPERLINK("http://example.invalid","Open") Clinic',
    'Smith, Jones & "Partners" Health, Inc.',
    "Ünïcödé 医院 Clínica d’Été",
)
"""Names of the first accounts: a formula cell, commas and quotes, and other scripts."""
