"""The command `usermem`."""
