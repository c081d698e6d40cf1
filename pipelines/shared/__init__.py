"""Shared by all programs: options, stand-ins, notes, the command line, the machine, progress, versions."""
