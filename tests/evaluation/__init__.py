"""How well recall works: on public conversations, and on a small labelled set of our own."""
