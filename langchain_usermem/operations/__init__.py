"""What `UserMemory` can do, by duty: remembering, recalling, reviewing and keeping."""
