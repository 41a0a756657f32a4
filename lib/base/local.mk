noinst_LIBRARIES += %D%/libbase.a
%C%_libbase_a_SOURCES = \
	%D%/atomic_word.h %D%/byte_locks.h %D%/byte_locks.cc %D%/clock.h \
	%D%/command_line.h %D%/command_line.cc \
	%D%/fd.h %D%/fd.cc %D%/guarded.h %D%/log.h %D%/log.cc \
	%D%/log_session.h %D%/log_session.cc \
	%D%/memory.h %D%/memory.cc \
	%D%/panic.h %D%/panic.cc %D%/panic_line.h %D%/panic_line.cc %D%/result.h %D%/result.cc \
	%D%/signals.h %D%/signals.cc %D%/spelling.h %D%/spelling.cc %D%/standard_headers.h \
	%D%/strings.h %D%/strings.cc

if HAVE_CHECK
check_PROGRAMS += tests/unit/lib/base/suite
TESTS += tests/unit/lib/base/suite
tests_unit_lib_base_suite_SOURCES = \
	tests/unit/lib/base/byte_locks_test.cc \
	tests/unit/lib/base/command_line_test.cc tests/unit/lib/base/panic_test.cc \
	tests/unit/lib/base/spelling_test.cc \
	tests/unit/lib/base/strings_test.cc
tests_unit_lib_base_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_lib_base_suite_LDADD = tests/support/libsuite.a lib/base/libbase.a $(CHECK_LIBS)
endif
