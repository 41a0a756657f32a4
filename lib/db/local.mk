noinst_LIBRARIES += %D%/libdb.a
%C%_libdb_a_SOURCES = \
	%D%/boot_identity.h %D%/boot_identity.cc %D%/expiring_set.h %D%/expiring_set.cc \
	%D%/flat_store.h %D%/flat_store.cc %D%/gate.h %D%/gate.cc \
	%D%/ordered_store.h %D%/ordered_store.cc \
	%D%/page.h %D%/page.cc %D%/tree.h %D%/tree.cc %D%/tdb_file.h %D%/tdb_file.cc \
	%D%/tdb_load.h %D%/tdb_load.cc %D%/tree_builder.h %D%/tree_builder.cc \
	%D%/tdb_layout.h %D%/tdb_layout.cc %D%/tdb_rewrite.h %D%/tdb_rewrite.cc \
	%D%/tdb_store.h %D%/tdb_store.cc %D%/tdb_store_replace.cc \
	%D%/tdb_transaction.h %D%/tdb_transaction.cc

if HAVE_CHECK
check_PROGRAMS += tests/unit/lib/db/suite
TESTS += tests/unit/lib/db/suite
tests_unit_lib_db_suite_SOURCES = \
	tests/unit/lib/db/expiring_set_test.cc tests/unit/lib/db/random.h \
	tests/unit/lib/db/flat_store_test.cc \
	tests/unit/lib/db/processes_test.cc \
	tests/unit/lib/db/tdb_store_test.cc
tests_unit_lib_db_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_lib_db_suite_LDADD = tests/support/libsuite.a lib/db/libdb.a lib/base/libbase.a $(OPENSSL_LIBS) $(TDB_LIBS) \
	$(CHECK_LIBS)
endif

check_PROGRAMS += tests/bench/db
tests_bench_db_SOURCES = tests/bench/db.cc
tests_bench_db_LDADD = lib/db/libdb.a lib/base/libbase.a $(TDB_LIBS)
EXTRA_DIST += doc/formats/expiring-set.md doc/formats/tdb-store.md doc/formats/flat-store.md
