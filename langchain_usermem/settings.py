"""Everything that can be tuned, as frozen values with the defaults we ship."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import (
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    field_serializer,
    field_validator,
    model_validator,
)

from langchain_usermem.memory import CATEGORIES, Label, Share, Value
from langchain_usermem.namespaces import encode_label

STANDING_ATTRIBUTES = frozenset(
    {
        "allergy",
        "diet",
        "preferred_name",
        "response_format",
        "response_language",
        "response_length",
        "response_rule",
        "response_tone",
        "time_zone",
    }
)
"""Slots that apply to every turn: how the user wants to be addressed and answered, and what no
answer may overlook, though no question resembles it (an allergy, when asked for a recipe)."""

SINGLE_VALUED_ATTRIBUTES = frozenset(
    {
        "age",
        "birthday",
        "employer",
        "home_city",
        "home_country",
        "name",
        "preferred_name",
        "relationship_status",
        "response_format",
        "response_language",
        "response_length",
        "response_tone",
        "role",
        "time_zone",
    }
)
"""Slots in which a newer memory takes the place of the older one."""

REPLACED_ATTRIBUTES = frozenset(
    {
        "age",
        "home_city",
        "home_country",
        "preferred_name",
        "response_language",
        "response_length",
        "time_zone",
    }
)
"""Single-valued slots in which two statements are two values. In others one may add to the other,
as a second job does, or "no tables" to "use bullet points"."""

KINDRED_ATTRIBUTES = (frozenset({"employer", "role"}), frozenset({"home_city", "home_country"}))
"""Slots that one and the same statement may be given: "Teaches at Moor Lane School"."""

MAX_DAYS = 36_500
"""The longest span that can be set, in days: a hundred years, which datetimes can add up."""


LIFE_DAYS = {"context": 7.0}
"""How long memories live whose category the policy does not name, in days."""


class RankingWeights(Value):
    """How signals are summed into a rank value, and where recall stops.

    `similarity` weighs the cosine after division by `similarity_scale`, the cosine at which
    static vectors of a short question and its answer are as close as they come. `keywords`
    weighs the share of the query's BM25 weight that a memory holds. The sum of both is the
    memory's relevance, which `floor` is held against, and `floor_share` as the least share of
    the best one's. `word_floor` takes the place of `floor` for a query of a single word that
    means something ("dog"): it has no other words by which an irrelevant memory could score.

    `forms` is what a word of the query that a memory has in another form only ("stehe", "steht";
    "Abend", "Abendessen") counts of the word itself, where no memory answers beyond doubt.

    `time` weighs how well a memory fits the time that a query asks about ("in May", "currently"),
    and counts for relevance; `half_life_days` is the age at which a memory is half as current.

    `another` is what is left of the relevance of a memory about somebody else than the question
    ("Where do I live?", and a sister's home), `unmentioned` what is left where it mentions
    nothing that the question says is the user's ("my cat"), and `aside` what is left where it
    begins with neither of whom and what the question speaks of, and another does ("What has John
    read?", and what Tim asked John).

    `category` and `importance` lift memories by a share of their relevance: those about who the
    user is, where the question is about the user, and those that matter more.

    Context changes the order, never what passes the floor: `neighbours` weighs the relevance of
    the memories before and after in the same thread (half of it, two places away), `session`
    the mean relevance of the thread's best three. Defaults are from evidence recall on public
    two-person conversations, as is that of `aside`; the figures are flat around them. `another`,
    `unmentioned`, `forms` and `category` are from labelled questions; `importance` moves no
    figure, and settles ties.
    """

    model_config = ConfigDict(extra="forbid")

    similarity: float = Field(default=0.4, ge=0.0, allow_inf_nan=False)
    similarity_scale: float = Field(default=0.7, gt=0.0, allow_inf_nan=False)
    keywords: float = Field(default=0.6, ge=0.0, allow_inf_nan=False)
    time: float = Field(default=0.15, ge=0.0, allow_inf_nan=False)
    half_life_days: float = Field(default=30.0, gt=0.0, allow_inf_nan=False)
    another: Share = 0.6
    unmentioned: Share = 0.8
    aside: Share = 0.75
    forms: Share = 0.8
    category: float = Field(default=0.15, ge=0.0, allow_inf_nan=False)
    importance: float = Field(default=0.05, ge=0.0, allow_inf_nan=False)
    neighbours: float = Field(default=0.25, ge=0.0, allow_inf_nan=False)
    session: float = Field(default=0.4, ge=0.0, allow_inf_nan=False)
    # Of 44 labelled queries about nothing, 37 recall nothing; 36 at 0.3, 21 at 0.2. It costs none
    # of the 120 about something that words were chosen on, and 2 of 72 about other lives.
    floor: Share = 0.31
    word_floor: Share = 0.2
    floor_share: Share = 0.6

    @model_validator(mode="after")
    def _something_weighs(self) -> Self:
        if self.similarity + self.keywords == 0:
            raise ValueError("similarity and keywords cannot both weigh nothing")
        return self


Permission = Literal["allow", "review", "deny"]
Days = Annotated[float, Field(gt=0.0, le=MAX_DAYS)]


class MemoryPolicy(Value):
    """What may be stored, for how long, and how much of it.

    It holds for whatever is stored: from conversations, by `remember`, and by an agent's tools.

    Args:
        categories: by category, whether its memories are stored ("allow"), wait for approval
            and are not recalled until then ("review"), or are never stored ("deny"). What is
            not named is allowed.
        life_days: by category, the days that a memory lives which names no end; None is without
            end. `context` lives for 7 days unless it is named here, others without end.
        explicit_only: of what a user says, only what they ask to be remembered, or state as a
            rule for answers, is stored. What an application states itself is explicit.
        max_memories: most active memories of a user, those private to agents among them.
        max_by_category: by category, most active memories of a user.

    Beyond a cap the least valuable memories are forgotten, as `policy.value_of` ranks them.

    >>> MemoryPolicy(categories={"system": "review"}).permission("system")
    'review'
    """

    model_config = ConfigDict(extra="forbid")

    categories: dict[Label, Permission] = Field(default_factory=dict)
    life_days: dict[Label, Days | None] = Field(default_factory=dict)
    explicit_only: bool = False
    max_memories: PositiveInt | None = None
    max_by_category: dict[Label, PositiveInt] = Field(default_factory=dict)

    def permission(self, category: str) -> Permission:
        """Whether memories of a category are stored at once, after review, or never."""
        return self.categories.get(category, "allow")

    def life_of(self, category: str) -> float | None:
        """The days that a memory of this category lives; None is without end."""
        return {**LIFE_DAYS, **self.life_days}.get(category)

    @property
    def named(self) -> Iterator[str]:
        """The categories that it says something about."""
        yield from (*self.categories, *self.life_days, *self.max_by_category)


class MemorySettings(Value):
    """Settings of a `UserMemory`. A name that is no setting is refused.

    Args:
        root: first namespace label, one per application that shares a store.
        categories: what `category` may be; applications add their own.
        single_valued: attributes of which a user has one memory at a time.
        standing: attributes whose memories apply to every turn.
        policy: what may be stored, for how long, and how much of it.
        weights: how recall ranks.
        recall_limit: most memories recalled for a query.
        recall_tokens: most tokens that recalled memories take in a prompt.
        profile_tokens: most tokens that the profile takes in a prompt.
        history_tokens: most tokens of conversation history sent to the model.
        extraction_tokens: most tokens of conversation given to the extractor in one call.
        context_tokens: most tokens of what was said before, shown to the extractor so that it
            understands the turn; 0 shows nothing.
        gate: whether a turn that can hold nothing (thanks, greetings, bare questions) is kept
            from the model, and reported as skipped.
        extract_tool_results: whether what tools say of the user may be remembered too, with
            trust `tool`.
        extraction_instructions: what an application adds to the extraction prompt.
        known: memories nearest to a turn that the extractor is shown beside the profile, so that
            it says what a statement does to them; of several turns at once, up to twice as many.
        neighbours: memories compared with a candidate.
        neighbour_floor: least rank value at which a memory may say the same as a candidate, or
            the contrary, so that a model is asked which.
        refuse_secrets: whether what holds a key, a password, a PIN, a card or account number is
            skipped, and reported so. Quotes are stored with the name of its kind in its place.
        min_confidence: candidates below are skipped, and reported so.
        max_changes: most changes of one turn; what goes beyond is skipped, and reported so.
        writes: when `add` and the graph extract: "inline", before they return; in the
            "background", from the inbox, where a turn waits durably; "off", never.
        quiet_seconds: how long a conversation rests before the background extracts its turns.
        model_attempts: how often a model is asked at once where it fails or answers damaged.
        max_attempts: how often a turn is tried before it is parked.
        retry_seconds: pause after the first attempt that failed, doubled after each further one.
        lease_seconds: how long a turn stays in the hands of who extracts it; longer than any
            model takes, since after that somebody else may try.
        turn_days: for how many days a turn is known that was extracted, so that it is not extracted
            again; `tidy` forgets older ones, of which each would else keep a row for ever.
        forget_grace_days: days during which forgetting can be undone; 0 purges at once.
        fence_key: secret from which prompt fences are made. None takes a random one per
            process; set it where several processes serve one user, so that prompt caches hit.
    """

    model_config = ConfigDict(extra="forbid")

    root: str = "usermem"
    categories: tuple[str, ...] = CATEGORIES
    single_valued: frozenset[str] = SINGLE_VALUED_ATTRIBUTES
    standing: frozenset[str] = STANDING_ATTRIBUTES
    policy: MemoryPolicy = MemoryPolicy()
    weights: RankingWeights = RankingWeights()
    recall_limit: PositiveInt = 5
    recall_tokens: PositiveInt = 600
    profile_tokens: PositiveInt = 400
    history_tokens: PositiveInt = 8_000
    extraction_tokens: PositiveInt = 3_000
    context_tokens: NonNegativeInt = 500
    gate: bool = True
    extract_tool_results: bool = False
    extraction_instructions: str = ""
    known: PositiveInt = 20
    neighbours: PositiveInt = 10
    # Of 38 changed minds in other words than the first, a model or a rule sees 36; 17 at 0.35.
    # Of 40 statements about something else, 9 are asked about; 1 at 0.35.
    neighbour_floor: Share = 0.14
    refuse_secrets: bool = True
    min_confidence: Share = 0.5
    max_changes: PositiveInt = 20
    writes: Literal["inline", "background", "off"] = "inline"
    quiet_seconds: float = Field(default=20.0, ge=0.0, le=86_400.0)
    model_attempts: PositiveInt = 4
    max_attempts: PositiveInt = 5
    retry_seconds: float = Field(default=30.0, ge=0.0, le=86_400.0)
    lease_seconds: float = Field(default=300.0, gt=0.0, le=86_400.0)
    turn_days: float = Field(default=400.0, ge=1.0, le=MAX_DAYS)
    forget_grace_days: float = Field(default=7.0, ge=0.0, le=MAX_DAYS)
    fence_key: str | None = Field(default=None, repr=False, exclude=True)

    @field_serializer("single_valued", "standing", when_used="json")
    def _in_order(self, attributes: frozenset[str]) -> list[str]:
        return sorted(attributes)

    @field_validator("root")
    @classmethod
    def _is_a_root(cls, root: str) -> str:
        encode_label(root, kind="root")
        if root == "langgraph":
            raise ValueError("the root 'langgraph' is LangGraph's own; name it after yours")
        return root

    @model_validator(mode="after")
    def _policy_names_what_there_is(self) -> Self:
        unknown = [name for name in self.policy.named if name not in self.categories]
        if unknown:
            raise ValueError(
                f"the policy names category {unknown[0]!r}, which is none of "
                f"{', '.join(self.categories)}. Add it to MemorySettings(categories=...)."
            )
        return self
