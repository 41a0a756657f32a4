noinst_LIBRARIES += %D%/libstream.a
%C%_libstream_a_SOURCES = \
	%D%/deflate_layer.h %D%/deflate_layer.cc \
	%D%/fd_layer.h %D%/fd_layer.cc %D%/layer.h \
	%D%/memory_layer.h %D%/memory_layer.cc %D%/outbox_layer.h %D%/outbox_layer.cc \
	%D%/sasl_layer.h %D%/sasl_layer.cc %D%/stream.h %D%/stream.cc \
	%D%/telemetry_layer.h %D%/telemetry_layer.cc %D%/tls_layer.h %D%/tls_layer.cc \
	%D%/unread.h %D%/unread.cc

if HAVE_CHECK
check_PROGRAMS += tests/unit/lib/stream/suite
TESTS += tests/unit/lib/stream/suite
tests_unit_lib_stream_suite_SOURCES = \
	tests/unit/lib/stream/layers_test.cc tests/unit/lib/stream/stream_test.cc
tests_unit_lib_stream_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_lib_stream_suite_LDADD = tests/support/libsuite.a lib/stream/libstream.a lib/net/libnet.a \
	lib/base/libbase.a $(OPENSSL_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS)
endif
