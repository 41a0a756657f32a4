# imap/imapd
