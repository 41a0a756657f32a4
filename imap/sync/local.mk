# Copies of mailboxes at other servers: the replication dialect, and moves.
noinst_LIBRARIES += %D%/libsync.a
%C%_libsync_a_SOURCES =
%C%_libsync_a_SOURCES += %D%/dlist.h %D%/dlist.cc
%C%_libsync_a_SOURCES += %D%/mailbox_dlist.h %D%/mailbox_dlist.cc
%C%_libsync_a_SOURCES += %D%/client.h %D%/client.cc
%C%_libsync_a_SOURCES += %D%/copier.h %D%/copier.cc %D%/copier_around.cc
%C%_libsync_a_SOURCES += %D%/move_journal.h %D%/move_journal.cc
%C%_libsync_a_SOURCES += %D%/mover.h %D%/mover.cc
%C%_libsync_a_SOURCES += %D%/services_responses.cc %D%/services.h
%C%_libsync_a_SOURCES += %D%/server.h %D%/server_apply.cc %D%/server_get.cc
%C%_libsync_a_SOURCES += %D%/unit.h %D%/unit.cc

EXTRA_DIST += doc/protocols/sync.md doc/formats/moves.md
EXTRA_DIST += doc/admin/migrating-from-cyrus.md doc/admin/differences.md
EXTRA_DIST += doc/admin/looking-at-a-murder.md doc/admin/murder.svg

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/sync/suite
TESTS += tests/unit/imap/sync/suite
tests_unit_imap_sync_suite_SOURCES =
tests_unit_imap_sync_suite_SOURCES += tests/unit/imap/sync/copier_test.cc
tests_unit_imap_sync_suite_SOURCES += tests/unit/imap/sync/dlist_test.cc
tests_unit_imap_sync_suite_SOURCES += tests/unit/imap/sync/mailbox_dlist_test.cc
tests_unit_imap_sync_suite_SOURCES += tests/unit/imap/sync/move_journal_test.cc
tests_unit_imap_sync_suite_SOURCES += tests/unit/imap/sync/unit_test.cc
tests_unit_imap_sync_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_sync_suite_LDADD = tests/support/libsuite.a imap/sync/libsync.a imap/cluster/libcluster.a \
	imap/scripts/libscripts.a imap/mupdate/libmupdate.a imap/backend/libbackend.a \
	imap/mboxlist/libmboxlist.a imap/model/libmodel.a lib/auth/libauth.a lib/db/libdb.a \
	lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a \
	lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS) \
	$(RK_THREADS)
endif
