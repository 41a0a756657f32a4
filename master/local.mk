noinst_LIBRARIES += %D%/libmaster.a
%C%_libmaster_a_SOURCES = \
	%D%/conf.h %D%/conf.cc %D%/cron.h %D%/cron.cc \
	%D%/cyrus_programs.h %D%/cyrus_programs.cc %D%/daemonise.h %D%/daemonise.cc \
	%D%/daemons.h %D%/daemons.cc %D%/events.h %D%/events.cc %D%/launch_context.h \
	%D%/managed_service.h %D%/managed_service.cc %D%/master_options.h %D%/master_options.cc \
	%D%/own_events.h %D%/own_events.cc %D%/pidfile.h %D%/pidfile.cc %D%/service_manager.h %D%/service_manager.cc \
	%D%/service_table.h %D%/service_table.cc \
	%D%/spawn.h %D%/spawn.cc %D%/state_directory.h %D%/state_directory.cc \
	%D%/supervisor.h %D%/supervisor.cc

libexec_PROGRAMS += %D%/master
%C%_master_SOURCES = %D%/master.cc
%C%_master_LDADD = %D%/libmaster.a lib/service/libservice.a lib/config/libconfig.a \
	lib/net/libnet.a lib/base/libbase.a

if HAVE_CHECK
check_PROGRAMS += tests/unit/master/suite
TESTS += tests/unit/master/suite
tests_unit_master_suite_SOURCES = \
	tests/unit/master/conf_test.cc tests/unit/master/events_test.cc
tests_unit_master_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_master_suite_LDADD = tests/support/libsuite.a master/libmaster.a lib/service/libservice.a lib/config/libconfig.a \
	lib/net/libnet.a lib/base/libbase.a $(CHECK_LIBS)
endif
