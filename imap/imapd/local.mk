# The IMAP engine, linked by imapd (with a store) and proxyd (without). One source file a line, so
# that two changes do not meet.
noinst_LIBRARIES += %D%/libimapd.a
%C%_libimapd_a_SOURCES =
%C%_libimapd_a_SOURCES += %D%/command_reader.h %D%/command_reader.cc
%C%_libimapd_a_SOURCES += %D%/selected/updates.h
%C%_libimapd_a_SOURCES += %D%/selected/message_header.h
%C%_libimapd_a_SOURCES += %D%/selected/sort.h %D%/selected/sort.cc
%C%_libimapd_a_SOURCES += %D%/selected/thread.h %D%/selected/thread.cc
%C%_libimapd_a_SOURCES += %D%/capabilities.h %D%/capabilities.cc
%C%_libimapd_a_SOURCES += %D%/command_spec.h %D%/command_table.h %D%/command_table.cc
%C%_libimapd_a_SOURCES += %D%/engine.h %D%/engine.cc %D%/engine_routes.cc
%C%_libimapd_a_SOURCES += %D%/session_errors.cc
%C%_libimapd_a_SOURCES += %D%/namespace/placement.h %D%/namespace/placement.cc
%C%_libimapd_a_SOURCES += %D%/responder.h %D%/responder.cc
%C%_libimapd_a_SOURCES += %D%/namespace/rights.h %D%/namespace/rights.cc
%C%_libimapd_a_SOURCES += %D%/selected/select_parse.h %D%/selected/select_parse.cc
%C%_libimapd_a_SOURCES += %D%/session.h %D%/session.cc
%C%_libimapd_a_SOURCES += %D%/namespace/list_parse.h %D%/namespace/list_parse.cc
%C%_libimapd_a_SOURCES += %D%/namespace/metadata.h %D%/namespace/metadata.cc
%C%_libimapd_a_SOURCES += %D%/namespace/metadata_parse.h %D%/namespace/metadata_parse.cc
%C%_libimapd_a_SOURCES += %D%/namespace/special_use.h %D%/namespace/special_use.cc
%C%_libimapd_a_SOURCES += %D%/namespace/status_items.h %D%/namespace/status_items.cc
%C%_libimapd_a_SOURCES += %D%/namespace/subscribed.h %D%/namespace/subscribed.cc
%C%_libimapd_a_SOURCES += %D%/namespace/subscribed_lines.h %D%/namespace/subscribed_lines.cc
%C%_libimapd_a_SOURCES += %D%/user.h %D%/user.cc
%C%_libimapd_a_SOURCES += %D%/namespace/tree.h %D%/namespace/tree.cc
%C%_libimapd_a_SOURCES += %D%/namespace/xfer.h %D%/namespace/xfer.cc
%C%_libimapd_a_SOURCES += %D%/commands/acl.cc
%C%_libimapd_a_SOURCES += %D%/commands/any_state.cc
%C%_libimapd_a_SOURCES += %D%/commands/append.cc
%C%_libimapd_a_SOURCES += %D%/commands/cancelupdate.cc
%C%_libimapd_a_SOURCES += %D%/commands/create.cc
%C%_libimapd_a_SOURCES += %D%/commands/delete.cc
%C%_libimapd_a_SOURCES += %D%/commands/esearch.cc
%C%_libimapd_a_SOURCES += %D%/commands/list.cc
%C%_libimapd_a_SOURCES += %D%/commands/login.cc
%C%_libimapd_a_SOURCES += %D%/commands/lsub.cc
%C%_libimapd_a_SOURCES += %D%/commands/metadata.cc
%C%_libimapd_a_SOURCES += %D%/commands/mupdatepush.cc
%C%_libimapd_a_SOURCES += %D%/commands/notify.cc
%C%_libimapd_a_SOURCES += %D%/commands/quota.cc
%C%_libimapd_a_SOURCES += %D%/commands/rename.cc
%C%_libimapd_a_SOURCES += %D%/commands/replace.cc
%C%_libimapd_a_SOURCES += %D%/commands/status.cc
%C%_libimapd_a_SOURCES += %D%/commands/subscribe.cc
%C%_libimapd_a_SOURCES += %D%/commands/sync.cc
%C%_libimapd_a_SOURCES += %D%/commands/xfer.cc
%C%_libimapd_a_SOURCES += %D%/commands/unauthenticate.cc

# NOTIFY.
%C%_libimapd_a_SOURCES += %D%/notify/look.h
%C%_libimapd_a_SOURCES += %D%/notify/notify_parse.h %D%/notify/notify_parse.cc
%C%_libimapd_a_SOURCES += %D%/notify/tell.h %D%/notify/tell.cc
%C%_libimapd_a_SOURCES += %D%/notify/watch.h %D%/notify/watch.cc
%C%_libimapd_a_SOURCES += %D%/notify/watch_names.cc %D%/notify/watch_servers.cc

# Other servers.
%C%_libimapd_a_SOURCES += %D%/relay/move_proof.h %D%/relay/move_proof.cc
%C%_libimapd_a_SOURCES += %D%/relay/moved.h %D%/relay/moved.cc
%C%_libimapd_a_SOURCES += %D%/relay/referral.h %D%/relay/referral.cc
%C%_libimapd_a_SOURCES += %D%/relay/relay.h %D%/relay/relay.cc
%C%_libimapd_a_SOURCES += %D%/selected/leave_selection.h %D%/selected/leave_selection.cc
%C%_libimapd_a_SOURCES += %D%/relay/catenate_here.h %D%/relay/catenate_here.cc
%C%_libimapd_a_SOURCES += %D%/relay/message_parts.h %D%/relay/message_parts.cc
%C%_libimapd_a_SOURCES += %D%/relay/channel.h %D%/relay/channel.cc
%C%_libimapd_a_SOURCES += %D%/relay/kept_command.h %D%/relay/kept_command.cc
%C%_libimapd_a_SOURCES += %D%/relay/first_login.h %D%/relay/first_login.cc
%C%_libimapd_a_SOURCES += %D%/relay/lines.h %D%/relay/lines.cc
%C%_libimapd_a_SOURCES += %D%/relay/retry.h %D%/relay/retry.cc
%C%_libimapd_a_SOURCES += %D%/relay/selection.h %D%/relay/selection.cc
%C%_libimapd_a_SOURCES += %D%/relay/transfer.h %D%/relay/transfer.cc
%C%_libimapd_a_SOURCES += %D%/selected/back_fill.h %D%/selected/back_fill.cc
%C%_libimapd_a_SOURCES += %D%/selected/append_target.h %D%/selected/local_append.h %D%/selected/local_append.cc
%C%_libimapd_a_SOURCES += %D%/selected/catenate.h %D%/selected/catenate.cc
%C%_libimapd_a_SOURCES += %D%/selected/literal_body.h
%C%_libimapd_a_SOURCES += %D%/selected/mailbox_ids.h %D%/selected/mailbox_ids.cc
%C%_libimapd_a_SOURCES += %D%/selected/spooled_bytes.h %D%/selected/spooled_bytes.cc
%C%_libimapd_a_SOURCES += %D%/selected/incoming_message.h %D%/selected/incoming_message.cc
%C%_libimapd_a_SOURCES += %D%/selected/partial_range.h
%C%_libimapd_a_SOURCES += %D%/selected/replace_target.h %D%/selected/replace_target.cc
%C%_libimapd_a_SOURCES += %D%/relay/relayed_search.h %D%/relay/relayed_search.cc
%C%_libimapd_a_SOURCES += %D%/relay/remote_append.h %D%/relay/remote_append.cc
%C%_libimapd_a_SOURCES += %D%/relay/remote_copy.h %D%/relay/remote_copy.cc
%C%_libimapd_a_SOURCES += %D%/relay/quota_servers.h %D%/relay/quota_servers.cc
%C%_libimapd_a_SOURCES += %D%/relay/remote_metadata.h %D%/relay/remote_metadata.cc
%C%_libimapd_a_SOURCES += %D%/relay/remote_namespace.h %D%/relay/remote_namespace.cc
%C%_libimapd_a_SOURCES += %D%/relay/selection_replies.h %D%/relay/selection_replies.cc
%C%_libimapd_a_SOURCES += %D%/relay/router.h %D%/relay/router.cc
%C%_libimapd_a_SOURCES += %D%/relay/server_choice.h %D%/relay/server_choice.cc
%C%_libimapd_a_SOURCES += %D%/commands/referral.cc
%C%_libimapd_a_SOURCES += %D%/commands/relay_append.cc
%C%_libimapd_a_SOURCES += %D%/commands/relay_copy.cc
%C%_libimapd_a_SOURCES += %D%/commands/relay_idle.cc
%C%_libimapd_a_SOURCES += %D%/commands/relay_metadata.cc
%C%_libimapd_a_SOURCES += %D%/commands/relay_replace.cc
%C%_libimapd_a_SOURCES += %D%/commands/relay_namespace.cc
%C%_libimapd_a_SOURCES += %D%/commands/relay_select.cc
%C%_libimapd_a_SOURCES += %D%/commands/relay_subscribe.cc
%C%_libimapd_a_SOURCES += %D%/commands/relay_verbatim.cc

# The selected state.
%C%_libimapd_a_SOURCES += %D%/selected/follow.h %D%/selected/follow.cc
%C%_libimapd_a_SOURCES += %D%/selected/fetch_parse.h %D%/selected/fetch_parse.cc
%C%_libimapd_a_SOURCES += %D%/selected/fetch_render.h %D%/selected/fetch_render.cc
%C%_libimapd_a_SOURCES += %D%/selected/message_set.h %D%/selected/message_set.cc
%C%_libimapd_a_SOURCES += %D%/selected/permanent_flags.h %D%/selected/permanent_flags.cc
%C%_libimapd_a_SOURCES += %D%/selected/search_eval.h %D%/selected/search_eval.cc
%C%_libimapd_a_SOURCES += %D%/selected/search_parse.h %D%/selected/search_parse.cc
%C%_libimapd_a_SOURCES += %D%/selected/progress.h %D%/selected/progress.cc
%C%_libimapd_a_SOURCES += %D%/selected/search_run.h %D%/selected/search_run.cc
%C%_libimapd_a_SOURCES += %D%/selected/search_sources.h %D%/selected/search_sources.cc
%C%_libimapd_a_SOURCES += %D%/selected/search_updates.h %D%/selected/search_updates.cc
%C%_libimapd_a_SOURCES += %D%/selected/updates.cc
%C%_libimapd_a_SOURCES += %D%/commands/check.cc
%C%_libimapd_a_SOURCES += %D%/commands/close.cc
%C%_libimapd_a_SOURCES += %D%/commands/copy.cc
%C%_libimapd_a_SOURCES += %D%/commands/expunge.cc
%C%_libimapd_a_SOURCES += %D%/commands/fetch.cc
%C%_libimapd_a_SOURCES += %D%/commands/idle.cc
%C%_libimapd_a_SOURCES += %D%/commands/search.cc
%C%_libimapd_a_SOURCES += %D%/commands/select.cc
%C%_libimapd_a_SOURCES += %D%/commands/store.cc

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/imapd/suite
TESTS += tests/unit/imap/imapd/suite
tests_unit_imap_imapd_suite_SOURCES =
tests_unit_imap_imapd_suite_SOURCES += tests/unit/imap/imapd/append_test.cc
tests_unit_imap_imapd_suite_SOURCES += tests/unit/imap/imapd/capabilities_test.cc
tests_unit_imap_imapd_suite_SOURCES += tests/unit/imap/imapd/command_reader_test.cc
tests_unit_imap_imapd_suite_SOURCES += tests/unit/imap/imapd/conversation.h
tests_unit_imap_imapd_suite_SOURCES += tests/unit/imap/imapd/engine_test.cc
tests_unit_imap_imapd_suite_SOURCES += tests/unit/imap/imapd/namespace_change_test.cc
tests_unit_imap_imapd_suite_SOURCES += tests/unit/imap/imapd/fetch_test.cc
tests_unit_imap_imapd_suite_SOURCES += tests/unit/imap/imapd/notify_test.cc
tests_unit_imap_imapd_suite_SOURCES += tests/unit/imap/imapd/search_test.cc
tests_unit_imap_imapd_suite_SOURCES += tests/unit/imap/imapd/thread_test.cc
tests_unit_imap_imapd_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_imapd_suite_LDADD = tests/support/libsuite.a imap/imapd/libimapd.a imap/submission/libsubmission.a \
	imap/session/libsession.a imap/sync/libsync.a imap/cluster/libcluster.a imap/scripts/libscripts.a \
	imap/mupdate/libmupdate.a imap/backend/libbackend.a imap/mboxlist/libmboxlist.a \
	imap/model/libmodel.a lib/service/libservice.a lib/auth/libauth.a lib/db/libdb.a \
	lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a \
	lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(ZLIB_LIBS) $(TDB_LIBS) $(CHECK_LIBS)

# The commands of the selected state.
check_PROGRAMS += tests/unit/imap/imapd/selected_suite
TESTS += tests/unit/imap/imapd/selected_suite
tests_unit_imap_imapd_selected_suite_SOURCES = \
	tests/support/imap_session_fixture.h \
	tests/unit/imap/imapd/selected_test.cc
tests_unit_imap_imapd_selected_suite_CPPFLAGS = $(tests_unit_imap_imapd_suite_CPPFLAGS)
tests_unit_imap_imapd_selected_suite_LDADD = tests/support/libsuite.a imap/imapd/libimapd.a imap/submission/libsubmission.a \
	imap/session/libsession.a imap/sync/libsync.a imap/cluster/libcluster.a imap/scripts/libscripts.a \
	imap/mupdate/libmupdate.a imap/backend/libbackend.a imap/mboxlist/libmboxlist.a \
	imap/model/libmodel.a lib/service/libservice.a lib/auth/libauth.a lib/db/libdb.a \
	lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a \
	lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(ZLIB_LIBS) $(TDB_LIBS) $(CHECK_LIBS)

# The relay, whole conversations through the engine.
check_PROGRAMS += tests/unit/imap/imapd/relay_suite
TESTS += tests/unit/imap/imapd/relay_suite
tests_unit_imap_imapd_relay_suite_SOURCES = \
	tests/unit/imap/imapd/relay_test.cc
tests_unit_imap_imapd_relay_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_imapd_relay_suite_LDADD = tests/support/libsuite.a imap/imapd/libimapd.a imap/submission/libsubmission.a imap/session/libsession.a \
	imap/sync/libsync.a imap/cluster/libcluster.a imap/scripts/libscripts.a \
	imap/mupdate/libmupdate.a imap/backend/libbackend.a imap/mboxlist/libmboxlist.a imap/model/libmodel.a \
	lib/service/libservice.a lib/auth/libauth.a lib/db/libdb.a lib/stream/libstream.a \
	lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS) $(RK_THREADS)
endif
