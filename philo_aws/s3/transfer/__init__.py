"""Files and folders moved to S3 and back, and made equal."""
