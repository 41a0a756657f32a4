# imap/mupdate
