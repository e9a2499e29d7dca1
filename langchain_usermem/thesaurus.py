"""What people tell of themselves, in other words: English, German and Spanish.

Stemming joins "lives" and "living"; this joins "bought" and "buy", "movie" and "film", "wohnt"
and "vive", and knows that a beagle is what is meant by "my dog". It is about the things that
memories are about: homes, work, family, animals, food, health, travel, sports, dates.

Words are written folded, as in `synonyms`.
"""

import re
from functools import cache, lru_cache

from langchain_usermem.stemming import stem_of
from langchain_usermem.synonyms import SYNONYMS

_ENTRY = re.compile(r"\n(?! {8})")

_HINTS = """
    live: city home address town
    home: live city
    city: live home
    role: job work profession
    job: profession work employer
    nurse teacher carpenter engineer developer programmer architect lawyer designer electrician
        plumber baker chef waiter journalist librarian scientist softwareentwickler entwickler
        ingenieur architekt arquitecto arquitecta abogado abogada enfermera ingeniero
        ingeniera: job profession
    employer: job work
    earn freelance freelancer selbststandig autonomo autonoma: job work profession
    illustrator painter farmer photographer manager consultant analyst cashier pilot translator
        pharmacist midwife surgeon researcher firefighter soldier barista hairdresser
        mechanic welder secretary receptionist builder butcher tailor joiner potter
        backer tischler tischlerin schreiner maurer kellner kellnerin verkaufer verkauferin
        krankenschwester krankenpfleger polizist polizistin landwirt imker friseur mechaniker
        cocinero camarero enfermero periodista carpintero fontanero panadero agricultor contable
        disenador disenadora programador programadora traductor traductora: job profession
    lehre ausbildung apprenticeship apprentice: job learn
    relationship: marry husband wife partner
    diet: eat food meat
    steuerberater: tax
    mother father sister brother sibling son daughter child uncle aunt cousin niece nephew
        grandmother grandfather parent: family
    beagle poodle labrador retriever dachshund terrier collie spaniel husky bulldog corgi
        rottweiler greyhound chihuahua whippet dackel pudel schaferhund: dog pet breed
    siamese persian tabby: cat pet breed
    dog cat horse rabbit hamster parrot tortoise turtle goldfish budgie: pet
    husband wife partner: marry partner
    marry: husband wife partner
    son daughter: child
    sister brother: sibling
    mother father: parent
    vegetarian vegan pescatarian veggie vegetarier veganer vegetariano vegetariana: meat diet
        eat
    pork schweinefleisch cerdo beef chicken lamb rindfleisch ternera pollo: meat
    allergy: avoid nut food
    peanut hazelnut walnut almond cashew erdnuss haselnuss walnuss mandeln cacahuete avellana
        nueces: nut food
    nut: food
    coriander cilantro parsley basil mint thyme rosemary koriander petersilie albahaca: herb
        food
    tea coffee wine beer juice water milk cocoa cola lemonade bier wein saft cerveza vino:
        drink
    stand: hate
    prefer: favourite
    favourite: prefer
    cuisine dish: food
    toyota volvo volkswagen vw golf ford fiat renault peugeot seat audi bmw mercedes honda
        skoda opel tesla nissan hyundai kia yaris polo corsa: car
    iphone pixel galaxy nokia fairphone oneplus xiaomi: phone
    macbook thinkpad chromebook imac laptop: computer laptop
    violin piano guitar flute drums cello trumpet saxophone bass clarinet harp geige klavier
        gitarre schlagzeug violin flauta bateria: instrument music play
    choir band orchestra chor coro: music sing
    welsh english german spanish french italian portuguese dutch polish russian turkish arabic
        chinese japanese korean mandarin swedish norwegian danish finnish greek hebrew hindi
        deutsch englisch spanisch franzosisch italienisch espanol ingles aleman frances
        italiano python java rust kotlin typescript javascript: language
    postgresql postgres mysql sqlite mongodb oracle mariadb redis: database
    neovim vim emacs vscode pycharm: editor
    tennis football rugby cricket hockey basketball volleyball handball badminton golf rowing
        boxing judo karate yoga pilates: sport
    boulder: climb sport
    swim run climb cycle row ski: sport
    marathon triathlon: race run sport
    ankle knee wrist elbow shoulder rib collarbone hip finger toe schulter knochel handgelenk
        tobillo rodilla muneca hombro: bone joint injure
    ramipril ibuprofen insulin metformin aspirin paracetamol antibiotics statin inhaler
        penicillin antidepressant: medicine
    asthma diabetes migraine hypertension arthritis epilepsy eczema anemia: illness
    pressure: illness
    bedtime: sleep
    insurance: insure
    mortgage hypothek hipoteca: house loan
    paella gazpacho pizza pasta curry sushi ramen risotto labskaus lasagne arepas tacos: dish
        food
    marathon: race
    red blue green yellow purple turquoise orange black white pink grey brown rot blau grun
        gelb schwarz azul verde amarillo morado: colour
    graduate degree university uni universidad universitat: study
    study: university degree subject
    train: coach
    goal: want become
    become: goal career
    primary kindergarten nursery gymnasium grundschule guarderia: school
    fc: football club
    account ing nationwide barclays hsbc revolut santander sparkasse: bank
    lecturer tutor professor: teacher job profession
    car van truck lorry motorbike motorcycle scooter tractor moped: vehicle
    van tractor truck motorbike: drive
    citroen subaru mazda suzuki dacia chevrolet jeep porsche jaguar lexus berlingo corolla
        civic focus fiesta passat leon ibiza twingo clio: car vehicle drive
    parrot budgie canary chicken duck goose pigeon owl finch: bird pet
    spider snake bear horse cow pig sheep goat bee wasp shark jellyfish medusa rat mouse bat
        arana spinne schlange biene wespe serpiente abeja avispa: animal
    apple pear plum cherry strawberry raspberry blackberry banana orange lemon grape peach
        apricot melon mango kiwi pineapple apfel birne pflaume kirsche erdbeere himbeere
        zitrone traube pfirsich marille manzana pera cereza fresa platano limon uva: fruit food
    tomato potato carrot onion garlic cabbage spinach broccoli courgette zucchini aubergine
        mushroom kartoffel karotte zwiebel pilz tomate patata cebolla seta olive: vegetable food
    shrimp prawn lobster oyster mussel salmon tuna cod: fish food
    gluten coeliac celiac zoliakie celiaca: wheat bread eat diet
    lactose laktose lactosa: milk cheese dairy
    cheese milk butter cream yoghurt: dairy
    ukulele banjo harmonica harmonika accordion akkordeon recorder oboe trombone organ mandolin
        viola bagpipe acordeon: instrument music play
    december january february: winter
    april may: spring
    june july august: summer
    september october november: autumn
    drive: car commute
    work: job profession employer
    bus subway underground metro tram u-bahn: commute work
"""
"""Words, and behind the colon others by which they are asked for, though they mean more."""

IDIOMS = {
    "al trabajo": "commute",
    "came from": "origin",
    "can't stand": "hate",
    "cannot stand": "hate",
    "come from": "origin",
    "comes from": "origin",
    "cuantos anos": "age",
    "date of birth": "birthday",
    "for a living": "profession",
    "get around": "drive",
    "get to work": "commute",
    "get up": "wake",
    "gets around": "drive",
    "gets up": "wake",
    "grew up": "origin",
    "grow up": "origin",
    "how old": "age",
    "jahre alt": "age",
    "komme aus": "origin",
    "kommt aus": "origin",
    "me dedico": "profession",
    "put aside": "save",
    "puts aside": "save",
    "teaching herself": "learn",
    "teaching himself": "learn",
    "teaching myself": "learn",
    "to work": "commute",
    "tut weh": "ache",
    "tv show": "series",
    "wie alt": "age",
    "years old": "age",
    "zur arbeit": "commute",
}
"""Words that mean together what they do not mean one by one."""

_COMPOUND_ENDS = """
    arzt brot essen fleisch garten getrank hund hunde katze kollege kollegin konto lehrer
    lehrerin mannschaft musik prufung reise schmerzen schule sprache stadt urlaub verein
    versicherung wagen wohnung zimmer
"""
_ENDS = "|".join(sorted(_COMPOUND_ENDS.split(), key=len, reverse=True))
_COMPOUND = re.compile(rf"\w{{3,}}?({_ENDS})")

_PEOPLE = """
    aunt boss boy brother child colleague cousin daughter father friend grandfather grandmother
    husband mother neighbour nephew niece parent partner sibling sister uncle wife
"""


@lru_cache(maxsize=65_536)
def meaning_of(word: str) -> str:
    """The stem that stands for all words of one meaning; of any other word its own stem.

    >>> meaning_of("bought"), meaning_of("kauft"), meaning_of("umbrellas")
    ('buy', 'buy', 'umbrella')
    """
    stem = stem_of(word)
    return _meanings().get(stem, stem)


@lru_cache(maxsize=65_536)
def hints_of(word: str) -> tuple[str, ...]:
    """Meanings by which a word is asked for, beside its own.

    >>> hints_of("beagle"), hints_of("sauerteigbrot")
    (('dog', 'pet', 'breed'), ('bread',))
    """
    meaning = meaning_of(word)
    compound = _COMPOUND.fullmatch(word) if meaning == stem_of(word) else None
    end = (meaning_of(compound[1]),) if compound else ()
    return _hints().get(meaning, ()) + end


@cache
def people() -> frozenset[str]:
    """Meanings of the words for people who are somebody's: "mother", "Kollege", "prima"."""
    return frozenset(map(meaning_of, _PEOPLE.split()))


@cache
def _meanings() -> dict[str, str]:
    """The stem that stands for a meaning, by each stem that has it; the first line wins."""
    lines = [[stem_of(word) for word in entry.split()] for entry in _entries(SYNONYMS)]
    return {stem: line[0] for line in reversed(lines) for stem in line}


@cache
def _hints() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for entry in _entries(_HINTS):
        members, _, asked = entry.partition(":")
        hints = tuple(map(meaning_of, asked.split()))
        for meaning in map(meaning_of, members.split()):
            found[meaning] = tuple(dict.fromkeys((*found.get(meaning, ()), *hints)))
    return found


def _entries(table: str) -> list[str]:
    return _ENTRY.split(table.strip())
