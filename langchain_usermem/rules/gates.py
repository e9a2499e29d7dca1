"""What is no statement of the user's about themselves, however much it looks like one."""

import re

_HOSTILE = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b[^.!?\n]{0,40}"
    r"\b(?:instructions?|prompts?|guidelines|directions|directives|restrictions|safety|filters?)\b"
    r"|\bsystem (?:prompt|message|override)\b|\bdeveloper mode\b|\bjailbreak|\byou are now\b"
    r"|(?:^|[.!?\n:,] ?|\bplease |\band |\bnow )act as\b"
    r"|\bI am (?:an? |the )?(?:admin|administrator|root|developer mode)\b"
    r"|\bI(?: have|'ve) (?:admin|root|full) (?:access|rights|permissions)\b"
    r"|<\|?/?(?:system|im_start|im_end|assistant)\b|\[/?(?:INST|SYSTEM)\]",
    re.IGNORECASE,
)
_MATERIAL = re.compile(
    r"^(?:(?:can|could|would|will) you |please |kindly |help me )*(?:translate|proofread|rewrite"
    r"|paraphrase|summari[sz]e|correct|edit|improve|rephrase|review|fix|polish|classify|analy[sz]e"
    r"|convert|spell-?check)\b.*(?::|\b(?:this|following|below|sentences?|text|paragraphs?|e-?mail"
    r"|letter|story|poem|message)\b)",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"(?:who|whom|whose|what|when|where|why|which|how|do|does|did|is|are|was|were|am|can"
    r"|could|will|would|should|shall|may|might|have|has|had|any idea|guess|tell me|ask)\b"
    r"(?! about you\b)",
    re.IGNORECASE,
)
_UNREAL = re.compile(
    r"(?:if|whether|unless|suppose|supposing|imagine|pretend|assume|say|let us|what if|as if"
    r"|in case|when I was|back when|once I|had I|were I|for (?:example|instance)|as a joke"
    r"|just kidding)\b"
    r"|.*\b(?:would|might|could|(?-i:may)|should|wish|wished|hope|hopefully|maybe|perhaps|probably"
    r"|possibly|almost|nearly|someday|one day|in theory|hypothetically|dreamed|dreamt|pretend"
    r"|joking|kidding)\b|.*\bif\b",
    re.IGNORECASE,
)
_HEARSAY = re.compile(
    r"(?!I\b).*\b(?:says?|said|tells?|told|asks?|asked|thinks?|thought|claims?|claimed|believes?"
    r"|wrote|writes|replied|according to|quotes?|heard|lyrics?|sings?|texted|reads)\b"
    r"|I (?:said|told|heard|read|asked|was told|wrote)\b",
    re.IGNORECASE,
)
_SARCASM = re.compile(
    r"(?:I )?(?:just|simply|absolutely|so) (?:love|adore|enjoy) (?:when|how|it|waiting|being"
    r"|having|getting|sitting|standing)\b"
    r"|I just (?:love|adore|enjoy)\b|(?:oh|yeah|just) (?:great|wonderful|lovely|brilliant"
    r"|right|sure)\b|.*\s/s$|as if\b|thanks for nothing",
    re.IGNORECASE,
)
_WORK = re.compile(
    r"(?:please )?(?:write(?! to me)|draft|compose|make|create|translate|summari[sz]e|explain"
    r"|give|tell|help"
    r"|list|show|find|generate|fix|suggest|recommend|describe|plan|compare|convert|calculate"
    r"|continue|complete|correct|rewrite|look up|search|teach|design|outline|edit|proofread"
    r"|paraphrase|finish|act|role-?play|play the)\b",
    re.IGNORECASE,
)


def is_hostile(text: str) -> bool:
    """Whether a message tries to instruct the system; nothing of it is then believed."""
    return bool(_HOSTILE.search(text))


def hands_over_text(sentence: str) -> bool:
    """Whether what follows is material to work on, such as a letter to translate."""
    return bool(_MATERIAL.match(sentence))


def is_question(clause: str) -> bool:
    """Whether a clause begins as questions do, with or without a question mark."""
    return bool(_QUESTION.match(clause))


def is_unreal(clause: str) -> bool:
    """Whether a clause supposes, wishes or doubts."""
    return bool(_UNREAL.match(clause))


def is_hearsay(clause: str) -> bool:
    """Whether a clause reports what somebody said."""
    return bool(_HEARSAY.match(clause))


def is_sarcastic(clause: str) -> bool:
    """Whether a clause praises in the way one complains."""
    return bool(_SARCASM.match(clause))


def asks_for_work(clause: str) -> bool:
    """Whether a clause orders a piece of work, whose contents are no facts."""
    return bool(_WORK.match(clause))
