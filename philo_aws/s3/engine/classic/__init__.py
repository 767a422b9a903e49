"""The engine that works everywhere: boto3 in threads."""
