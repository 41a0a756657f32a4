noinst_LIBRARIES += %D%/liblmtp.a
%C%_liblmtp_a_SOURCES = \
	%D%/engine.h %D%/engine.cc %D%/engine_auth.cc %D%/engine_mail.cc \
	%D%/grammar.h %D%/grammar.cc \
	%D%/reply.h %D%/reply.cc

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/lmtp/suite
TESTS += tests/unit/imap/lmtp/suite
tests_unit_imap_lmtp_suite_SOURCES = \
	tests/unit/imap/lmtp/engine_test.cc tests/unit/imap/lmtp/grammar_test.cc
tests_unit_imap_lmtp_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_lmtp_suite_LDADD = tests/support/libsuite.a imap/lmtp/liblmtp.a imap/delivery/libdelivery.a \
	imap/submission/libsubmission.a $(SIEVE_LIBS) imap/scripts/libscripts.a \
	imap/session/libsession.a imap/backend/libbackend.a imap/mboxlist/libmboxlist.a \
	imap/model/libmodel.a \
	lib/auth/libauth.a lib/db/libdb.a lib/stream/libstream.a lib/config/libconfig.a \
	lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) \
	$(TDB_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS) $(RK_THREADS)
endif
