noinst_LIBRARIES += %D%/libauth.a
%C%_libauth_a_SOURCES = \
	%D%/certificate.h %D%/certificate.cc \
	%D%/hashed_password.h %D%/hashed_password.cc \
	%D%/identity.h %D%/identity.cc \
	%D%/sasl_client.h %D%/sasl_client.cc %D%/sasl_library.h %D%/sasl_library.cc \
	%D%/sasl_server.h %D%/sasl_server.cc \
	%D%/tls_context_config.cc %D%/tls_context.h %D%/tls_context.cc \
	%D%/warm_up.h %D%/warm_up.cc

if HAVE_CHECK
check_PROGRAMS += tests/unit/lib/auth/suite
TESTS += tests/unit/lib/auth/suite
tests_unit_lib_auth_suite_SOURCES = \
	tests/unit/lib/auth/certificates.h tests/unit/lib/auth/hashed_password_test.cc \
	tests/unit/lib/auth/identity_test.cc tests/unit/lib/auth/sasl_test.cc \
	tests/unit/lib/auth/tls_context_test.cc
tests_unit_lib_auth_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_lib_auth_suite_LDADD = tests/support/libsuite.a lib/auth/libauth.a lib/stream/libstream.a \
	lib/config/libconfig.a lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS) $(RK_THREADS)
endif
