"""Everything that can be tuned, as frozen values with the defaults we ship."""

from typing import Self

from pydantic import Field, PositiveInt, model_validator

from langchain_usermem.memory import CATEGORIES, Share, Value

STANDING_ATTRIBUTES = frozenset(
    {
        "preferred_name",
        "response_format",
        "response_language",
        "response_length",
        "response_rule",
        "response_tone",
        "time_zone",
    }
)
"""Slots that apply to every turn: how the user wants to be addressed and answered."""

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


class RankingWeights(Value):
    """How signals are summed into a rank value, and where recall stops.

    `similarity` weighs the cosine after division by `similarity_scale`, the cosine at which
    static vectors of a short query and its answer are as close as they come; `keywords` weighs
    the share of the query's BM25 weight that a memory holds; `importance` the memory's own.
    `floor` is the least rank value that is recalled, and `floor_share` the least share of the
    best one's value.
    """

    similarity: float = Field(default=0.55, ge=0.0)
    similarity_scale: float = Field(default=0.6, gt=0.0)
    keywords: float = Field(default=0.40, ge=0.0)
    importance: float = Field(default=0.05, ge=0.0)
    floor: Share = 0.24
    floor_share: Share = 0.5

    @model_validator(mode="after")
    def _something_weighs(self) -> Self:
        if self.similarity + self.keywords == 0:
            raise ValueError("similarity and keywords cannot both weigh nothing")
        return self


class MemorySettings(Value):
    """Settings of a `UserMemory`.

    Args:
        root: first namespace label, one per application that shares a store.
        categories: what `category` may be; applications add their own.
        single_valued: attributes of which a user has one memory at a time.
        standing: attributes whose memories apply to every turn.
        weights: how recall ranks.
        recall_limit: most memories recalled for a query.
        recall_tokens: most tokens that recalled memories take in a prompt.
        profile_tokens: most tokens that the profile takes in a prompt.
        history_tokens: most tokens of conversation history sent to the model.
        extraction_tokens: most tokens of conversation given to the extractor in one call.
        extraction_instructions: what an application adds to the extraction prompt.
        neighbours: memories compared with a candidate.
        min_confidence: candidates below are skipped, and reported so.
        max_changes: most changes of one turn; what goes beyond is skipped, and reported so.
        context_days: life of a `context` memory that names no end, in days.
        forget_grace_days: days during which forgetting can be undone; 0 purges at once.
        fence_key: secret from which prompt fences are made. None takes a random one per
            process; set it where several processes serve one user, so that prompt caches hit.
    """

    root: str = "usermem"
    categories: tuple[str, ...] = CATEGORIES
    single_valued: frozenset[str] = SINGLE_VALUED_ATTRIBUTES
    standing: frozenset[str] = STANDING_ATTRIBUTES
    weights: RankingWeights = RankingWeights()
    recall_limit: PositiveInt = 5
    recall_tokens: PositiveInt = 600
    profile_tokens: PositiveInt = 400
    history_tokens: PositiveInt = 8_000
    extraction_tokens: PositiveInt = 3_000
    extraction_instructions: str = ""
    neighbours: PositiveInt = 10
    min_confidence: Share = 0.5
    max_changes: PositiveInt = 20
    context_days: float = Field(default=7.0, gt=0.0)
    forget_grace_days: float = Field(default=7.0, ge=0.0)
    fence_key: str | None = Field(default=None, repr=False)
