"""What is done to an object by requests: properties, tags, links, copies."""
