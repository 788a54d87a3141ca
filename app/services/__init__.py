"""Use cases: one public coroutine is one permission and one transaction."""
