"""What a scheme shows, at which scale, and what each sign means."""
