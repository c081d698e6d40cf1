"""What all programs share: options, the command line, the machine, progress."""
