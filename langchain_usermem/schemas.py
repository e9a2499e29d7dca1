"""JSON schemas of what models are asked to answer; strict ones, so every field is required."""

import json

from langchain_usermem.settings import MemorySettings


def extraction_schema(settings: MemorySettings) -> dict[str, object]:
    """JSON schema of the extractor's answer."""
    text, flag = {"type": "string"}, {"type": "boolean"}
    optional = {"type": ["string", "null"]}
    item = {
        "content": text,
        "category": {"type": "string", "enum": list(settings.categories)},
        "attribute": optional,
        "tags": {"type": "array", "items": text},
        "action": {"type": "string", "enum": ["add", "confirm", "update", "supersede"]},
        "known": {"type": "array", "items": {"type": "integer"}},
        "whole": optional,
        "forget": flag,
        "explicit": flag,
        "confidence": {"type": "number"},
        "valid_from": optional,
        "expires": optional,
        "message": {"type": "integer"},
        "quote": text,
    }
    return _list_schema("memories", item, "What to remember or forget of this conversation.")


def in_form_of(schema: dict[str, object]) -> str:
    """What asks for an answer in the form of a schema where nothing but words can."""
    name = schema["title"]
    return (
        "Answer with JSON alone, without a word before or after it, in the form of this schema; "
        f'{{"{name}": []}} where there is nothing to list:\n{json.dumps(schema)}'
    )


def consolidation_schema() -> dict[str, object]:
    """JSON schema of the decider's answer."""
    item: dict[str, object] = {
        "item": {"type": "integer"},
        "action": {
            "type": "string",
            "enum": ["add", "confirm", "update", "merge", "supersede", "skip"],
        },
        "memories": {"type": "array", "items": {"type": "integer"}},
        "content": {"type": ["string", "null"]},
    }
    return _list_schema("decisions", item, "One decision for each item.")


def reflection_schema() -> dict[str, object]:
    """JSON schema of what may be merged among some memories."""
    item: dict[str, object] = {
        "memories": {"type": "array", "items": {"type": "integer"}},
        "content": {"type": "string"},
    }
    return _list_schema("merges", item, "Memories that say the same, and what takes their place.")


def profiles_schema() -> dict[str, object]:
    """JSON schema of a user's profile, by category."""
    item: dict[str, object] = {"category": {"type": "string"}, "text": {"type": "string"}}
    return _list_schema("profiles", item, "A short profile for each category.")


def _list_schema(name: str, item: dict[str, object], description: str) -> dict[str, object]:
    return {
        "title": name,
        "description": description,
        "type": "object",
        "properties": {name: {"type": "array", "items": _object_schema(item)}},
        "required": [name],
        "additionalProperties": False,
    }


def _object_schema(properties: dict[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
