"""The four nodes of a memory graph, each a factory that fits any graph."""
