"""What the tests share: real kernels, terminals, Node servers, and the watch for what a test leaves behind."""
