"""Scripts of the workflow: each reads artifacts, calls the library, and writes artifacts or a figure."""
