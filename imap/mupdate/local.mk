# imap/mupdate
noinst_LIBRARIES += %D%/libmupdate.a
%C%_libmupdate_a_SOURCES =
%C%_libmupdate_a_SOURCES += %D%/bytes.h
%C%_libmupdate_a_SOURCES += %D%/master/change_ring.h
%C%_libmupdate_a_SOURCES += %D%/client.h %D%/client.cc
%C%_libmupdate_a_SOURCES += %D%/server/connection.h %D%/server/connection.cc %D%/server/connection_login.cc
%C%_libmupdate_a_SOURCES += %D%/server/connection_recovery.cc
%C%_libmupdate_a_SOURCES += %D%/master/journal.h %D%/master/journal.cc
%C%_libmupdate_a_SOURCES += %D%/server/kick_server.h %D%/server/kick_server.cc
%C%_libmupdate_a_SOURCES += %D%/line.h %D%/line.cc
%C%_libmupdate_a_SOURCES += %D%/server/listeners.h %D%/server/status.h
%C%_libmupdate_a_SOURCES += %D%/master/list_entry.h %D%/master/list_entry.cc
%C%_libmupdate_a_SOURCES += %D%/server/lobby.h %D%/server/lobby.cc
%C%_libmupdate_a_SOURCES += %D%/master/master_list.h %D%/master/master_list.cc %D%/master/master_list_checkpoint.cc
%C%_libmupdate_a_SOURCES += %D%/murder_directory.h %D%/murder_directory.cc
%C%_libmupdate_a_SOURCES += %D%/master/published_list.h %D%/master/published_list.cc
%C%_libmupdate_a_SOURCES += %D%/master/recovery.h %D%/master/recovery.cc
%C%_libmupdate_a_SOURCES += %D%/replica/replica.h %D%/replica/replica.cc
%C%_libmupdate_a_SOURCES += %D%/refusal.h %D%/refusal.cc
%C%_libmupdate_a_SOURCES += %D%/master/rules.h %D%/master/rules.cc
%C%_libmupdate_a_SOURCES += %D%/server/served_list.h %D%/server/served_list.cc
%C%_libmupdate_a_SOURCES += %D%/server/server.h %D%/server/server.cc
%C%_libmupdate_a_SOURCES += %D%/master/server_table.h %D%/master/server_table.cc
%C%_libmupdate_a_SOURCES += %D%/master/shared_text.h %D%/master/shared_text.cc
%C%_libmupdate_a_SOURCES += %D%/replica/stored_list.h %D%/replica/stored_list.cc
%C%_libmupdate_a_SOURCES += %D%/server/thread.h %D%/server/thread.cc
%C%_libmupdate_a_SOURCES += %D%/server/verbs.def %D%/server/verbs.h %D%/server/verbs.cc
%C%_libmupdate_a_SOURCES += %D%/wire.h %D%/wire.cc
EXTRA_DIST += doc/protocols/mupdate.md doc/formats/mupdate-log.md

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/mupdate/suite
TESTS += tests/unit/imap/mupdate/suite
tests_unit_imap_mupdate_suite_SOURCES =
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
tests_unit_imap_mupdate_suite_LDADD = tests/support/libsuite.a imap/mupdate/libmupdate.a imap/backend/libbackend.a \
	imap/mboxlist/libmboxlist.a imap/model/libmodel.a lib/auth/libauth.a lib/db/libdb.a \
	lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a \
	lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS) \
	$(RK_THREADS)
endif
