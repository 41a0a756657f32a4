noinst_LIBRARIES += %D%/libconfig.a
%C%_libconfig_a_SOURCES = \
	%D%/config.h %D%/config.cc %D%/config_parser.h %D%/config_parser.cc \
	%D%/cyrus_options.h %D%/cyrus_options.cc %D%/murder_role.h %D%/murder_role.cc \
	%D%/option_names.h %D%/option_names.cc %D%/option_spec.h %D%/option_spec.cc
nodist_%C%_libconfig_a_SOURCES = %D%/options_gen.h %D%/options_gen.cc

# One stanza of options.def makes the accessor, the row of the table and the text of the manual.
# A file that comes out the same keeps its time, so that a new description compiles nothing.
# config.status depends on the header because make then brings it up to date before any target.
CONFIG_STATUS_DEPENDENCIES = %D%/options_gen.h
BUILT_SOURCES += %D%/options_gen.h
CLEANFILES += %D%/options_gen.h %D%/options_gen.cc %D%/options.stamp man/imapd.conf.5
EXTRA_DIST += %D%/options.def %D%/mkoptions.awk %D%/imapd.conf.head %D%/imapd.conf.tail
nodist_man_MANS += man/imapd.conf.5

%D%/options.stamp: %D%/options.def %D%/mkoptions.awk %D%/imapd.conf.head %D%/imapd.conf.tail
	@$(MKDIR_P) %D% man
	$(AM_V_GEN)d=$(srcdir)/%D%; for o in header:%D%/options_gen.h source:%D%/options_gen.cc man:man/imapd.conf.5; do \
	  f=`echo $$o | sed 's/.*://'`; \
	  $(AWK) -v out=`echo $$o | sed 's/:.*//'` -v head=$$d/imapd.conf.head \
	    -v tail=$$d/imapd.conf.tail -f $$d/mkoptions.awk $$d/options.def >$$f.tmp || exit 1; \
	  if cmp -s $$f.tmp $$f; then rm -f $$f.tmp; else mv $$f.tmp $$f; fi; \
	done
	@echo made >$@
%D%/options_gen.h %D%/options_gen.cc man/imapd.conf.5: %D%/options.stamp
	@test -f $@ || { rm -f %D%/options.stamp; $(MAKE) $(AM_MAKEFLAGS) %D%/options.stamp; }

if HAVE_CHECK
check_PROGRAMS += tests/unit/lib/config/suite
TESTS += tests/unit/lib/config/suite
tests_unit_lib_config_suite_SOURCES = \
	tests/unit/lib/config/config_test.cc tests/unit/lib/config/option_names_test.cc
tests_unit_lib_config_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_lib_config_suite_LDADD = tests/support/libsuite.a lib/config/libconfig.a lib/base/libbase.a $(CHECK_LIBS)
endif
