# imap/store
noinst_LIBRARIES += %D%/libstore.a
%C%_libstore_a_SOURCES = \
	%D%/cache_file.h %D%/cache_file.cc \
	%D%/header_file.h %D%/header_file.cc \
	%D%/index_file.h %D%/index_file.cc \
	%D%/index_format.h %D%/index_format.cc \
	%D%/mailbox_lock.h %D%/mailbox_lock.cc \
	%D%/mailbox_path.h %D%/mailbox_path.cc \
	%D%/message_file.h %D%/message_file.cc \
	%D%/seen_store.h %D%/seen_store.cc \
	%D%/uid_set.h %D%/uid_set.cc \
	%D%/wakeup.h %D%/wakeup.cc
