from rovertui.cli import main

main()
