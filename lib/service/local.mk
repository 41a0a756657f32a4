noinst_LIBRARIES += %D%/libservice.a
%C%_libservice_a_SOURCES = \
	%D%/accept.h %D%/accept.cc %D%/counters.h %D%/counters.cc %D%/counters_format.h \
	%D%/file_watch.h %D%/file_watch.cc %D%/inherited.h %D%/inherited.cc \
	%D%/listen.h %D%/listen.cc %D%/process_title.h %D%/process_title.cc \
	%D%/reaper.h %D%/reaper.cc %D%/retirement.h %D%/retirement.cc %D%/run_as.h %D%/run_as.cc \
	%D%/scoreboard.h %D%/scoreboard.cc %D%/scoreboard_format.h %D%/service.h %D%/service.cc \
	%D%/service_main.h %D%/service_main.cc %D%/service_setup.h %D%/service_setup.cc \
	%D%/service_thread.h %D%/service_thread.cc %D%/status_pipe.h %D%/status_pipe.cc \
	%D%/stdio_service.h %D%/stdio_service.cc %D%/template.h %D%/template.cc \
	%D%/throttle.h %D%/throttle.cc %D%/worker.h %D%/worker.cc
EXTRA_DIST += doc/formats/scoreboard.md doc/formats/counters.md

if HAVE_CHECK
check_PROGRAMS += tests/unit/lib/service/suite
TESTS += tests/unit/lib/service/suite
tests_unit_lib_service_suite_SOURCES = \
	tests/unit/lib/service/file_watch_test.cc tests/unit/lib/service/listen_test.cc \
	tests/unit/lib/service/scoreboard_test.cc tests/unit/lib/service/throttle_test.cc
tests_unit_lib_service_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_lib_service_suite_LDADD = tests/support/libsuite.a lib/service/libservice.a lib/config/libconfig.a \
	lib/net/libnet.a lib/base/libbase.a $(CHECK_LIBS)
endif
