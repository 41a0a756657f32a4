# imap/admin
