"""The S3 and SQS suites on further implementations: `make conformance`."""
