# imap/admin: programs of the administrator

# What long work tells whoever waits for it.
PROGRESS_SOURCES = imap/admin/progress.h imap/admin/progress.cc \
	imap/admin/terminal.h imap/admin/terminal.cc

sbin_PROGRAMS += imap/admin/rookery-passwd
imap_admin_rookery_passwd_SOURCES = imap/admin/rookery_passwd.cc \
	imap/admin/password.h imap/admin/password.cc
imap_admin_rookery_passwd_LDADD = lib/auth/libauth.a lib/stream/libstream.a \
	lib/config/libconfig.a lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(ZLIB_LIBS)

sbin_PROGRAMS += imap/admin/reconstruct
imap_admin_reconstruct_SOURCES = imap/admin/reconstruct.cc $(PROGRESS_SOURCES) imap/admin/mend.h imap/admin/mend.cc \
	imap/admin/stranded_mailboxes.h imap/admin/stranded_mailboxes.cc \
	imap/admin/local_parts.h imap/admin/local_parts.cc imap/admin/tool.h imap/admin/tool.cc
imap_admin_reconstruct_LDADD = imap/store/libstore.a imap/sync/libsync.a imap/cluster/libcluster.a \
	imap/scripts/libscripts.a imap/mupdate/libmupdate.a imap/backend/libbackend.a \
	imap/mboxlist/libmboxlist.a imap/model/libmodel.a lib/auth/libauth.a lib/db/libdb.a \
	lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a \
	lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(RK_THREADS)

sbin_PROGRAMS += imap/admin/deliver
imap_admin_deliver_SOURCES = imap/admin/deliver.cc \
	imap/admin/lmtp_client.h imap/admin/lmtp_client.cc \
	imap/admin/conversation.h imap/admin/conversation.cc imap/admin/tool.h imap/admin/tool.cc
imap_admin_deliver_LDADD = imap/delivery/libdelivery.a imap/backend/libbackend.a \
	imap/mboxlist/libmboxlist.a imap/model/libmodel.a lib/service/libservice.a lib/auth/libauth.a \
	lib/db/libdb.a lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a \
	lib/net/libnet.a lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) \
	$(RK_THREADS)

sbin_PROGRAMS += imap/admin/ctl_cyrusdb
imap_admin_ctl_cyrusdb_SOURCES = imap/admin/ctl_cyrusdb.cc imap/admin/tool.h imap/admin/tool.cc \
	imap/admin/local_parts.h imap/admin/local_parts.cc
imap_admin_ctl_cyrusdb_LDADD = imap/store/libstore.a imap/sync/libsync.a imap/cluster/libcluster.a \
	imap/scripts/libscripts.a imap/mupdate/libmupdate.a imap/backend/libbackend.a \
	imap/mboxlist/libmboxlist.a imap/model/libmodel.a lib/auth/libauth.a lib/db/libdb.a \
	lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a \
	lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(RK_THREADS)

# One program under eight names; what it speaks follows from the name.
bin_PROGRAMS += imap/admin/mupdatetest
imap_admin_mupdatetest_SOURCES = imap/admin/mupdatetest.cc \
	imap/admin/conversation.h imap/admin/conversation.cc \
	imap/admin/password.h imap/admin/password.cc
imap_admin_mupdatetest_LDADD = imap/backend/libbackend.a lib/auth/libauth.a \
	lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a \
	lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) $(ZLIB_LIBS)

MUPDATETEST_NAMES = imtest lmtptest nntptest pop3test sivtest smtptest synctest
MUPDATETEST_LINKS = $(MUPDATETEST_NAMES:%=imap/admin/%)
# One program under the names of all tools of imap/admin/tools/tool_table.h.
sbin_PROGRAMS += imap/admin/rookery-admin
imap_admin_rookery_admin_SOURCES = $(PROGRESS_SOURCES) imap/admin/tools/main.cc imap/admin/tools/tool_table.h \
	imap/admin/tools/mailboxes.h imap/admin/tools/mailboxes.cc \
	imap/admin/tools/arbitron.cc \
	imap/admin/tools/chk_cyrus.cc \
	imap/admin/tools/ctl_deliver.cc \
	imap/admin/tools/cyr_buildinfo.cc \
	imap/admin/tools/cyr_deny.cc \
	imap/admin/tools/cyr_df.cc \
	imap/admin/tools/cyr_info.cc \
	imap/admin/tools/databases.cc \
	imap/admin/tools/dump.cc \
	imap/admin/tools/dump_format.cc \
	imap/admin/tools/dump_format.h \
	imap/admin/tools/ipurge.cc \
	imap/admin/tools/makedirs.cc \
	imap/admin/tools/mbexamine.cc \
	imap/admin/tools/message_text.cc \
	imap/admin/tools/message_text.h \
	imap/admin/tools/mbpath.cc \
	imap/admin/tools/nothing.cc \
	imap/admin/tools/restore.cc \
	imap/admin/tools/restoring.cc \
	imap/admin/tools/restoring.h \
	imap/admin/tools/restoring_user.cc \
	imap/admin/tools/squatter.cc \
	imap/admin/tools/tar.cc \
	imap/admin/tools/tar.h \
	imap/admin/tools/unexpunge.cc \
	imap/admin/local_parts.h imap/admin/local_parts.cc imap/admin/tool.h imap/admin/tool.cc
imap_admin_rookery_admin_LDADD = imap/session/libsession.a imap/delivery/libdelivery.a \
	imap/store/libstore.a imap/sync/libsync.a imap/cluster/libcluster.a \
	imap/scripts/libscripts.a imap/mupdate/libmupdate.a imap/backend/libbackend.a \
	imap/mboxlist/libmboxlist.a imap/model/libmodel.a lib/service/libservice.a lib/auth/libauth.a \
	lib/db/libdb.a lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a \
	lib/net/libnet.a lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) \
	$(RK_THREADS)

ADMIN_NAMES = arbitron chk_cyrus ctl_deliver cvt_cyrusdb cyr_buildinfo cyr_dbtool cyr_deny \
	cyr_df cyr_info dump ipurge makedirs mbexamine mbpath ptexpire restore squatter tls_prune \
	unexpunge
ADMIN_LINKS = $(ADMIN_NAMES:%=imap/admin/%)
$(ADMIN_LINKS): imap/admin/rookery-admin$(EXEEXT)
	$(AM_V_GEN)rm -f $@ && $(LN_S) rookery-admin$(EXEEXT) $@

noinst_DATA = $(MUPDATETEST_LINKS) $(ADMIN_LINKS)
CLEANFILES += $(MUPDATETEST_LINKS) $(ADMIN_LINKS)
$(MUPDATETEST_LINKS): imap/admin/mupdatetest$(EXEEXT)
	$(AM_V_GEN)rm -f $@ && $(LN_S) mupdatetest$(EXEEXT) $@

install-exec-hook:
	cd '$(DESTDIR)$(bindir)' && target=`echo mupdatetest | sed '$(transform)'` && \
	for name in `printf '%s\n' $(MUPDATETEST_NAMES) | sed '$(transform)'`; do \
	rm -f $$name && $(LN_S) $$target$(EXEEXT) $$name || exit 1; done
	cd '$(DESTDIR)$(sbindir)' && target=`echo rookery-admin | sed '$(transform)'` && \
	for name in `printf '%s\n' $(ADMIN_NAMES) | sed '$(transform)'`; do \
	rm -f $$name && $(LN_S) $$target$(EXEEXT) $$name || exit 1; done
install-data-hook:
	cd '$(DESTDIR)$(man1dir)' && target=`echo mupdatetest | sed '$(transform)'` && \
	for name in `printf '%s\n' $(MUPDATETEST_NAMES) | sed '$(transform)'`; do \
	rm -f $$name.1 && $(LN_S) $$target.1 $$name.1 || exit 1; done
uninstall-hook:
	for name in `printf '%s\n' $(MUPDATETEST_NAMES) $(ADMIN_NAMES) | sed '$(transform)'`; do \
	rm -f '$(DESTDIR)$(bindir)'/$$name '$(DESTDIR)$(sbindir)'/$$name \
	'$(DESTDIR)$(man1dir)'/$$name.1; done

bin_PROGRAMS += imap/admin/cyradm/cyradm
imap_admin_cyradm_cyradm_SOURCES = imap/admin/cyradm/main.cc \
	imap/admin/cyradm/acl_and_quota.cc imap/admin/cyradm/client.h imap/admin/cyradm/client.cc \
	imap/admin/cyradm/commands.cc imap/admin/cyradm/line_input.h \
	imap/admin/cyradm/line_input.cc imap/admin/cyradm/mailboxes.cc \
	imap/admin/cyradm/metadata.cc imap/admin/cyradm/shell.h imap/admin/cyradm/shell.cc \
	imap/admin/password.h imap/admin/password.cc imap/admin/tool.h imap/admin/tool.cc
imap_admin_cyradm_cyradm_CPPFLAGS = $(AM_CPPFLAGS) $(LIBEDIT_CFLAGS)
imap_admin_cyradm_cyradm_LDADD = imap/backend/libbackend.a lib/auth/libauth.a \
	lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a \
	lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) $(ZLIB_LIBS) $(LIBEDIT_LIBS)

sbin_PROGRAMS += imap/admin/ctl_mboxlist
imap_admin_ctl_mboxlist_SOURCES = $(PROGRESS_SOURCES) imap/admin/ctl_mboxlist.h imap/admin/ctl_mboxlist.cc \
	imap/admin/ctl_mboxlist_push.cc imap/admin/ctl_mboxlist_text.cc \
	imap/admin/ctl_mboxlist_verify.cc imap/admin/tool.h imap/admin/tool.cc \
	imap/admin/local_parts.h imap/admin/local_parts.cc
imap_admin_ctl_mboxlist_LDADD = imap/store/libstore.a imap/sync/libsync.a imap/cluster/libcluster.a imap/scripts/libscripts.a \
	imap/mupdate/libmupdate.a \
	imap/backend/libbackend.a imap/mboxlist/libmboxlist.a imap/model/libmodel.a \
	lib/auth/libauth.a lib/db/libdb.a lib/stream/libstream.a lib/config/libconfig.a \
	lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(RK_THREADS)

sbin_PROGRAMS += imap/admin/quota
imap_admin_quota_SOURCES = imap/admin/quota.cc imap/admin/tool.h imap/admin/tool.cc
imap_admin_quota_LDADD = imap/store/libstore.a imap/mboxlist/libmboxlist.a imap/model/libmodel.a \
	lib/auth/libauth.a lib/stream/libstream.a lib/config/libconfig.a lib/db/libdb.a \
	lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS)

sbin_PROGRAMS += imap/admin/cyr_expire
imap_admin_cyr_expire_SOURCES = imap/admin/cyr_expire.cc $(PROGRESS_SOURCES) imap/admin/tool.h imap/admin/tool.cc
imap_admin_cyr_expire_LDADD = imap/delivery/libdelivery.a imap/store/libstore.a \
	imap/cluster/libcluster.a imap/scripts/libscripts.a \
	imap/mupdate/libmupdate.a imap/backend/libbackend.a imap/mboxlist/libmboxlist.a \
	imap/model/libmodel.a lib/auth/libauth.a lib/db/libdb.a lib/stream/libstream.a \
	lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(RK_THREADS)

libexec_PROGRAMS += imap/admin/rookery-submit
imap_admin_rookery_submit_SOURCES = imap/admin/rookery_submit.cc \
	imap/admin/returned_mail.h imap/admin/returned_mail.cc imap/admin/tool.h imap/admin/tool.cc
imap_admin_rookery_submit_LDADD = imap/delivery/libdelivery.a imap/submission/libsubmission.a \
	$(SIEVE_LIBS) imap/scripts/libscripts.a \
	imap/store/libstore.a imap/mupdate/libmupdate.a imap/backend/libbackend.a \
	imap/mboxlist/libmboxlist.a imap/model/libmodel.a lib/service/libservice.a \
	lib/auth/libauth.a lib/db/libdb.a \
	lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a \
	lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(RK_THREADS)

libexec_PROGRAMS += imap/admin/rookery-feed
imap_admin_rookery_feed_SOURCES = imap/admin/rookery_feed.cc imap/admin/tool.h imap/admin/tool.cc
imap_admin_rookery_feed_LDADD = imap/nntp/libnntp.a imap/submission/libsubmission.a \
	imap/session/libsession.a imap/backend/libbackend.a imap/model/libmodel.a \
	lib/service/libservice.a lib/auth/libauth.a lib/db/libdb.a lib/stream/libstream.a \
	lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(RK_THREADS)

sbin_PROGRAMS += imap/admin/fetchnews
imap_admin_fetchnews_SOURCES = imap/admin/fetchnews.cc $(PROGRESS_SOURCES) \
	imap/admin/password.h imap/admin/password.cc imap/admin/tool.h imap/admin/tool.cc
imap_admin_fetchnews_LDADD = imap/nntp/libnntp.a imap/delivery/libdelivery.a \
	imap/session/libsession.a imap/backend/libbackend.a imap/model/libmodel.a \
	lib/service/libservice.a lib/auth/libauth.a lib/db/libdb.a lib/stream/libstream.a \
	lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(RK_THREADS)

sbin_PROGRAMS += imap/admin/murder/murder
imap_admin_murder_murder_SOURCES = imap/admin/murder/main.cc imap/admin/murder/murder.h \
	imap/admin/murder/check.h imap/admin/murder/check.cc \
	imap/admin/murder/check_others.cc imap/admin/murder/check_store.cc \
	imap/admin/stranded_mailboxes.h imap/admin/stranded_mailboxes.cc \
	imap/admin/murder/configuration.cc \
	imap/admin/check_config/checks.h imap/admin/check_config/checks.cc \
	imap/admin/check_config/checks_login.cc imap/admin/check_config/checks_options.cc \
	imap/admin/check_config/checks_passwords.cc imap/admin/check_config/checks_places.cc \
	imap/admin/check_config/checks_roles.cc imap/admin/check_config/checks_services.cc \
	imap/admin/check_config/checks_tls.cc imap/admin/check_config/finding.h \
	imap/admin/check_config/connect.h imap/admin/check_config/connect.cc \
	imap/admin/check_config/lines.h imap/admin/check_config/lines.cc \
	imap/admin/check_config/peers.h imap/admin/check_config/peers.cc \
	imap/admin/check_config/server.h imap/admin/check_config/server.cc \
	imap/admin/murder/conflicts.cc imap/admin/murder/metrics.cc \
	imap/admin/murder/here.h imap/admin/murder/here.cc \
	imap/admin/murder/move.cc imap/admin/murder/queue.cc imap/admin/murder/rebalance.cc \
	imap/admin/murder/state.cc \
	imap/admin/murder/ahead.h imap/admin/murder/ahead.cc \
	imap/admin/murder/transfer.h imap/admin/murder/transfer.cc \
	imap/admin/murder/witness.h imap/admin/murder/witness.cc \
	imap/admin/murder/report.h imap/admin/murder/report.cc imap/admin/murder/resync.cc \
	imap/admin/murder/graph.cc imap/admin/murder/top.cc \
	imap/admin/murder/server_entries.h imap/admin/murder/server_entries.cc \
	imap/admin/murder/survey.h imap/admin/murder/survey.cc \
	$(PROGRESS_SOURCES) \
	imap/admin/local_parts.h imap/admin/local_parts.cc \
	imap/admin/murder/status.cc imap/admin/tool.h imap/admin/tool.cc
imap_admin_murder_murder_LDADD = master/libmaster.a imap/nntp/libnntp.a \
	imap/session/libsession.a imap/store/libstore.a \
	imap/submission/libsubmission.a \
	imap/sync/libsync.a imap/cluster/libcluster.a imap/scripts/libscripts.a \
	imap/mupdate/libmupdate.a imap/backend/libbackend.a \
	imap/mboxlist/libmboxlist.a imap/model/libmodel.a lib/service/libservice.a lib/auth/libauth.a \
	lib/db/libdb.a lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a \
	lib/net/libnet.a lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) \
	$(RK_THREADS)

bin_PROGRAMS += imap/admin/sieve-test
imap_admin_sieve_test_SOURCES = imap/admin/sieve_test.cc imap/admin/tool.h imap/admin/tool.cc
imap_admin_sieve_test_LDADD = $(SIEVE_LIBS) lib/config/libconfig.a lib/text/libtext.a \
	lib/base/libbase.a

sbin_PROGRAMS += imap/admin/sievec
imap_admin_sievec_SOURCES = imap/admin/sievec.cc imap/admin/tool.h imap/admin/tool.cc
imap_admin_sievec_LDADD = imap/managesieve/libmanagesieve.a imap/scripts/libscripts.a \
	$(SIEVE_LIBS) imap/model/libmodel.a lib/config/libconfig.a lib/text/libtext.a \
	lib/base/libbase.a

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/admin/suite
TESTS += tests/unit/imap/admin/suite
tests_unit_imap_admin_suite_SOURCES = \
	tests/unit/imap/admin/dump_format_test.cc tests/unit/imap/admin/progress_test.cc \
	tests/unit/imap/admin/report_test.cc tests/unit/imap/admin/tar_test.cc \
	imap/admin/tools/dump_format.cc imap/admin/tools/tar.cc \
	imap/admin/murder/report.cc $(PROGRESS_SOURCES) imap/admin/tool.cc
tests_unit_imap_admin_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_admin_suite_LDADD = tests/support/libsuite.a imap/sync/libsync.a imap/model/libmodel.a \
	lib/auth/libauth.a lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a \
	lib/net/libnet.a lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS)
endif

EXTRA_DIST += doc/formats/dump.md
