"""What must be true of landed data, checked with Great Expectations before anything is computed."""
