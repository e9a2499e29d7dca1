from langchain_usermem.rules.sentences import MASK, Sentence, sentences_in


def quotes(text: str) -> list[str]:
    """The sentences of a text as they stand in it."""
    return [sentence.quote for sentence in sentences_in(text)]


def test_a_sentence_is_copied_from_the_message() -> None:
    """Every quote stands in the message letter by letter, spaces and all."""
    text = "  Hi!  I\u2019m  Ada \u2014 from   Leeds.\nI like tea"
    assert quotes(text) == ["Hi!", "I\u2019m  Ada \u2014 from   Leeds.", "I like tea"]
    assert all(quote in text for quote in quotes(text))


def test_abbreviations_end_no_sentence() -> None:
    """A point after `St`, `Dr`, an initial or `a.m` does not cut."""
    assert quotes("I work at St. James. I wake at 6 a.m. daily. Ask J. Doe.") == [
        "I work at St. James.",
        "I wake at 6 a.m. daily.",
        "Ask J. Doe.",
    ]


def test_code_is_masked() -> None:
    """Fenced and inline code keep their length and lose their letters."""
    assert sentences_in("Run `I am` now") == [
        Sentence("Run `I am` now", f"Run {MASK * 6} now"),
    ]
    assert sentences_in("```\nI live in Rome\n```")[0].masked == MASK * 3


def test_lines_quoted_from_others_are_masked() -> None:
    """A line that begins with `>` is somebody else's."""
    assert sentences_in("> I live in Rome")[0].masked == MASK * 16


def test_speech_is_masked_and_titles_are_not() -> None:
    """Quotation marks around first or second person are speech, around a few words a title."""
    assert MASK in sentences_in('she wrote "I love cats" to him')[0].masked
    assert MASK not in sentences_in('My favourite book is "Dune"')[0].masked


def test_only_the_ends_of_a_pasted_document_are_read() -> None:
    """Of more than 2,000 characters only the first and the last paragraph are read."""
    text = "\n\n".join(("First here.", *["Middle text."] * 300, "Last here."))
    assert quotes(text) == ["First here.", "Last here."]


def test_long_sentences_and_paragraphs_are_passed_over() -> None:
    """A sentence of more than 400 characters, or a long end of a document, is not read."""
    assert quotes("I am " + "x" * 400 + ". I live in Leeds.") == ["I live in Leeds."]
    assert quotes("x. " * 1000) == []
