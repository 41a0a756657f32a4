# Tests that are not one folder's unit tests. Unit tests are listed by the folder they test.
# A line of its own for each, so that two changes do not meet.
include tests/fuzz/local.mk
EXTRA_DIST += %D%/support/murder.py
EXTRA_DIST += %D%/support/cutter.py
EXTRA_DIST += %D%/support/quickstart_murder.py
EXTRA_DIST += %D%/support/bench.py %D%/support/proxies.py %D%/support/scripts.py
EXTRA_DIST += %D%/support/imap_session.py %D%/support/stress_client.py
EXTRA_DIST += %D%/support/stress_viewer.py
EXTRA_DIST += %D%/support/harness.py %D%/support/tap.sh %D%/support/summary.py
EXTRA_DIST += %D%/support/nntp_client.py
EXTRA_DIST += %D%/support/pop3_client.py %D%/support/sieve_client.py
EXTRA_DIST += %D%/support/fake_peer.py
EXTRA_DIST += %D%/support/browser.py
EXTRA_DIST += %D%/support/mailgen.py
EXTRA_DIST += %D%/support/submission_kit.py

EXTRA_DIST += %D%/support/administration.py
EXTRA_DIST += %D%/support/documents.py %D%/support/hosts.py
EXTRA_DIST += %D%/support/packaged.py
EXTRA_DIST += %D%/support/check_config_cases.py %D%/support/cyrus_options.txt
EXTRA_DIST += %D%/support/kerberos.py %D%/support/mixed.py
EXTRA_DIST += %D%/support/mupdate_client.py
EXTRA_DIST += %D%/support/terminal.py
EXTRA_DIST += %D%/support/dovecot.py %D%/support/search_corpus.py
EXTRA_DIST += %D%/support/search_answers.txt

# What the tests of the whole run beside what is installed.
RUN_BY_SYSTEM_TESTS =
RUN_BY_SYSTEM_TESTS += %D%/support/echo_service
%C%_support_echo_service_SOURCES = %D%/support/echo_service.cc
%C%_support_echo_service_LDADD = lib/service/libservice.a lib/config/libconfig.a \
	lib/net/libnet.a lib/base/libbase.a

RUN_BY_SYSTEM_TESTS += %D%/support/submit_mail
%C%_support_submit_mail_SOURCES = %D%/support/submit_mail.cc
%C%_support_submit_mail_LDADD = imap/submission/libsubmission.a lib/config/libconfig.a \
	lib/text/libtext.a lib/base/libbase.a $(ZLIB_LIBS)

if HAVE_CHECK
# What suites have in common.
check_LIBRARIES = %D%/support/libsuite.a
%C%_support_libsuite_a_SOURCES = %D%/unit/main.cc %D%/unit/unit.h \
	%D%/support/memory_store.h %D%/support/memory_store.cc \
	%D%/support/scripted_peer.h %D%/support/scripted_peer.cc
%C%_support_libsuite_a_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)

# What tests/system/tap_test.py runs as if it were a suite.
RUN_BY_SYSTEM_TESTS += %D%/support/check_sample
%C%_support_check_sample_SOURCES = %D%/support/check_sample.cc
%C%_support_check_sample_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
%C%_support_check_sample_LDADD = tests/support/libsuite.a lib/base/libbase.a $(CHECK_LIBS)
endif

# Preloaded into the servers. Not where it cannot be built or preloaded: then its tests are skipped.
%D%/support/fault_shim.so: %D%/support/fault_shim.cc
	@$(MKDIR_P) %D%/support
	@rm -f $@
	@if test -n "$(SAN_CXXFLAGS)" || ! $(CXXCOMPILE) -O1 -U_FORTIFY_SOURCE -fPIC -shared \
	  -o $@ $(srcdir)/%D%/support/fault_shim.cc; then echo 'no fault_shim'; fi
check_DATA = %D%/support/fault_shim.so
CLEANFILES += %D%/support/fault_shim.so
EXTRA_DIST += %D%/support/fault_shim.cc
EXTRA_DIST += %D%/support/faults.py %D%/support/fault_operations.py %D%/support/power.py
EXTRA_DIST += %D%/support/fault_strace.py

# Those that take longest begin first.
SYSTEM_TESTS =
SYSTEM_TESTS += %D%/system/damage_test.py
SYSTEM_TESTS += %D%/system/fault_points_test.py
SYSTEM_TESTS += %D%/system/peer_tls_test.py
SYSTEM_TESTS += %D%/system/unified_test.py
SYSTEM_TESTS += %D%/system/message_move_test.py
SYSTEM_TESTS += %D%/system/selected_state_test.py
SYSTEM_TESTS += %D%/system/stranded_test.py
SYSTEM_TESTS += %D%/system/move_fault_test.py
SYSTEM_TESTS += %D%/system/namespace_test.py
SYSTEM_TESTS += %D%/system/submission_crash_test.py
SYSTEM_TESTS += %D%/system/admin_tools_test.py
SYSTEM_TESTS += %D%/system/inprogress_test.py
SYSTEM_TESTS += %D%/system/install_guide_test.py
SYSTEM_TESTS += %D%/system/authentication_test.py
SYSTEM_TESTS += %D%/system/postfix_test.py
SYSTEM_TESTS += %D%/system/imap_backend_test.py
SYSTEM_TESTS += %D%/system/imap_frontend_test.py
SYSTEM_TESTS += %D%/system/imap_extensions_test.py
SYSTEM_TESTS += %D%/system/imap_modes_test.py
SYSTEM_TESTS += %D%/system/listed_names_test.py
SYSTEM_TESTS += %D%/system/mailbox_answers_test.py
SYSTEM_TESTS += %D%/system/managesieve_test.py
SYSTEM_TESTS += %D%/system/master_test.py
SYSTEM_TESTS += %D%/system/notify_test.py
SYSTEM_TESTS += %D%/system/search_corpus_test.py
SYSTEM_TESTS += %D%/system/nntp_clients_test.py
SYSTEM_TESTS += %D%/system/nntp_feed_test.py
SYSTEM_TESTS += %D%/system/nntp_kill_test.py
SYSTEM_TESTS += %D%/system/nntp_murder_test.py
SYSTEM_TESTS += %D%/system/nntp_test.py
SYSTEM_TESTS += %D%/system/pop3_clients_test.py
SYSTEM_TESTS += %D%/system/pop3_frontend_test.py
SYSTEM_TESTS += %D%/system/pop3_kerberos_test.py
SYSTEM_TESTS += %D%/system/pop3_kill_test.py
SYSTEM_TESTS += %D%/system/pop3_murder_test.py
SYSTEM_TESTS += %D%/system/murder_test.py
SYSTEM_TESTS += %D%/system/pop3_test.py
SYSTEM_TESTS += %D%/system/fault_test.py
SYSTEM_TESTS += %D%/system/check_config_test.py
SYSTEM_TESTS += %D%/system/config_test.py
SYSTEM_TESTS += %D%/system/passwords_test.py
SYSTEM_TESTS += %D%/system/fetchnews_test.py
SYSTEM_TESTS += %D%/system/full_disk_test.py
SYSTEM_TESTS += %D%/system/lmtp_test.py
SYSTEM_TESTS += %D%/system/literal_move_test.py
SYSTEM_TESTS += %D%/system/move_test.py
SYSTEM_TESTS += %D%/system/model_test.py
SYSTEM_TESTS += %D%/system/move_proof_test.py
SYSTEM_TESTS += %D%/system/packages_test.py
SYSTEM_TESTS += %D%/system/partition_test.py
SYSTEM_TESTS += %D%/system/relay_framing_test.py
SYSTEM_TESTS += %D%/system/rights_test.py
SYSTEM_TESTS += %D%/system/sieve_test_test.py
SYSTEM_TESTS += %D%/system/sievec_test.py
SYSTEM_TESTS += %D%/system/back_fill_test.py
SYSTEM_TESTS += %D%/system/changed_elsewhere_test.py
SYSTEM_TESTS += %D%/system/stress_test.py
SYSTEM_TESTS += %D%/system/revoked_test.py
SYSTEM_TESTS += %D%/system/server_state_test.py
SYSTEM_TESTS += %D%/system/tap_test.py
SYSTEM_TESTS += %D%/system/two_frontends_test.py
SYSTEM_TESTS += %D%/system/murder_tool_test.py
SYSTEM_TESTS += %D%/system/operator_view_test.py
SYSTEM_TESTS += %D%/system/progress_test.py
SYSTEM_TESTS += %D%/system/verdicts_test.py
SYSTEM_TESTS += %D%/system/master_away_test.py
SYSTEM_TESTS += %D%/system/before_login_test.py
SYSTEM_TESTS += %D%/system/crowd_test.py
SYSTEM_TESTS += %D%/system/expire_test.py
SYSTEM_TESTS += %D%/system/submission_test.py
SYSTEM_TESTS += %D%/system/quickstart_test.py
SYSTEM_TESTS += %D%/system/mupdate_master_test.py
SYSTEM_TESTS += %D%/system/mupdate_replica_test.py
SYSTEM_TESTS += %D%/system/replica_states_test.py
SYSTEM_TESTS += %D%/system/autocreate_test.py
SYSTEM_TESTS += %D%/system/deliver_test.py
SYSTEM_TESTS += %D%/system/services_block_test.py
SYSTEM_TESTS += %D%/system/sieve_delivery_test.py
SYSTEM_TESTS += %D%/system/sieve_end_to_end_test.py
SYSTEM_TESTS += %D%/system/sieve_kill_test.py
SYSTEM_TESTS += %D%/system/cyradm_test.py
SYSTEM_TESTS += %D%/system/mupdatetest_test.py
SYSTEM_TESTS += %D%/system/imtest_test.py
SYSTEM_TESTS += %D%/interop/managesieve_interop.py
SYSTEM_TESTS += %D%/interop/move_interop.py
SYSTEM_TESTS += %D%/interop/nntp_interop.py
SYSTEM_TESTS += %D%/interop/pop3_interop.py
SYSTEM_TESTS += %D%/interop/migration_interop.py
SYSTEM_TESTS += %D%/interop/rules_interop.py
SYSTEM_TESTS += %D%/interop/tools_interop.py
SYSTEM_TESTS += %D%/interop/search_interop.py
SYSTEM_TESTS += %D%/interop/murder_interop.py
SYSTEM_TESTS += %D%/interop/mupdate_interop.py

EXTRA_DIST += %D%/mutants/mutants.py %D%/mutants/sieve.txt
EXTRA_DIST += %D%/bench/run %D%/bench/mupdate %D%/bench/moves %D%/bench/fanout
EXTRA_DIST += %D%/clients/roundcube %D%/clients/synchronizers %D%/clients/mailers
EXTRA_DIST += %D%/clients/mail.py %D%/clients/horde.php
EXTRA_DIST += %D%/packages/debian %D%/bench/nntp %D%/bench/pop3 %D%/bench/search %D%/bench/sieve

RUN_BY_SYSTEM_TESTS += %D%/bench/mupdate_load
%C%_bench_mupdate_load_SOURCES = %D%/bench/mupdate_load.cc
%C%_bench_mupdate_load_LDADD = lib/text/libtext.a lib/base/libbase.a $(RK_THREADS)

LINT_TESTS =
LINT_TESTS += %D%/lint/layers.sh
LINT_TESTS += %D%/lint/rooms.sh
LINT_TESTS += %D%/lint/rooms_test.sh
LINT_TESTS += %D%/lint/banned.sh
LINT_TESTS += %D%/lint/headers.sh
LINT_TESTS += %D%/lint/text.sh
LINT_TESTS += %D%/lint/options.sh
LINT_TESTS += %D%/lint/manuals.sh
LINT_TESTS += %D%/lint/sieve_manual.sh
LINT_TESTS += %D%/lint/commands.sh
LINT_TESTS += %D%/lint/comments.sh
LINT_TESTS += %D%/lint/architecture.sh
LINT_TESTS += %D%/lint/dist.sh
LINT_TESTS += %D%/lint/debian.py
LINT_TESTS += %D%/lint/logs.py
LINT_TESTS += %D%/lint/inline_commands.py
EXTRA_DIST += $(LINT_TESTS) %D%/lint/outliers.sh %D%/lint/options.allowed
TESTS += $(LINT_TESTS)

outliers:
	@top_srcdir='$(srcdir)' $(SHELL) $(srcdir)/%D%/lint/outliers.sh
print-programs:
	@for p in $(bin_PROGRAMS) $(sbin_PROGRAMS) $(libexec_PROGRAMS) $(ADMIN_LINKS); do \
	echo $$p; done
# The other names of a program that has one page for all of them.
print-links:
	@for p in $(MUPDATETEST_NAMES); do echo $$p; done
# Of the repository's files, what the tarball has; one in a line.
print-dist:
	@cd '$(srcdir)' && for f in $(DISTFILES); do f=$${f#'$(srcdir)'/}; \
	if test -d "$$f"; then find "$$f" -type f; else echo "$$f"; fi; done
.PHONY: outliers print-programs print-links print-dist

TESTS += $(SYSTEM_TESTS)
EXTRA_DIST += $(SYSTEM_TESTS)
check_PROGRAMS += $(RUN_BY_SYSTEM_TESTS)

# make check in two, which may run beside each other after make all and check-system-programs: the
# one waits more than it computes, the other is mostly the compiler's.
check-system-programs: $(RUN_BY_SYSTEM_TESTS) $(check_DATA)
check-system:
	@$(MAKE) $(AM_MAKEFLAGS) check-TESTS check_PROGRAMS='$(RUN_BY_SYSTEM_TESTS)' \
	  TESTS='$(SYSTEM_TESTS)' TEST_SUITE_LOG=test-system.log
check-parts: $(check_PROGRAMS)
	@parts=; for t in $(TESTS); do \
	  case ' $(SYSTEM_TESTS) ' in *" $$t "*) ;; *) parts="$$parts $$t" ;; esac; done; \
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS="$$parts" TEST_SUITE_LOG=test-parts.log
CLEANFILES += test-system.log test-parts.log
.PHONY: check-system-programs check-system check-parts
