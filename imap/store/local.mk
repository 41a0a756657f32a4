# imap/store
