"""`python -m runoff_forecast` is the command line."""

from .cli import main

main()
