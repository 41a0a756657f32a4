# imap/nntp: a session of RFC 3977
noinst_LIBRARIES += %D%/libnntp.a
%C%_libnntp_a_SOURCES = \
	%D%/answer.h %D%/answer.cc \
	%D%/article_header.h %D%/article_header.cc \
	%D%/control.h %D%/control.cc \
	%D%/engine.h %D%/engine.cc %D%/engine_list.cc %D%/engine_login.cc %D%/engine_post.cc \
	%D%/engine_read.cc \
	%D%/feed.h %D%/feed.cc \
	%D%/feed_window.h %D%/feed_window.cc \
	%D%/fetch_marks.h %D%/fetch_marks.cc \
	%D%/fetcher.h %D%/fetcher.cc \
	%D%/group.h %D%/group.cc \
	%D%/message_ids.h %D%/message_ids.cc \
	%D%/moment.h %D%/moment.cc \
	%D%/peer.h %D%/peer.cc \
	%D%/peer_connection.h %D%/peer_connection.cc \
	%D%/poster.h %D%/poster.cc \
	%D%/relay.h %D%/relay.cc \
	%D%/reply.h %D%/reply.cc \
	%D%/verbs.h %D%/verbs.cc
EXTRA_DIST += doc/protocols/nntp.md doc/formats/fetchnews.md

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/nntp/suite
TESTS += tests/unit/imap/nntp/suite
tests_unit_imap_nntp_suite_SOURCES = \
	tests/support/answering_layer.h \
	tests/unit/imap/backend/configured.h tests/unit/imap/session/kit_fixture.h \
	tests/unit/imap/nntp/article_header_test.cc \
	tests/unit/imap/nntp/engine_test.cc \
	tests/unit/imap/nntp/fetch_marks_test.cc \
	tests/unit/imap/nntp/group_test.cc \
	tests/unit/imap/nntp/message_ids_test.cc \
	tests/unit/imap/nntp/moment_test.cc \
	tests/unit/imap/nntp/peer_test.cc \
	tests/unit/imap/nntp/relay_test.cc \
	tests/unit/imap/nntp/reply_test.cc \
	tests/unit/imap/nntp/verbs_test.cc
tests_unit_imap_nntp_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_nntp_suite_LDADD = tests/support/libsuite.a imap/nntp/libnntp.a imap/delivery/libdelivery.a \
	imap/submission/libsubmission.a $(SIEVE_LIBS) imap/scripts/libscripts.a \
	imap/session/libsession.a imap/backend/libbackend.a imap/mboxlist/libmboxlist.a \
	imap/model/libmodel.a \
	lib/service/libservice.a lib/auth/libauth.a lib/db/libdb.a lib/stream/libstream.a \
	lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(RK_THREADS) $(CHECK_LIBS)
endif
