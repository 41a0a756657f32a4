# imap/sieve: the Sieve language
noinst_LIBRARIES += imap/sieve/libsieve.a
# What links with it.
SIEVE_LIBS = imap/sieve/libsieve.a $(RE2_LIBS)
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
	imap/sieve/regex.h imap/sieve/regex.cc \
	imap/sieve/run.h imap/sieve/run.cc \
	imap/sieve/script_error.h \
	imap/sieve/targets.h imap/sieve/targets.cc \
	imap/sieve/text_modifiers.h imap/sieve/text_modifiers.cc \
	imap/sieve/variable_text.h imap/sieve/variable_text.cc \
	imap/sieve/ext/base.cc \
	imap/sieve/ext/body.cc \
	imap/sieve/ext/copy.cc \
	imap/sieve/ext/date.cc \
	imap/sieve/ext/duplicate.cc \
	imap/sieve/ext/editheader.cc \
	imap/sieve/ext/enotify.cc \
	imap/sieve/ext/environment.cc \
	imap/sieve/ext/extlists.cc \
	imap/sieve/ext/ihave.cc \
	imap/sieve/ext/imap4flags.cc \
	imap/sieve/ext/include.cc \
	imap/sieve/ext/mailbox.cc \
	imap/sieve/ext/mime.cc \
	imap/sieve/ext/regex.cc \
	imap/sieve/ext/reject.cc \
	imap/sieve/ext/relational.cc \
	imap/sieve/ext/rows.h \
	imap/sieve/ext/spamtest.cc \
	imap/sieve/ext/subaddress.cc \
	imap/sieve/ext/vacation.cc \
	imap/sieve/ext/variables.cc

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/sieve/suite
TESTS += tests/unit/imap/sieve/suite
tests_unit_imap_sieve_suite_SOURCES = \
	tests/unit/imap/sieve/cases.h tests/unit/imap/sieve/cases.cc \
	tests/unit/imap/sieve/limits_test.cc \
	tests/unit/imap/sieve/musts_test.cc \
	tests/unit/imap/sieve/regex_test.cc \
	tests/unit/imap/sieve/rfc5173_test.cc \
	tests/unit/imap/sieve/rfc5228_test.cc \
	tests/unit/imap/sieve/rfc5229_test.cc \
	tests/unit/imap/sieve/rfc5230_test.cc \
	tests/unit/imap/sieve/rfc5231_test.cc \
	tests/unit/imap/sieve/rfc5232_test.cc \
	tests/unit/imap/sieve/rfc5260_test.cc \
	tests/unit/imap/sieve/rfc5429_test.cc \
	tests/unit/imap/sieve/rfc5435_test.cc \
	tests/unit/imap/sieve/rfc5463_test.cc \
	tests/unit/imap/sieve/rfc5490_test.cc \
	tests/unit/imap/sieve/rfc6609_test.cc \
	tests/unit/imap/sieve/rfc7352_test.cc \
	tests/unit/imap/sieve/traps_test.cc
tests_unit_imap_sieve_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_sieve_suite_LDADD = tests/support/libsuite.a $(SIEVE_LIBS) lib/text/libtext.a lib/base/libbase.a \
	$(CHECK_LIBS)
endif
