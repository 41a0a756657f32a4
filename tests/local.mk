# Tests that are not one folder's unit tests. Unit tests are listed by the folder they test.
EXTRA_DIST += %D%/support/murder.py %D%/support/quickstart_murder.py
