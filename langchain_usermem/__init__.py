"""Evolving, per-user memory for LangGraph and LangChain agents."""
