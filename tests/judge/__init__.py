"""Django's own tests, with our storages and our command in the place of Django's (`make judge`)."""
