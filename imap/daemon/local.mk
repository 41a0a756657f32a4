# imap/daemon
