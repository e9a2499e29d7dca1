"""`python -m langchain_usermem` is the command `usermem`."""

from langchain_usermem.cli import main

if __name__ == "__main__":
    main()
