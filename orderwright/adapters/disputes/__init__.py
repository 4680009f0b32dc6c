"""Who answers disputes, by provider."""
