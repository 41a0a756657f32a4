noinst_LIBRARIES += %D%/liblmtp.a
%C%_liblmtp_a_SOURCES = \
	%D%/data_reader.h %D%/data_reader.cc %D%/delivery.h %D%/delivery.cc \
	%D%/duplicates.h %D%/duplicates.cc \
	%D%/engine.h %D%/engine.cc %D%/engine_auth.cc %D%/engine_mail.cc \
	%D%/grammar.h %D%/grammar.cc %D%/message_filter.h %D%/message_filter.cc \
	%D%/recipients.h %D%/recipients.cc %D%/remote_delivery.h %D%/remote_delivery.cc \
	%D%/reply.h %D%/reply.cc %D%/transaction.h \
	%D%/spooled_message.h %D%/spooled_message.cc

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/lmtp/suite
TESTS += tests/unit/imap/lmtp/suite
tests_unit_imap_lmtp_suite_SOURCES = tests/unit/main.cc tests/unit/unit.h \
	tests/unit/imap/lmtp/duplicates_test.cc tests/unit/imap/lmtp/engine_test.cc tests/unit/imap/lmtp/grammar_test.cc \
	tests/unit/imap/lmtp/message_test.cc \
	tests/unit/imap/lmtp/remote_delivery_test.cc \
	tests/support/scripted_peer.h tests/support/scripted_peer.cc
tests_unit_imap_lmtp_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_lmtp_suite_LDADD = imap/lmtp/liblmtp.a imap/session/libsession.a \
	imap/backend/libbackend.a imap/mboxlist/libmboxlist.a imap/model/libmodel.a \
	lib/auth/libauth.a lib/db/libdb.a lib/stream/libstream.a lib/config/libconfig.a \
	lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) \
	$(TDB_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS) $(RK_THREADS)
endif
EXTRA_DIST += doc/formats/deliver.md
