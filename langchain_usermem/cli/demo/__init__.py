"""The command `demo`: a story told in scenes, each checked while it is told."""
