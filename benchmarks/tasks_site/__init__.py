"""An application with one task, for the benchmark of tasks."""
