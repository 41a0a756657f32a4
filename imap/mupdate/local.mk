# imap/mupdate
noinst_LIBRARIES += %D%/libmupdate.a
%C%_libmupdate_a_SOURCES = \
	%D%/bytes.h %D%/journal.h %D%/journal.cc %D%/list_entry.h %D%/list_entry.cc \
	%D%/rules.h %D%/rules.cc %D%/wire.h %D%/wire.cc

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/mupdate/suite
TESTS += tests/unit/imap/mupdate/suite
tests_unit_imap_mupdate_suite_SOURCES = tests/unit/main.cc tests/unit/unit.h \
	tests/unit/imap/mupdate/journal_test.cc tests/unit/imap/mupdate/rules_test.cc \
	tests/unit/imap/mupdate/wire_test.cc
tests_unit_imap_mupdate_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_mupdate_suite_LDADD = imap/mupdate/libmupdate.a lib/base/libbase.a \
	$(ZLIB_LIBS) $(CHECK_LIBS)
endif
