# imap/model
