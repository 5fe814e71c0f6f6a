"""What is kept: journals, blobs and readers of old event shapes. The only home of sqlite3."""
