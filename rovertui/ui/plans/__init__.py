"""What a command leads to now, by what is shown; `by_command` tells them apart."""
