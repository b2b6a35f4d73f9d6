"""Business time: opening hours, and due instants counted in them, window by window."""
