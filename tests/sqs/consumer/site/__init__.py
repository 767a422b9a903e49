"""An application with a handler, for consumers that are processes of their own."""
