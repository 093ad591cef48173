"""`python -m morelli`."""

from morelli.cli.main import main

if __name__ == "__main__":
    main()
