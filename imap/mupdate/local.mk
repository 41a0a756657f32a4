# imap/mupdate
noinst_LIBRARIES += %D%/libmupdate.a
%C%_libmupdate_a_SOURCES = \
	%D%/bytes.h %D%/journal.h %D%/journal.cc %D%/list_entry.h %D%/list_entry.cc \
	%D%/master_checkpoint.cc %D%/master_list.h %D%/master_list.cc \
	%D%/published_list.h %D%/published_list.cc %D%/rules.h %D%/rules.cc \
	%D%/thread.h %D%/thread.cc %D%/wire.h %D%/wire.cc

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/mupdate/suite
TESTS += tests/unit/imap/mupdate/suite
tests_unit_imap_mupdate_suite_SOURCES = tests/unit/main.cc tests/unit/unit.h \
	tests/unit/imap/mupdate/journal_test.cc tests/unit/imap/mupdate/master_list_test.cc \
	tests/unit/imap/mupdate/published_list_test.cc tests/unit/imap/mupdate/rules_test.cc \
	tests/unit/imap/mupdate/wire_test.cc
tests_unit_imap_mupdate_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_mupdate_suite_LDADD = imap/mupdate/libmupdate.a \
	imap/mboxlist/libmboxlist.a imap/model/libmodel.a lib/base/libbase.a \
	$(RK_THREADS) $(ZLIB_LIBS) $(CHECK_LIBS)
endif
