"""What the world sends by itself: timers, call-backs and webhooks, signed and delivered."""
