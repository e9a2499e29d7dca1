"""The memory graph as a deployment: the server brings the store and the checkpointer."""

from langchain_usermem import create_memory_graph
from langchain_usermem.environment import chosen_model

graph = create_memory_graph(chosen_model()).compile(name="memory_chat")
