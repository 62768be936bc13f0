"""One function per endpoint: from a request that was understood to a call of the runtime."""
