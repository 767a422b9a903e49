"""A small site that uses philo_aws, to look at and to start from."""
