"""An application with tasks, for consumers that are processes of their own."""
