# imap/sieve: the Sieve language
noinst_LIBRARIES += imap/sieve/libsieve.a
imap_sieve_libsieve_a_SOURCES = \
	imap/sieve/actions.h imap/sieve/actions.cc \
	imap/sieve/compile.h imap/sieve/compile.cc \
	imap/sieve/environment.h \
	imap/sieve/extension.h imap/sieve/extension.cc \
	imap/sieve/extension_table.h imap/sieve/extension_table.cc \
	imap/sieve/interpreter.h imap/sieve/interpreter.cc \
	imap/sieve/lexer.h imap/sieve/lexer.cc \
	imap/sieve/limits.h \
	imap/sieve/match.h imap/sieve/match.cc \
	imap/sieve/message_view.h imap/sieve/message_view.cc \
	imap/sieve/outbound_address.h imap/sieve/outbound_address.cc \
	imap/sieve/parser.h imap/sieve/parser.cc \
	imap/sieve/program.h imap/sieve/program.cc \
	imap/sieve/run.h imap/sieve/run.cc \
	imap/sieve/script_error.h \
	imap/sieve/targets.h imap/sieve/targets.cc \
	imap/sieve/variable_text.h imap/sieve/variable_text.cc \
	imap/sieve/ext/base.cc \
	imap/sieve/ext/rows.h

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/sieve/suite
TESTS += tests/unit/imap/sieve/suite
tests_unit_imap_sieve_suite_SOURCES = tests/unit/main.cc tests/unit/unit.h \
	tests/unit/imap/sieve/cases.h tests/unit/imap/sieve/cases.cc \
	tests/unit/imap/sieve/rfc5228_test.cc
tests_unit_imap_sieve_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_sieve_suite_LDADD = imap/sieve/libsieve.a lib/text/libtext.a lib/base/libbase.a \
	$(CHECK_LIBS)
endif
