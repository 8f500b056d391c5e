"""What every domain shares: organisations and their walls, vault, jobs, and the thread of each unit."""
