"""What a user may ask for: all that is known of them as records, taken in again, and erased."""
