"""`python -m textinsight`."""

from textinsight.cli import main

if __name__ == "__main__":
    main()
