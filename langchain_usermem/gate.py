"""Whether a turn can hold anything to remember, decided without a model.

Thanks, greetings, acknowledgements, compliments and bare questions cost no call. The gate errs
on one side: a clause is let go only if each of its words is known to say nothing of the user,
in English, German, Spanish or French, or if it praises the other in a few words. Whatever it
does not know lets the turn pass.
"""

import re
from collections.abc import Iterable, Sequence

from langchain_usermem.rules.vocabulary import words_of
from langchain_usermem.text import fold
from langchain_usermem.turns import Utterance

MAX_EMPTY_CHARS = 400
"""Longer messages always pass."""

SMALL_TALK = "the turn is small talk"
ONLY_QUESTIONS = "the turn only asks"

_LONGEST_PRAISE = 3
_LONGEST_PRAISE_OF_YOU = 8
_PRAISED_BY = 4

_EMPTY_WORDS = words_of("""
    a about absolutely again ahead all alright amazing an and any anything anytime are as at
    awesome back be beautiful been best bet better big bit brave bravo brilliant but by bye can
    cannot catch certainly charming cheer cheers clear come cool congrats congratulations could
    course crazy cute day deal definitely delicious did do does doing done down dude dunno easy
    encouraging enough epic even ever exactly excellent exciting fab fabulous fair fantastic far
    favor feel fine for fun fully gee get getting glad go going goodbye good goodness goodnight
    gorgeous gosh got great greetings guess ha hah haha hahaha hang happen happens happy has
    have having hear hello help helpful helps here hey hi hmm hopefully how huge
    huh idea if impressed impressive in incredible indeed inspiration inspiring interesting
    intriguing is it its just kind kinda
    know later let lol looks lot lots lovely luck lucky magical many may maybe mean means
    mind more morning most motivating much must neat news nice night no nope not nothing
    now of off oh ok okay omg on one only onward ooh or other ouch out over perfect please
    plenty point positive possible probably problem proud quite rad ready real really relatable
    remarkable right safe same say see seeing seem seems seriously shame should so some someone
    something sometimes soon sorry sort sound sounds special spectacular start still strong
    stuff stunning such super sure surely sweet take talk tell terrific than thank thankful
    thanks that thats the them then there these they thing things think this those thoughtful
    though thrilled through thx till time times to together top totally touching true truly try
    ty uh um understand understandable understood unreal up uplifting useful very vibe vibes
    wait wanna was way welcome well were what whatever whats when which while who whoa why wild
    will wise with woah wonderful wondering woohoo word words worry worth would wow ya yay yea
    yeah yep yes yet you your youre yours yourself yup

    abend aber ach alles also auch auf bald bis bitte bitteschon da dank danke dankeschon das
    dir du echt ein eine einverstanden er es freut fur ganz genau gern gerne geht gruss gut gute
    guten hallo herzlichen hilfe ihnen ihr in interessant ist ja jetzt klar klasse klingt moin
    morgen na nacht naja nee nein nett nicht noch oh prima richtig schade schon sehr sie so
    spater spitze stimmt super tag tja toll tschuss tschau und verstanden verstehe viel viele
    vielen vorerst wiedersehen wirklich wochenende wow wunderbar wunderschon

    adios ah ahora ahi algo ayuda bien bienvenido bueno buena buenas buenos chao claro como con
    correcto cuidate de dia dias entendido era es eso esta estupendo exacto excelente genial
    gracias hasta hola igualmente interesante la lo luego manana mas mucha muchas mucho muy nada
    ni noche noches nos o para perdon perfecto pero pronto que si tarde tardes todo tu usted
    vale vemos verdad y

    a accord ah alors amitie apres au aurevoir avec beaucoup bien bientot bon bonjour bonne
    bonnes bonsoir c ca ce cela certainement cest chouette coucou d daccord de demain desole du
    effectivement en encore entendu est et exactement excellent formidable genial grand
    impeccable interessant journee jour la le mal merci non nuit oui parfait pas plait plus pour
    rien s salut si soir soiree super sur t tard tout toute toutes tres tu va vais vous vraiment
""")
_FIRST_PERSON = words_of("""
    i im ive id ill me my mine myself we us our ours ourselves weve ich mein meine meinem
    meinen meiner meins mir mich wir uns unser unsere unserem unseren yo mi mis mio mia conmigo
    nosotros nosotras nuestro nuestra nuestros nuestras tengo soy vivo estoy trabajo necesito
    quiero puedo debo voy hago creo llevo uso hablo estudio tomo viajo je j moi mon ma mes nous
    notre nos m eu meu minha io
""")
_LASTING = words_of("""
    always call forget future mind never next note onwards remember remind save immer nie niemals
    merk merke merken merkst vergiss vergessen erinner erinnere kunftig nenn siempre nunca recuerda
    recordar recuerdes olvida olvidar olvides llamame toujours jamais souviens souvenir rappelle
    retiens oublie oublier desormais appelle
""")
_OPENERS = words_of("""
    what whats where wheres when who whos whom whose why how hows which is are was were do does
    did can could will would should has have had any anything anyone anybody wanna ready got
    been you youre wo wann wer wem wen warum wieso weshalb wie welche welcher welches wohin
    woher ist sind kannst konnen konntest konnten hast haben gibt que quien quienes cual cuales
    cuando cuanto cuanta cuantos donde adonde como hay puedes podrias puede quel quelle quels
    quelles qui quoi quand ou pourquoi comment combien est peux pouvez pourrais
""")
_PRAISE = words_of("""
    adorable amazing awesome beautiful brave brilliant charming cheers congrats congratulations
    cool cute delicious epic excellent exciting fab fabulous fantastic glad goodness gorgeous
    great impressed impressive incredible inspirational inspired inspiring interesting lovely
    luck neat nice perfect proud rad sorry spectacular stunning sweet terrific thank thanks
    touching woah whoa wonderful woohoo wow yum yummy
""")
"""Words that make a short clause a compliment."""

_TURNING = words_of("""
    because but except however said says since told though unless answer answers avoid brief
    bullet bullets concise detail details emoji emojis english explain explanation explanations
    formal french german informal language languages polite replies reply respond response
    responses short shorter simple simpler spanish speak stop terse use verbose antworte
    antworten ausfuhrlich deutsch duzen englisch franzosisch kurz kurzer siezen spanisch sprich
    sprichst aleman breve corto espanol frances habla hablas ingles respuesta respuestas tutear
    allemand anglais bref court espagnol francais parle parler reponse reponses tutoyer vouvoyer
""")
"""Words after which a compliment may go on to a fact, or to how answers are wanted."""

_MANNERS = words_of("""
    a bye evening for good goodbye hello hey hi lot morning much night so thank thanks thx ty
    very welcome you your danke dank fur guten hallo morgen schon tag vielen buenas buenos dias
    gracias hola muchas noches beaucoup bonjour bonsoir merci salut
""")
"""All that may be said to a question without being an answer to it."""

_NODS = words_of("""
    absolutely correct definitely exactly indeed right sure true yeah yep yes yup
    doch genau ja jawohl richtig stimmt
    claro correcto exacto si
    exact exactement oui ouais voila
""")
"""What says yes."""

_ASSENT = _NODS | words_of("""
    a and are course did do does i im is it its of ok okay please so that thats we you youre
    bitte das es ist so
    asi es eso por_favor supuesto
    c ca cela cest d est tout
""")
"""What a yes may be said with."""

_BEFORE_NAMES = _MANNERS | _PRAISE | _NODS | words_of("again dear done no oh ok okay well")
"""What a name may stand behind if somebody is addressed by it."""

# Said in the first person, but to the other and of nothing else.
_COURTESIES = re.compile(
    r"\b(?:(?:tell|show|give|send|help|let|teach) me(?: know)?|nice to meet you|you too"
    r"|for being (?:there|here)(?: for me)?|means (?:a lot|so much|the world|a ton)(?: to me)?"
    r"|I (?:see|agree|get it|understand|bet|guess|know|hope so|think so)(?= *(?:[,.!?]|$))"
    r"|I(?:'m| am) (?:always )?here for you|(?:I )?hope (?:so|you|it|all|this|that)"
    r"|I(?:'m| am) (?:(?:so|really|very|super|just|always) )*(?:glad|sorry|impressed"
    r"|(?:happy|proud)(?= (?:for|of|to|that) (?:you|hear|see|know)\b))"
    r"|(?:I )?(?:(?:really|do|truly|so) )*appreciate (?:it|that|this|you|your|the)"
    r"|(?:I )?(?:cannot|can't|can\u2019t) wait to (?:hear|see)|keep (?:going|it up|at it)"
    r"|s'il (?:te|vous) pla[i\u00ee]t|je vois|je comprends|ich verstehe)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?\u2026\n]+[.!?\u2026]*")
_CLAUSE_END = re.compile(r"[,;:()\u2013\u2014]|\s-\s")
_WE_ARE = re.compile(r"^we['\u2019]re$")  # not the past of "are"
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")


def emptiness(utterances: Sequence[Utterance], context: Sequence[Utterance] = ()) -> str | None:
    """Why nothing that a user said is worth remembering, or None where something may be.

    Args:
        utterances: one or more turns, in order.
        context: what was said before; after a question almost anything is an answer.
    """
    reasons = set()
    before = context[-1] if context else None
    for utterance in utterances:
        if utterance.role == "user":
            reasons.add(_emptiness(utterance.text, asked=_asks(before)))
        before = utterance
    return None if None in reasons or not reasons else max(filter(None, reasons))


def is_assent(text: str) -> bool:
    """Whether a text says no more than yes to what was said before it."""
    said = _words(text)
    return bool(said) and _ASSENT.issuperset(said) and not _NODS.isdisjoint(said)


def _emptiness(text: str, *, asked: bool) -> str | None:
    sentences = [match[0].strip() for match in _SENTENCE.finditer(text) if _WORD.search(match[0])]
    if len(text) > MAX_EMPTY_CHARS or not sentences:
        return None
    told = [sentence for sentence in sentences if not _is_bare_question(sentence)]
    says_nothing = _is_mannerly if asked else _is_small_talk
    if not all(says_nothing(sentence) for sentence in told):
        return None
    return SMALL_TALK if told else ONLY_QUESTIONS


def _asks(before: Utterance | None) -> bool:
    """Whether what was said before awaits an answer of the user's."""
    return (
        before is not None and before.role != "user" and bool(re.search("[?\uff1f]", before.text))
    )


def _is_bare_question(sentence: str) -> bool:
    """Whether it asks, and tells nothing of the user on the way."""
    if not sentence.endswith(("?", "\uff1f")) or _may_tell(_words(sentence)):
        return False
    for place, clause in enumerate(_clauses(sentence)):
        if _words(clause)[0] in _OPENERS:
            return True
        if not _is_empty(clause, place):
            return False
    return True


def _is_mannerly(sentence: str) -> bool:
    """Whether it only greets or thanks, perhaps by name."""
    first, *rest = _raw_words(sentence)
    named = [word for word in rest if not word[:1].isupper()]
    return all(_plain(word) in _MANNERS for word in (first, *named))


def _is_small_talk(sentence: str) -> bool:
    return all(_is_empty(clause, place) for place, clause in enumerate(_clauses(sentence)))


def _is_empty(clause: str, place: int) -> bool:
    """Whether a clause has no word that could tell something, or is a compliment."""
    raw = _raw_words(clause)
    unknown = [number for number, word in enumerate(raw) if _plain(word) not in _EMPTY_WORDS]
    if _plain(raw[0]) == "be":  # an order: "be nice", "be brief"
        return False
    if not unknown:
        return True
    names = [number for number in unknown if raw[number][:1].isupper() and number + place]
    if _may_tell(map(_plain, raw)) or (names and not _is_addressed(raw, names)):
        return False
    return unknown == names or _is_compliment([_plain(word) for word in raw])


def _is_addressed(words: Sequence[str], names: Sequence[int]) -> bool:
    """Whether the one name stands alone or behind a greeting, not behind "it is"."""
    last = len(words) - 1
    return list(names) == [last] and (last == 0 or _plain(words[last - 1]) in _BEFORE_NAMES)


def _is_compliment(words: Sequence[str]) -> bool:
    to_you = any(word.startswith("you") for word in words)
    longest = _LONGEST_PRAISE_OF_YOU if to_you else _LONGEST_PRAISE
    exact = any(map(str.isdigit, "".join(words)))
    orders = words[0] == "be"
    return (
        len(words) <= longest
        and not exact
        and not orders
        and not _PRAISE.isdisjoint(words[:_PRAISED_BY])
    )


def _may_tell(words: Iterable[str]) -> bool:
    """Whether words may tell something of who says them, or for long."""
    telling = _FIRST_PERSON | _LASTING | _TURNING
    return not telling.isdisjoint(words)


def _clauses(sentence: str) -> list[str]:
    clauses = _CLAUSE_END.split(_COURTESIES.sub(" glad ", sentence))
    return [clause for clause in clauses if _WORD.search(clause)]


def _raw_words(text: str) -> list[str]:
    return _WORD.findall(_COURTESIES.sub(" glad ", text))


def _words(text: str) -> list[str]:
    return [_plain(word) for word in _raw_words(text)]


def _plain(word: str) -> str:
    """A word as the tables have it: folded, and without apostrophes."""
    return _WE_ARE.sub("we", fold(word)).replace("'", "").replace("\u2019", "")
