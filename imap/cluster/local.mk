# A server's own changes of the namespace, and what the mupdate master hears of them.
noinst_LIBRARIES += %D%/libcluster.a
%C%_libcluster_a_SOURCES =
%C%_libcluster_a_SOURCES += %D%/agent.h %D%/agent.cc
%C%_libcluster_a_SOURCES += %D%/autocreate.h %D%/autocreate.cc
%C%_libcluster_a_SOURCES += %D%/make_folder.h %D%/make_folder.cc
%C%_libcluster_a_SOURCES += %D%/list_marks.h %D%/list_marks.cc
%C%_libcluster_a_SOURCES += %D%/master_link.h %D%/master_link.cc
%C%_libcluster_a_SOURCES += %D%/master_position.h %D%/master_position.cc
%C%_libcluster_a_SOURCES += %D%/name_locks.h %D%/name_locks.cc
%C%_libcluster_a_SOURCES += %D%/operation_parts.h
%C%_libcluster_a_SOURCES += %D%/operations.h %D%/operations.cc %D%/operations_incoming.cc \
	%D%/operations_mend.cc %D%/operations_settle.cc
%C%_libcluster_a_SOURCES += %D%/push.h %D%/push.cc
%C%_libcluster_a_SOURCES += %D%/rename_operation.h %D%/rename_operation.cc
%C%_libcluster_a_SOURCES += %D%/superiors.h %D%/superiors.cc
%C%_libcluster_a_SOURCES += %D%/uniqueid.h %D%/uniqueid.cc
%C%_libcluster_a_SOURCES += %D%/user_data.h %D%/user_data.cc

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/cluster/suite
TESTS += tests/unit/imap/cluster/suite
tests_unit_imap_cluster_suite_SOURCES =
tests_unit_imap_cluster_suite_SOURCES += tests/unit/imap/cluster/operations_test.cc
tests_unit_imap_cluster_suite_SOURCES += tests/unit/imap/mupdate/fake_master.h
tests_unit_imap_cluster_suite_SOURCES += tests/unit/imap/mupdate/fake_master.cc
tests_unit_imap_cluster_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_cluster_suite_LDADD = tests/support/libsuite.a imap/cluster/libcluster.a imap/scripts/libscripts.a \
	imap/mupdate/libmupdate.a imap/backend/libbackend.a imap/mboxlist/libmboxlist.a \
	imap/model/libmodel.a lib/auth/libauth.a lib/db/libdb.a lib/stream/libstream.a \
	lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS) $(RK_THREADS)
endif
