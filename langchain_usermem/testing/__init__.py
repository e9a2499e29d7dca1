"""Doubles and contracts for tests of code that uses this package."""

from langchain_usermem.testing.chat_models import (
    Ability,
    ScriptedChatModel,
    Step,
    candidate_item,
)
from langchain_usermem.testing.store_contract import AsyncStoreContract, StoreContract

__all__ = [
    "Ability",
    "AsyncStoreContract",
    "ScriptedChatModel",
    "Step",
    "StoreContract",
    "candidate_item",
]
