noinst_LIBRARIES += %D%/libmaster.a
%C%_libmaster_a_SOURCES = \
	%D%/accept.h %D%/accept.cc %D%/agent.h %D%/agent.cc %D%/conf.h %D%/conf.cc \
	%D%/counters.h %D%/counters.cc %D%/counters_format.h %D%/cron.h %D%/cron.cc \
	%D%/cyrus_programs.h %D%/cyrus_programs.cc \
	%D%/daemonise.h %D%/daemonise.cc %D%/daemons.h %D%/daemons.cc \
	%D%/events.h %D%/events.cc %D%/file_watch.h %D%/file_watch.cc \
	%D%/inherited.h %D%/inherited.cc %D%/launch_context.h %D%/listen.h %D%/listen.cc \
	%D%/managed_service.h %D%/managed_service.cc \
	%D%/master_options.h %D%/master_options.cc %D%/pidfile.h %D%/pidfile.cc \
	%D%/process_title.h %D%/process_title.cc \
	%D%/reaper.h %D%/reaper.cc %D%/retirement.h %D%/retirement.cc \
	%D%/run_as.h %D%/run_as.cc \
	%D%/scoreboard.h %D%/scoreboard.cc %D%/scoreboard_format.h \
	%D%/service.h %D%/service.cc %D%/service_main.h %D%/service_main.cc \
	%D%/service_setup.h %D%/service_setup.cc \
	%D%/service_table.h %D%/service_table.cc %D%/service_thread.h %D%/service_thread.cc \
	%D%/spawn.h %D%/spawn.cc %D%/state_directory.h %D%/state_directory.cc \
	%D%/status_pipe.h %D%/status_pipe.cc %D%/stdio_service.h %D%/stdio_service.cc \
	%D%/supervisor.h %D%/supervisor.cc %D%/template.h %D%/template.cc \
	%D%/throttle.h %D%/throttle.cc %D%/worker.h %D%/worker.cc

libexec_PROGRAMS += %D%/master
%C%_master_SOURCES = %D%/master.cc
%C%_master_LDADD = %D%/libmaster.a lib/config/libconfig.a lib/base/libbase.a
EXTRA_DIST += doc/formats/scoreboard.md doc/formats/counters.md

if HAVE_CHECK
check_PROGRAMS += tests/unit/master/suite
TESTS += tests/unit/master/suite
tests_unit_master_suite_SOURCES = tests/unit/main.cc tests/unit/unit.h \
	tests/unit/master/conf_test.cc tests/unit/master/events_test.cc \
	tests/unit/master/file_watch_test.cc tests/unit/master/listen_test.cc \
	tests/unit/master/scoreboard_test.cc tests/unit/master/throttle_test.cc
tests_unit_master_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_master_suite_LDADD = master/libmaster.a lib/config/libconfig.a lib/base/libbase.a \
	$(CHECK_LIBS)
endif
