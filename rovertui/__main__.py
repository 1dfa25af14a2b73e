"""``python -m rovertui``: the command line."""

from rovertui.cli import main

main()
