# imap/mailbox
EXTRA_DIST += %D%/annotations.h
EXTRA_DIST += %D%/mailbox.h %D%/mailbox_store.h %D%/poll_times.h %D%/quota.h
EXTRA_DIST += %D%/sync_store.h
