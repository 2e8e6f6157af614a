"""Makes the reference vectors of @asgd/conformance from PyTorch, and shows that they can be relied on."""
