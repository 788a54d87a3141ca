"""The only place that makes threads and listeners."""
