"""What `UserMemory` can do, by duty: remembering, recalling, and keeping what is there."""
