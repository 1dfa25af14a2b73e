"""The child process that reads a source, shows its latest numbers and writes samples."""
