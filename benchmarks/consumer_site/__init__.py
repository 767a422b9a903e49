"""An application with one handler, for the benchmark of consumers."""
