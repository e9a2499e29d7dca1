"""Secrets are found by their check digits, their prefix, or the words before them."""

import pytest

from langchain_usermem.sensitive import secret_in, without_secrets

KEY = "sk-" + "a1B2" * 8


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("My card is 4111 1111 1111 1111.", "a card number"),
        ("card: 5500-0000-0000-0004", "a card number"),
        ("Pays with 378282246310005", "a card number"),
        ("IBAN DE89 3704 0044 0532 0130 00", "an account number"),
        ("gb82west12345698765432", "an account number"),
        (f"Uses {KEY} for the API", "a key"),
        ("AKIA" + "ABCDEFGHIJ012345", "a key"),
        ("ghp_" + "a1b2c3" * 6, "a key"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "a key"),
        ("The API key is 9f8e7d6c5b4a", "a key"),
        ("Bearer 9f8e7d6c5b4a", "a key"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "a private key"),
        ("Password is hunter2", "a password"),
        ("password for the router: swordfish", "a password"),
        ("Mein Passwort lautet Geheim!", "a password"),
        ("Mi contraseña es abretesesamo", "a password"),
        ("Le mot de passe est soleil", "a password"),
        ("The PIN is 4711", "a PIN"),
        ("PIN 4711", "a PIN"),
        ("CVV: 123", "a PIN"),
    ],
)
def test_secrets_are_found_and_masked(text: str, kind: str) -> None:
    """Each kind is named, and what is left of the text holds none."""
    assert secret_in(text) == kind
    masked = without_secrets(text)
    assert f"[{kind}]" in masked
    assert secret_in(masked) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Lives in Leeds",
        "Phone number is +44 113 496 0000",
        "Order 4111 1111 1111 1112 has arrived",
        "Order 0000 0000 0000 0000",
        "Was born on 1990-05-12 at 10:30",
        "Flight BA1234 on 2026-05-12",
        "DE89 3704 0044 0532 0130 01",
        "Forgot the password to the router",
        "Password manager is the one of the company",
        "The password is stored in the safe",
        "Mein Passwort ist nicht sicher",
        "Wants a secret garden",
        "Collects tokens of 1950s trams",
        "Wears a pin on the jacket",
        "Has a key to the office of Jane",
        "Weighs 80 kg and runs 10000 m in 45 minutes",
        "Bought 123456789012345678901234567890 grains of sand",
    ],
)
def test_what_only_looks_like_a_secret_is_left_alone(text: str) -> None:
    """Dates, phones, orders and talk of passwords are not masked."""
    assert secret_in(text) is None
    assert without_secrets(text) == text
