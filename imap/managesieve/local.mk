# imap/managesieve: a session of RFC 5804
noinst_LIBRARIES += %D%/libmanagesieve.a
%C%_libmanagesieve_a_SOURCES = \
	%D%/command_reader.h %D%/command_reader.cc \
	%D%/engine.h %D%/engine.cc %D%/engine_login.cc %D%/engine_scripts.cc \
	%D%/extensions.h %D%/extensions.cc \
	%D%/home.h %D%/home.cc \
	%D%/relay.h %D%/relay.cc \
	%D%/reply.h %D%/reply.cc

EXTRA_DIST += doc/protocols/managesieve.md

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/managesieve/suite
TESTS += tests/unit/imap/managesieve/suite
tests_unit_imap_managesieve_suite_SOURCES = \
	tests/unit/imap/managesieve/command_reader_test.cc \
	tests/unit/imap/managesieve/extensions_test.cc \
	tests/unit/imap/managesieve/home_test.cc \
	tests/unit/imap/managesieve/relay_test.cc \
	tests/unit/imap/managesieve/reply_test.cc
tests_unit_imap_managesieve_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_managesieve_suite_LDADD = tests/support/libsuite.a imap/managesieve/libmanagesieve.a \
	imap/backend/libbackend.a imap/scripts/libscripts.a $(SIEVE_LIBS) \
	imap/mboxlist/libmboxlist.a imap/model/libmodel.a lib/auth/libauth.a lib/db/libdb.a \
	lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a \
	lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS) \
	$(RK_THREADS)
endif
