# imap/lmtp
