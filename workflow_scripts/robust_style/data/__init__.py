"""Images and labels: fetched, verified, embedded or painted."""
