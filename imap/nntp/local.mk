# imap/nntp: a session of RFC 3977
noinst_LIBRARIES += %D%/libnntp.a
%C%_libnntp_a_SOURCES = \
	%D%/article_header.h %D%/article_header.cc \
	%D%/control.h %D%/control.cc \
	%D%/engine.h %D%/engine.cc %D%/engine_list.cc %D%/engine_login.cc %D%/engine_post.cc \
	%D%/engine_read.cc \
	%D%/group.h %D%/group.cc \
	%D%/poster.h %D%/poster.cc \
	%D%/relay.h %D%/relay.cc \
	%D%/reply.h %D%/reply.cc \
	%D%/verbs.h %D%/verbs.cc
EXTRA_DIST += doc/protocols/nntp.md

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/nntp/suite
TESTS += tests/unit/imap/nntp/suite
tests_unit_imap_nntp_suite_SOURCES = tests/unit/main.cc tests/unit/unit.h \
	tests/support/memory_store.h tests/support/memory_store.cc \
	tests/unit/imap/nntp/article_header_test.cc \
	tests/unit/imap/nntp/group_test.cc \
	tests/unit/imap/nntp/verbs_test.cc
tests_unit_imap_nntp_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_nntp_suite_LDADD = imap/nntp/libnntp.a imap/model/libmodel.a lib/auth/libauth.a \
	lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a $(OPENSSL_LIBS) \
	$(SASL_LIBS) $(CHECK_LIBS)
endif
