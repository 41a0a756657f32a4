# lib/db
