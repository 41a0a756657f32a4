# imap/pop3: a session of RFC 1939
noinst_LIBRARIES += %D%/libpop3.a
%C%_libpop3_a_SOURCES = \
	%D%/engine.h %D%/engine.cc %D%/engine_login.cc \
	%D%/home.h %D%/home.cc \
	%D%/maildrop.h %D%/maildrop.cc \
	%D%/relay.h %D%/relay.cc \
	%D%/reply.h %D%/reply.cc \
	%D%/uidl.h %D%/uidl.cc \
	%D%/verbs.h %D%/verbs.cc
EXTRA_DIST += doc/protocols/pop3.md

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/pop3/suite
TESTS += tests/unit/imap/pop3/suite
tests_unit_imap_pop3_suite_SOURCES = \
	tests/support/answering_layer.h \
	tests/unit/imap/backend/configured.h tests/unit/imap/session/kit_fixture.h \
	tests/unit/imap/pop3/engine_test.cc \
	tests/unit/imap/pop3/maildrop_test.cc \
	tests/unit/imap/pop3/relay_test.cc \
	tests/unit/imap/pop3/reply_test.cc \
	tests/unit/imap/pop3/uidl_test.cc \
	tests/unit/imap/pop3/verbs_test.cc
tests_unit_imap_pop3_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_pop3_suite_LDADD = tests/support/libsuite.a imap/pop3/libpop3.a \
	imap/session/libsession.a imap/backend/libbackend.a \
	imap/mboxlist/libmboxlist.a imap/model/libmodel.a lib/service/libservice.a \
	lib/auth/libauth.a lib/db/libdb.a \
	lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a \
	lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS) \
	$(RK_THREADS)
endif
