noinst_LIBRARIES += %D%/libsession.a
%C%_libsession_a_SOURCES = \
	%D%/data_reader.h %D%/data_reader.cc \
	%D%/client_wait.h %D%/client_wait.cc \
	%D%/login.h %D%/login.cc \
	%D%/message_lines.h %D%/message_lines.cc \
	%D%/protocol.h \
	%D%/session_kit.h %D%/session_kit.cc %D%/session_kit_login.cc \
	%D%/user_deny.h %D%/user_deny.cc
EXTRA_DIST += doc/formats/user-deny.md

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/session/suite
TESTS += tests/unit/imap/session/suite
tests_unit_imap_session_suite_SOURCES = \
	tests/unit/imap/session/kit_fixture.h \
	tests/unit/imap/session/data_reader_test.cc \
	tests/unit/imap/session/login_test.cc \
	tests/unit/imap/session/message_lines_test.cc \
	tests/unit/imap/session/session_kit_test.cc \
	tests/unit/imap/session/user_deny_test.cc
tests_unit_imap_session_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_session_suite_LDADD = tests/support/libsuite.a imap/session/libsession.a imap/model/libmodel.a \
	lib/auth/libauth.a lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a \
	lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS)
endif
