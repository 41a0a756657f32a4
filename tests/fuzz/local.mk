# Fuzz targets. With --enable-fuzzers (clang) each is a libFuzzer program; without, it replays the
# files it is given. Either way make check runs every target over its corpus.
FUZZ_TARGETS = %D%/base64 %D%/dlist %D%/fetch %D%/header %D%/imap_commands %D%/imap_syntax %D%/imap_url \
	%D%/mailbox_dlist %D%/mailbox_names %D%/managesieve %D%/metadata %D%/mime %D%/mutf7 %D%/nntp %D%/notify %D%/pop3 %D%/search %D%/sieve %D%/smtp_reply \
	%D%/submission
check_PROGRAMS += $(FUZZ_TARGETS)
TESTS += %D%/replay_test.sh
EXTRA_DIST += %D%/replay_test.sh %D%/corpus

%C%_text_libs = lib/text/libtext.a lib/base/libbase.a
%C%_imap_libs = imap/imapd/libimapd.a imap/model/libmodel.a lib/stream/libstream.a \
	lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a $(OPENSSL_LIBS) $(ZLIB_LIBS)
%C%_sync_libs = imap/sync/libsync.a imap/model/libmodel.a lib/auth/libauth.a lib/stream/libstream.a \
	lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a $(OPENSSL_LIBS) $(ZLIB_LIBS)

%C%_base64_SOURCES = %D%/base64.cc %D%/target.h
%C%_dlist_SOURCES = %D%/dlist.cc %D%/target.h
%C%_fetch_SOURCES = %D%/fetch.cc %D%/target.h
%C%_header_SOURCES = %D%/header.cc %D%/target.h
%C%_imap_commands_SOURCES = %D%/imap_commands.cc %D%/target.h tests/support/memory_store.h \
	tests/support/memory_store.cc
%C%_imap_syntax_SOURCES = %D%/imap_syntax.cc %D%/target.h
%C%_imap_url_SOURCES = %D%/imap_url.cc %D%/target.h
%C%_mailbox_dlist_SOURCES = %D%/mailbox_dlist.cc %D%/target.h
%C%_mailbox_names_SOURCES = %D%/mailbox_names.cc %D%/target.h
%C%_managesieve_SOURCES = %D%/managesieve.cc %D%/target.h
%C%_metadata_SOURCES = %D%/metadata.cc %D%/target.h
%C%_mime_SOURCES = %D%/mime.cc %D%/target.h
%C%_mutf7_SOURCES = %D%/mutf7.cc %D%/target.h
%C%_nntp_SOURCES = %D%/nntp.cc %D%/target.h
%C%_notify_SOURCES = %D%/notify.cc %D%/target.h
%C%_pop3_SOURCES = %D%/pop3.cc %D%/target.h tests/support/answering_layer.h
%C%_search_SOURCES = %D%/search.cc %D%/target.h
%C%_sieve_SOURCES = %D%/sieve.cc %D%/target.h
%C%_smtp_reply_SOURCES = %D%/smtp_reply.cc %D%/target.h
%C%_submission_SOURCES = %D%/submission.cc %D%/target.h
%C%_base64_LDADD = $(%C%_text_libs)
%C%_dlist_LDADD = $(%C%_sync_libs)
%C%_fetch_LDADD = $(%C%_imap_libs)
%C%_header_LDADD = $(%C%_text_libs)
%C%_imap_commands_LDADD = imap/imapd/libimapd.a imap/submission/libsubmission.a \
	imap/session/libsession.a imap/sync/libsync.a imap/cluster/libcluster.a imap/scripts/libscripts.a \
	imap/mupdate/libmupdate.a imap/backend/libbackend.a imap/mboxlist/libmboxlist.a \
	imap/model/libmodel.a lib/service/libservice.a lib/auth/libauth.a lib/db/libdb.a \
	lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a \
	lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(RK_THREADS)
%C%_imap_syntax_LDADD = $(%C%_text_libs)
%C%_imap_url_LDADD = $(%C%_imap_libs)
%C%_mailbox_dlist_LDADD = $(%C%_sync_libs)
%C%_mailbox_names_LDADD = $(%C%_imap_libs)
%C%_managesieve_LDADD = imap/managesieve/libmanagesieve.a imap/backend/libbackend.a \
	imap/model/libmodel.a lib/auth/libauth.a lib/db/libdb.a lib/stream/libstream.a \
	lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(RK_THREADS)
%C%_metadata_LDADD = imap/imapd/libimapd.a imap/mboxlist/libmboxlist.a imap/model/libmodel.a \
	lib/auth/libauth.a lib/db/libdb.a lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a \
	lib/net/libnet.a lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS)
%C%_mime_LDADD = $(%C%_text_libs)
%C%_mutf7_LDADD = $(%C%_text_libs)
%C%_nntp_LDADD = imap/nntp/libnntp.a imap/session/libsession.a imap/backend/libbackend.a \
	imap/model/libmodel.a lib/service/libservice.a lib/auth/libauth.a lib/db/libdb.a \
	lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a \
	lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(RK_THREADS)
%C%_notify_LDADD = $(%C%_imap_libs)
%C%_pop3_LDADD = imap/pop3/libpop3.a imap/session/libsession.a imap/backend/libbackend.a \
	imap/mboxlist/libmboxlist.a imap/model/libmodel.a lib/service/libservice.a \
	lib/auth/libauth.a lib/db/libdb.a lib/stream/libstream.a lib/config/libconfig.a \
	lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) \
	$(TDB_LIBS) $(ZLIB_LIBS) $(RK_THREADS)
%C%_search_LDADD = $(%C%_imap_libs)
%C%_sieve_LDADD = $(SIEVE_LIBS) $(%C%_text_libs)
%C%_smtp_reply_LDADD = $(%C%_text_libs)
%C%_submission_LDADD = imap/submission/libsubmission.a lib/config/libconfig.a $(%C%_text_libs) \
	$(ZLIB_LIBS)
if LIBFUZZER
%C%_base64_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_dlist_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_fetch_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_header_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_imap_commands_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_imap_syntax_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_imap_url_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_mailbox_dlist_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_mailbox_names_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_managesieve_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_metadata_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_mime_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_mutf7_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_nntp_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_notify_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_pop3_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_search_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_sieve_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_smtp_reply_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_submission_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
else
%C%_base64_SOURCES += %D%/replay.cc
%C%_dlist_SOURCES += %D%/replay.cc
%C%_fetch_SOURCES += %D%/replay.cc
%C%_header_SOURCES += %D%/replay.cc
%C%_imap_commands_SOURCES += %D%/replay.cc
%C%_imap_syntax_SOURCES += %D%/replay.cc
%C%_imap_url_SOURCES += %D%/replay.cc
%C%_mailbox_dlist_SOURCES += %D%/replay.cc
%C%_mailbox_names_SOURCES += %D%/replay.cc
%C%_managesieve_SOURCES += %D%/replay.cc
%C%_metadata_SOURCES += %D%/replay.cc
%C%_mime_SOURCES += %D%/replay.cc
%C%_mutf7_SOURCES += %D%/replay.cc
%C%_nntp_SOURCES += %D%/replay.cc
%C%_notify_SOURCES += %D%/replay.cc
%C%_pop3_SOURCES += %D%/replay.cc
%C%_search_SOURCES += %D%/replay.cc
%C%_sieve_SOURCES += %D%/replay.cc
%C%_smtp_reply_SOURCES += %D%/replay.cc
%C%_submission_SOURCES += %D%/replay.cc
endif
