"""The screen of the daemon: it shows snapshots and passes on what the operator wants."""
