"""What every call to S3 is made of: names, addresses, parameters, the client, answers in XML."""
