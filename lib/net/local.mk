noinst_LIBRARIES += %D%/libnet.a
%C%_libnet_a_SOURCES = \
	%D%/address.h %D%/address.cc %D%/dial.h %D%/dial.cc \
	%D%/wakeups.h %D%/wakeups.cc

if HAVE_CHECK
check_PROGRAMS += tests/unit/lib/net/suite
TESTS += tests/unit/lib/net/suite
tests_unit_lib_net_suite_SOURCES = \
	tests/unit/lib/net/address_test.cc tests/unit/lib/net/dial_test.cc \
	tests/unit/lib/net/wakeups_test.cc
tests_unit_lib_net_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_lib_net_suite_LDADD = tests/support/libsuite.a lib/net/libnet.a lib/base/libbase.a $(CHECK_LIBS)
endif
