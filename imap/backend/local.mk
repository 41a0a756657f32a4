# imap/backend
