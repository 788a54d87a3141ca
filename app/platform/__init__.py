"""What the program asks of the machine: settings, logs, keys and a local PostgreSQL."""
