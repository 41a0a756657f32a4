# imap/mupdate
noinst_LIBRARIES += %D%/libmupdate.a
%C%_libmupdate_a_SOURCES =
%C%_libmupdate_a_SOURCES += %D%/bytes.h
%C%_libmupdate_a_SOURCES += %D%/change_ring.h
%C%_libmupdate_a_SOURCES += %D%/client.h %D%/client.cc
%C%_libmupdate_a_SOURCES += %D%/connection.h %D%/connection.cc %D%/connection_login.cc
%C%_libmupdate_a_SOURCES += %D%/connection_recovery.cc
%C%_libmupdate_a_SOURCES += %D%/journal.h %D%/journal.cc
%C%_libmupdate_a_SOURCES += %D%/line.h %D%/line.cc
%C%_libmupdate_a_SOURCES += %D%/listeners.h %D%/status.h
%C%_libmupdate_a_SOURCES += %D%/list_entry.h %D%/list_entry.cc
%C%_libmupdate_a_SOURCES += %D%/lobby.h %D%/lobby.cc
%C%_libmupdate_a_SOURCES += %D%/master_list.h %D%/master_list.cc %D%/master_list_checkpoint.cc
%C%_libmupdate_a_SOURCES += %D%/published_list.h %D%/published_list.cc
%C%_libmupdate_a_SOURCES += %D%/recovery.h %D%/recovery.cc
%C%_libmupdate_a_SOURCES += %D%/replica.h %D%/replica.cc
%C%_libmupdate_a_SOURCES += %D%/refusal.h %D%/refusal.cc
%C%_libmupdate_a_SOURCES += %D%/rules.h %D%/rules.cc
%C%_libmupdate_a_SOURCES += %D%/served_list.h %D%/served_list.cc
%C%_libmupdate_a_SOURCES += %D%/server.h %D%/server.cc
%C%_libmupdate_a_SOURCES += %D%/server_table.h %D%/server_table.cc
%C%_libmupdate_a_SOURCES += %D%/shared_text.h %D%/shared_text.cc
%C%_libmupdate_a_SOURCES += %D%/stored_list.h %D%/stored_list.cc
%C%_libmupdate_a_SOURCES += %D%/thread.h %D%/thread.cc
%C%_libmupdate_a_SOURCES += %D%/verbs.def %D%/verbs.h %D%/verbs.cc
%C%_libmupdate_a_SOURCES += %D%/wire.h %D%/wire.cc
EXTRA_DIST += doc/protocols/mupdate.md doc/formats/mupdate-log.md

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/mupdate/suite
TESTS += tests/unit/imap/mupdate/suite
tests_unit_imap_mupdate_suite_SOURCES = tests/unit/main.cc tests/unit/unit.h
tests_unit_imap_mupdate_suite_SOURCES += tests/unit/imap/mupdate/fake_master.h
tests_unit_imap_mupdate_suite_SOURCES += tests/unit/imap/mupdate/fake_master.cc
tests_unit_imap_mupdate_suite_SOURCES += tests/unit/imap/mupdate/journal_test.cc
tests_unit_imap_mupdate_suite_SOURCES += tests/unit/imap/mupdate/line_test.cc
tests_unit_imap_mupdate_suite_SOURCES += tests/unit/imap/mupdate/lobby_test.cc
tests_unit_imap_mupdate_suite_SOURCES += tests/unit/imap/mupdate/master_list_test.cc
tests_unit_imap_mupdate_suite_SOURCES += tests/unit/imap/mupdate/published_list_test.cc
tests_unit_imap_mupdate_suite_SOURCES += tests/unit/imap/mupdate/recovery_test.cc
tests_unit_imap_mupdate_suite_SOURCES += tests/unit/imap/mupdate/refusal_test.cc
tests_unit_imap_mupdate_suite_SOURCES += tests/unit/imap/mupdate/rules_test.cc
tests_unit_imap_mupdate_suite_SOURCES += tests/unit/imap/mupdate/server_table_test.cc
tests_unit_imap_mupdate_suite_SOURCES += tests/unit/imap/mupdate/wire_test.cc
tests_unit_imap_mupdate_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_mupdate_suite_LDADD = imap/mupdate/libmupdate.a imap/backend/libbackend.a \
	imap/mboxlist/libmboxlist.a imap/model/libmodel.a lib/auth/libauth.a lib/db/libdb.a \
	lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a \
	lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS) \
	$(RK_THREADS)
endif
