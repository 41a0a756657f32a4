noinst_LIBRARIES += %D%/libmboxlist.a
%C%_libmboxlist_a_SOURCES = \
	%D%/access_options.h %D%/access_options.cc %D%/change.h %D%/change.cc %D%/directory.h %D%/directory.cc %D%/entry_codec.h %D%/entry_codec.cc \
	%D%/events.h %D%/events.cc %D%/find_mailbox.h %D%/find_mailbox.cc \
	%D%/kick.h %D%/kick.cc %D%/list_pattern.h %D%/list_pattern.cc \
	%D%/list_dump.h %D%/list_dump.cc %D%/list_keys.h %D%/list_load.h %D%/list_load.cc \
	%D%/list_walker.h %D%/list_walker.cc \
	%D%/memory_directory.h %D%/memory_directory.cc \
	%D%/namespace_options.h %D%/namespace_options.cc \
	%D%/newsgroups.h %D%/newsgroups.cc \
	%D%/partitions.h %D%/partitions.cc \
	%D%/open_directory.h %D%/open_directory.cc %D%/servers.h %D%/servers.cc \
	%D%/store_directory.h %D%/store_directory.cc %D%/subscriptions.h %D%/subscriptions.cc

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/mboxlist/suite
TESTS += tests/unit/imap/mboxlist/suite
tests_unit_imap_mboxlist_suite_SOURCES = \
	tests/unit/imap/mboxlist/entries.h tests/unit/imap/mboxlist/directory_test.cc tests/unit/imap/mboxlist/entry_codec_test.cc \
	tests/unit/imap/mboxlist/kick_test.cc tests/unit/imap/mboxlist/list_dump_test.cc \
	tests/unit/imap/mboxlist/list_check_test.cc tests/unit/imap/mboxlist/list_pattern_test.cc \
	tests/unit/imap/mboxlist/list_walker_test.cc tests/unit/imap/mboxlist/newsgroups_test.cc tests/unit/imap/mboxlist/partitions_test.cc \
	tests/unit/imap/mboxlist/subscriptions_test.cc
tests_unit_imap_mboxlist_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_mboxlist_suite_LDADD = tests/support/libsuite.a imap/mboxlist/libmboxlist.a imap/model/libmodel.a \
	lib/auth/libauth.a lib/config/libconfig.a lib/db/libdb.a lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a \
	$(TDB_LIBS) $(CHECK_LIBS)
endif
EXTRA_DIST += doc/formats/mailboxes.md doc/formats/subscriptions.md
