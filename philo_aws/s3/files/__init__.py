"""The files of this machine: their names as keys, their folders, their types."""
