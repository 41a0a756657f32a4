# imap/mailbox
