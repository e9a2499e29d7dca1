"""`usermem demo`: it goes as told, and cannot claim what did not happen."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from langchain_usermem.cli.demo import stage
from langchain_usermem.cli.demo.scenes import SCENES, Scene
from langchain_usermem.cli.demo.stage import broken

from .conftest import Run

SHOWN = """\
ada> I live in York. Is Leeds far?
usermem> [offline model] This is what I remember:
- Lives in York
  ~ remembered: Lives in York
"""
SCENE = Scene(user="ada", tells="", says=())


def test_the_demo_goes_as_told_in_processes_of_its_own() -> None:
    """As a real command, offline, it plays all scenes and ends with the tables of both users."""
    variables = {**os.environ, "USERMEM_MODEL": "offline", "COLUMNS": "160"}
    ran = subprocess.run(
        [sys.executable, "-m", "langchain_usermem", "demo"],
        capture_output=True,
        encoding="utf-8",
        env=variables,
        timeout=180,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    places = [ran.stdout.index(f"\n{n}. {scene.tells}") for n, scene in enumerate(SCENES, 1)]
    assert places == sorted(places)
    assert "replaced: Lives in Leeds" in ran.stdout
    assert "What is remembered of ben, and why" in ran.stdout


def test_the_demo_fails_when_a_reply_is_not_as_told(
    usermem: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scene that promises another town ends the demo with exit code 1, and says which."""
    false = replace(SCENES[0], notes=("remembered: Lives in Paris",))
    monkeypatch.setattr(stage, "SCENES", (false, *SCENES[1:]))
    ran = usermem("demo")
    assert ran.code == 1
    assert ran.err == (
        "scene 1 did not go as told: memory did not report 'remembered: Lives in Paris'\n"
    )
    assert "2. " not in ran.out


def test_the_demo_never_hides_a_model_that_fails(usermem: Run) -> None:
    """A model that cannot be made ends it at the first scene; nothing replaces it."""
    ran = usermem("--model", "openai:gpt-4o-mini", "demo")
    assert ran.code == 1
    assert ran.err.startswith("model 'openai:gpt-4o-mini' cannot be used (OpenAIError).")
    assert ran.err.endswith("\nscene 1 failed\n")
    assert "offline model" not in ran.out


@pytest.mark.parametrize(
    ("scene", "faults"),
    [
        (replace(SCENE, replies=("- Lives in York",), never=("Leeds",)), []),
        (replace(SCENE, notes=("remembered: Lives in York",)), []),
        (replace(SCENE, replies=("Leeds",)), ["the reply lacks 'Leeds'"]),
        (replace(SCENE, replies=("remembered:",)), ["the reply lacks 'remembered:'"]),
        (replace(SCENE, notes=("offline",)), ["memory did not report 'offline'"]),
        (replace(SCENE, never=("York",)), ["the reply holds 'York'"]),
    ],
)
def test_promises_are_kept_by_replies_and_not_by_questions(scene: Scene, faults: list[str]) -> None:
    """What the user says counts for nothing, and notes and replies are told apart."""
    assert list(broken(scene, SHOWN)) == faults


def test_the_story_shows_what_it_is_meant_to_show() -> None:
    """Both users appear, both are asked the same, and each is kept from the other's memories."""
    assert {scene.user for scene in SCENES} == {"ada", "ben"}
    assert SCENES[-2].says == SCENES[-1].says
    assert {"Oslo"} < set(SCENES[-2].never)
    assert {"York", "Leeds", "Biscuit"} < set(SCENES[-1].never)


@pytest.mark.parametrize(
    ("found", "started", "shown"),
    [
        ("/usr/bin/usermem", ".venv/bin/usermem", "usermem"),
        (None, ".venv/bin/usermem", ".venv/bin/usermem"),
        (None, "langchain_usermem/__main__.py", "usermem"),
    ],
)
def test_the_last_line_can_be_typed_as_it_stands(
    monkeypatch: pytest.MonkeyPatch, found: str | None, started: str, shown: str
) -> None:
    """The command is named by its path where the shell would not find it."""
    monkeypatch.setattr(stage, "which", lambda _: found)
    monkeypatch.setattr(sys, "argv", [started])
    assert stage._command() == shown
