"""Speed and cost beside peers: `make bench`, `make cost`. No test asserts a time."""
