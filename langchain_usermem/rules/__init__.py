"""Candidates from a message by rules: explicit statements, in English, without a model.

Precision comes before recall: what is not plainly the user's own statement is left alone.
"""

from langchain_usermem.rules.reading import candidates_in

__all__ = ["candidates_in"]
