# imap/mboxlist
