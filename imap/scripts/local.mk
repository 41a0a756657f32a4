# A user's Sieve scripts as files.
noinst_LIBRARIES += %D%/libscripts.a
%C%_libscripts_a_SOURCES = %D%/scripts.h %D%/scripts.cc \
	%D%/scripts_lock.h %D%/scripts_lock.cc

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/scripts/suite
TESTS += tests/unit/imap/scripts/suite
tests_unit_imap_scripts_suite_SOURCES = \
	tests/unit/imap/scripts/scripts_test.cc
tests_unit_imap_scripts_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_scripts_suite_LDADD = tests/support/libsuite.a imap/scripts/libscripts.a imap/model/libmodel.a \
	lib/config/libconfig.a lib/text/libtext.a lib/base/libbase.a $(CHECK_LIBS)
endif
