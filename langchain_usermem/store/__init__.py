"""A durable LangGraph store over SQLite and FAISS."""
