noinst_LIBRARIES += %D%/libbackend.a
%C%_libbackend_a_SOURCES =
%C%_libbackend_a_SOURCES += %D%/announced.h %D%/announced.cc
%C%_libbackend_a_SOURCES += %D%/backend.h %D%/backend.cc
%C%_libbackend_a_SOURCES += %D%/backend_pool.h %D%/backend_pool.cc
%C%_libbackend_a_SOURCES += %D%/link.h %D%/connector.h %D%/connector.cc
%C%_libbackend_a_SOURCES += %D%/dialect.h
%C%_libbackend_a_SOURCES += %D%/health.h %D%/health.cc %D%/health_format.h
%C%_libbackend_a_SOURCES += %D%/idle_backends.h %D%/idle_backends.cc
%C%_libbackend_a_SOURCES += %D%/dialect_imap.cc
%C%_libbackend_a_SOURCES += %D%/dialect_lmtp.cc
%C%_libbackend_a_SOURCES += %D%/login_policy.h %D%/login_policy.cc
%C%_libbackend_a_SOURCES += %D%/dialect_mupdate.cc %D%/dialect_pop3.cc %D%/dialect_sieve.cc
%C%_libbackend_a_SOURCES += %D%/dialect_csync.cc %D%/dialect_nntp.cc
%C%_libbackend_a_SOURCES += %D%/reply_lines.h %D%/reply_lines.cc
%C%_libbackend_a_SOURCES += %D%/reply_reader.h %D%/reply_reader.cc
%C%_libbackend_a_SOURCES += %D%/server_address.h %D%/server_address.cc
%C%_libbackend_a_SOURCES += %D%/sieve_lines.h %D%/sieve_lines.cc
%C%_libbackend_a_SOURCES += %D%/talk.h %D%/talk.cc

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/backend/suite
TESTS += tests/unit/imap/backend/suite
tests_unit_imap_backend_suite_SOURCES =
tests_unit_imap_backend_suite_SOURCES += tests/unit/imap/backend/configured.h
tests_unit_imap_backend_suite_SOURCES += tests/unit/imap/backend/backend_test.cc
tests_unit_imap_backend_suite_SOURCES += tests/unit/imap/backend/dialect_test.cc
tests_unit_imap_backend_suite_SOURCES += tests/unit/imap/backend/health_test.cc
tests_unit_imap_backend_suite_SOURCES += tests/unit/imap/backend/login_policy_test.cc
tests_unit_imap_backend_suite_SOURCES += tests/unit/imap/backend/reply_reader_test.cc
tests_unit_imap_backend_suite_SOURCES += tests/unit/imap/backend/server_address_test.cc
tests_unit_imap_backend_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_backend_suite_LDADD = tests/support/libsuite.a imap/backend/libbackend.a lib/auth/libauth.a \
	lib/config/libconfig.a lib/stream/libstream.a lib/net/libnet.a lib/text/libtext.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS) $(RK_THREADS)
endif
EXTRA_DIST += doc/formats/health.md
