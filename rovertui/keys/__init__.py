"""Keys and what they do: the commands of the screen, and an operator's own keys for them."""
