"""The story that `usermem demo` tells, as data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scene:
    """One session of one user, played in a process of its own.

    `tells` is read out first. Every text of `replies` stands in what the assistant replies, and
    none of `never` stands anywhere in it; every text of `notes` stands in what is reported of
    memory. They hold for the offline model; another finds words of its own.
    """

    user: str
    tells: str
    says: tuple[str, ...]
    replies: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


SCENES = (
    Scene(
        user="ada",
        tells="Ada says once who she is and how she wants to be answered.",
        says=(
            "Hi, I'm Ada. Please answer me in Spanish, in bullet points.",
            "I live in Leeds, and I have a dog called Biscuit.",
        ),
        notes=(
            "remembered: Answer in Spanish",
            "remembered: Answer in bullet points",
            "remembered: Lives in Leeds",
            "remembered: Has a dog called Biscuit",
        ),
    ),
    Scene(
        user="ben",
        tells="Ben talks to the same assistant. His memory is another one.",
        says=("My name is Ben. I live in Oslo, and I'm allergic to peanuts.",),
        notes=("remembered: Lives in Oslo", "remembered: Is allergic to peanuts"),
        never=("Ada", "Leeds", "Biscuit"),
    ),
    Scene(
        user="ada",
        tells="Ada is back. Nobody tells the new process to speak Spanish or to use bullets.",
        says=("What is my dog called?",),
        replies=("Esto es lo que recuerdo:", "- Has a dog called Biscuit"),
    ),
    Scene(
        user="ada",
        tells="Ada moves. The new home takes the place of the old one.",
        says=("Actually, I moved to York.",),
        notes=("remembered: Lives in York (in place of: Lives in Leeds)",),
    ),
    Scene(
        user="ada",
        tells="Ada asks for something to be forgotten. It is out of reach; in a week it is purged.",
        says=("Please forget my dog.",),
        notes=("forgot: Has a dog called Biscuit",),
    ),
    Scene(
        user="ada",
        tells="Her home is the new one, and the dog is gone.",
        says=("Where do I live?", "What is my dog called?"),
        replies=("- Lives in York", "No recuerdo nada de eso."),
        never=("Leeds", "Oslo", "Biscuit"),
    ),
    Scene(
        user="ben",
        tells="Ben asks the same. He is answered in English, from his own memories only.",
        says=("Where do I live?", "What is my dog called?"),
        replies=("This is what I remember: Lives in Oslo.", "I remember nothing about that."),
        never=("York", "Leeds", "Biscuit", "recuerdo"),
    ),
)
