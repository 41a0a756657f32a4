# imap/session
