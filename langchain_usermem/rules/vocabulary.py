"""Word lists: what a word is, where its place in a sentence does not tell."""

from collections.abc import Iterable


def alternatives(words: Iterable[str]) -> str:
    """Words as alternatives of a pattern, longest first; an entry may itself be a pattern."""
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


def words_of(text: str) -> frozenset[str]:
    """The words of a text as a set; an underscore stands for the space within an entry."""
    return frozenset(word.replace("_", " ") for word in text.split())


LANGUAGES = words_of("""
    afrikaans arabic basque bengali bulgarian cantonese catalan chinese croatian czech danish dutch
    english esperanto estonian farsi finnish french galician german greek gujarati hebrew hindi
    hungarian icelandic indonesian irish italian japanese kannada korean latin latvian lithuanian
    malay malayalam mandarin marathi nepali norwegian persian polish portuguese punjabi romanian
    russian serbian slovak slovenian spanish swahili swedish tagalog tamil telugu thai turkish
    ukrainian urdu vietnamese welsh yoruba zulu
""")

DEMONYMS = LANGUAGES | words_of("""
    african albanian algerian american argentinian asian australian austrian belgian bolivian
    brazilian british canadian chilean colombian cuban egyptian ethiopian european filipino ghanaian
    indian iranian iraqi israeli jamaican kenyan lebanese mexican moroccan nigerian pakistani
    peruvian scottish singaporean somali swiss syrian taiwanese tunisian venezuelan
""")

COUNTRIES = words_of("""
    afghanistan albania algeria argentina australia austria bangladesh belgium bolivia brazil
    bulgaria cambodia cameroon canada chile china colombia croatia cuba cyprus czechia denmark
    ecuador egypt england estonia ethiopia finland france germany ghana greece hungary iceland india
    indonesia iran iraq ireland israel italy jamaica japan jordan kenya latvia lebanon lithuania
    luxembourg malaysia malta mexico morocco nepal the_netherlands new_zealand nigeria
    northern_ireland norway pakistan peru the_philippines poland portugal romania russia
    saudi_arabia scotland senegal serbia slovakia slovenia south_africa south_korea spain sri_lanka
    sudan sweden switzerland taiwan tanzania thailand tunisia turkey uganda ukraine the_uae the_uk
    uk the_united_kingdom the_united_states the_us the_usa us usa uruguay venezuela vietnam wales
    zambia zimbabwe
""")

OCCUPATIONS = words_of(r"""
    accountant actor actress analyst architect artist artisan astronomer attorney author baker
    banker barber barista bartender biologist bookkeeper bricklayer broker builder butcher carer
    carpenter cashier chef chemist cleaner clerk coach coder composer consultant contractor
    cook copywriter counsell?or curator dancer data_scientist dentist designer developer devops
    dietician dietitian director doctor driver economist editor electrician engineer entrepreneur
    estate_agent farmer filmmaker firefighter fisherman florist founder freelancer gardener
    geologist gp graphic_designer grad_student hairdresser historian illustrator interpreter
    investor janitor journalist judge lawyer lecturer librarian linguist locksmith manager
    marketer mathematician mechanic midwife miner model musician nanny neurologist novelist nurse
    nutritionist optician optometrist painter paralegal paramedic pastor pensioner pharmacist
    phd_student photographer physicist physiotherapist pianist pilot planner plumber podcaster poet
    police_officer postdoc postman priest producer professor programmer psychiatrist psychologist
    psychotherapist radiologist realtor receptionist recruiter reporter researcher sailor salesman
    salesperson scientist sculptor secretary social_worker soldier solicitor statistician student
    surgeon surveyor tailor teacher technician therapist trader translator trucker tutor
    undergraduate veterinarian vet videographer violinist waiter waitress web_developer welder
    writer zoologist
""")

DIETS = words_of("""
    vegan vegetarian pescatarian flexitarian kosher halal gluten-free dairy-free keto paleo
    lactose-free teetotal veggie coeliac celiac plant-based
""")

RELATIVES = words_of("""
    wife husband spouse partner fianc[e\u00e9]e? girlfriend boyfriend son daughter child baby kid
    mother mom mum father dad brother sister twin sibling stepson stepdaughter stepmother stepfather
    stepbrother stepsister grandmother grandma grandfather grandpa grandson granddaughter niece
    nephew aunt uncle cousin mother-in-law father-in-law brother-in-law sister-in-law
    best_friend roommate flatmate housemate
""")

CHILDREN = words_of("""
    kids children sons daughters brothers sisters siblings grandchildren grandkids nieces nephews
    stepchildren twins boys girls toddlers teenagers
""")

ANIMALS = words_of("""
    dogs? cats? pupp(?:y|ies) kittens? rabbits? bunn(?:y|ies) hamsters? parrots? budgies? goldfish
    turtles? tortoises? snakes? lizards? geckos? hors(?:e|es) pon(?:y|ies) chickens? goats? ferrets?
    guinea_pigs? retrievers? labradors? poodles? beagles? bulldogs? corgis? terriers? spaniels?
    collies? dachshunds? husk(?:y|ies) shepherds? greyhounds? pugs? tabb(?:y|ies) alpacas?
    chinchillas? canar(?:y|ies) bearded_dragons?
""")

POSSESSIONS = words_of("""
    car motorbike motorcycle bike bicycle e-bike van truck boat tesla allotment piano guitar violin
    drum_kit greenhouse 3d_printer telescope camper_van campervan caravan macbook iphone ipad
    android_phone pixel_phone raspberry_pi kindle
""")

EVENTS = words_of("""
    flight exam interview appointment train wedding surgery operation deadline marathon race trip
    holiday vacation presentation move graduation conference job_interview final defence defense
    driving_test anniversary dentist_appointment doctor's_appointment checkup dissertation_defence
""")

INSTRUMENTS_AND_SPORTS = words_of("""
    piano guitar violin drums cello flute saxophone clarinet trumpet bass ukulele harp banjo organ
    football soccer tennis basketball volleyball rugby cricket golf hockey chess badminton squash
    baseball softball handball padel pickleball table_tennis video_games board_games poker bridge
""")

CONDITIONS = words_of("""
    diabetes asthma adhd epilepsy migraines arthritis dyslexia autism hypothyroidism eczema
    celiac_disease coeliac_disease crohn's ibs anxiety depression insomnia tinnitus anaemia anemia
    high_blood_pressure a_pacemaker scoliosis psoriasis
""")

HABIT_VERBS = words_of("""
    eat drink smoke wake get_up go_to run cook sleep travel drive fly cycle walk exercise wear buy
    skip commute swim meditate order shop train jog bike practi[cs]e fast vote
""")
