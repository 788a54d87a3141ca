"""What starts runs by itself: the pages on schedules and webhooks."""
