# The IMAP engine, linked by imapd (with a store) and proxyd (without). One source file a line, so
# that two changes do not meet.
noinst_LIBRARIES += %D%/libimapd.a
%C%_libimapd_a_SOURCES =
%C%_libimapd_a_SOURCES += %D%/command_reader.h %D%/command_reader.cc
%C%_libimapd_a_SOURCES += %D%/updates.h
%C%_libimapd_a_SOURCES += %D%/capabilities.h %D%/capabilities.cc
%C%_libimapd_a_SOURCES += %D%/command_table.h %D%/command_table.cc
%C%_libimapd_a_SOURCES += %D%/engine.h %D%/engine.cc %D%/engine_routes.cc
%C%_libimapd_a_SOURCES += %D%/session_errors.cc
%C%_libimapd_a_SOURCES += %D%/placement.h %D%/placement.cc
%C%_libimapd_a_SOURCES += %D%/responder.h %D%/responder.cc
%C%_libimapd_a_SOURCES += %D%/rights.h %D%/rights.cc
%C%_libimapd_a_SOURCES += %D%/select_parse.h %D%/select_parse.cc
%C%_libimapd_a_SOURCES += %D%/session.h %D%/session.cc
%C%_libimapd_a_SOURCES += %D%/list_parse.h %D%/list_parse.cc
%C%_libimapd_a_SOURCES += %D%/metadata.h %D%/metadata.cc
%C%_libimapd_a_SOURCES += %D%/metadata_parse.h %D%/metadata_parse.cc
%C%_libimapd_a_SOURCES += %D%/special_use.h %D%/special_use.cc
%C%_libimapd_a_SOURCES += %D%/status_items.h %D%/status_items.cc
%C%_libimapd_a_SOURCES += %D%/subscribed.h %D%/subscribed.cc
%C%_libimapd_a_SOURCES += %D%/tree.h %D%/tree.cc
%C%_libimapd_a_SOURCES += %D%/xfer.h %D%/xfer.cc
%C%_libimapd_a_SOURCES += %D%/commands/acl.cc
%C%_libimapd_a_SOURCES += %D%/commands/any_state.cc
%C%_libimapd_a_SOURCES += %D%/commands/append.cc
%C%_libimapd_a_SOURCES += %D%/commands/create.cc
%C%_libimapd_a_SOURCES += %D%/commands/delete.cc
%C%_libimapd_a_SOURCES += %D%/commands/list.cc
%C%_libimapd_a_SOURCES += %D%/commands/login.cc
%C%_libimapd_a_SOURCES += %D%/commands/lsub.cc
%C%_libimapd_a_SOURCES += %D%/commands/metadata.cc
%C%_libimapd_a_SOURCES += %D%/commands/mupdatepush.cc
%C%_libimapd_a_SOURCES += %D%/commands/quota.cc
%C%_libimapd_a_SOURCES += %D%/commands/rename.cc
%C%_libimapd_a_SOURCES += %D%/commands/status.cc
%C%_libimapd_a_SOURCES += %D%/commands/subscribe.cc
%C%_libimapd_a_SOURCES += %D%/commands/sync.cc
%C%_libimapd_a_SOURCES += %D%/commands/xfer.cc
%C%_libimapd_a_SOURCES += %D%/commands/unauthenticate.cc

# Other servers.
%C%_libimapd_a_SOURCES += %D%/move_proof.h %D%/move_proof.cc
%C%_libimapd_a_SOURCES += %D%/referral.h %D%/referral.cc
%C%_libimapd_a_SOURCES += %D%/relay.h %D%/relay.cc
%C%_libimapd_a_SOURCES += %D%/leave_selection.h %D%/leave_selection.cc
%C%_libimapd_a_SOURCES += %D%/relay_channel.h %D%/relay_channel.cc
%C%_libimapd_a_SOURCES += %D%/relay_lines.h %D%/relay_lines.cc
%C%_libimapd_a_SOURCES += %D%/relay_retry.h %D%/relay_retry.cc
%C%_libimapd_a_SOURCES += %D%/relay_selection.h %D%/relay_selection.cc
%C%_libimapd_a_SOURCES += %D%/relay_transfer.h %D%/relay_transfer.cc
%C%_libimapd_a_SOURCES += %D%/append_target.h %D%/local_append.h %D%/local_append.cc
%C%_libimapd_a_SOURCES += %D%/remote_append.h %D%/remote_append.cc
%C%_libimapd_a_SOURCES += %D%/remote_copy.h %D%/remote_copy.cc
%C%_libimapd_a_SOURCES += %D%/remote_namespace.h %D%/remote_namespace.cc
%C%_libimapd_a_SOURCES += %D%/selection_replies.h %D%/selection_replies.cc
%C%_libimapd_a_SOURCES += %D%/router.h %D%/router.cc
%C%_libimapd_a_SOURCES += %D%/server_choice.h %D%/server_choice.cc
%C%_libimapd_a_SOURCES += %D%/commands/referral.cc
%C%_libimapd_a_SOURCES += %D%/commands/relay_append.cc
%C%_libimapd_a_SOURCES += %D%/commands/relay_copy.cc
%C%_libimapd_a_SOURCES += %D%/commands/relay_idle.cc
%C%_libimapd_a_SOURCES += %D%/commands/relay_metadata.cc
%C%_libimapd_a_SOURCES += %D%/commands/relay_namespace.cc
%C%_libimapd_a_SOURCES += %D%/commands/relay_select.cc
%C%_libimapd_a_SOURCES += %D%/commands/relay_subscribe.cc
%C%_libimapd_a_SOURCES += %D%/commands/relay_verbatim.cc

# The selected state.
%C%_libimapd_a_SOURCES += %D%/fetch_parse.h %D%/fetch_parse.cc
%C%_libimapd_a_SOURCES += %D%/fetch_render.h %D%/fetch_render.cc
%C%_libimapd_a_SOURCES += %D%/message_set.h %D%/message_set.cc
%C%_libimapd_a_SOURCES += %D%/permanent_flags.h %D%/permanent_flags.cc
%C%_libimapd_a_SOURCES += %D%/search_eval.h %D%/search_eval.cc
%C%_libimapd_a_SOURCES += %D%/search_parse.h %D%/search_parse.cc
%C%_libimapd_a_SOURCES += %D%/updates.cc
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
tests_unit_imap_imapd_suite_SOURCES = tests/unit/main.cc tests/unit/unit.h
tests_unit_imap_imapd_suite_SOURCES += tests/unit/imap/imapd/append_test.cc
tests_unit_imap_imapd_suite_SOURCES += tests/unit/imap/imapd/command_reader_test.cc
tests_unit_imap_imapd_suite_SOURCES += tests/unit/imap/imapd/conversation.h
tests_unit_imap_imapd_suite_SOURCES += tests/unit/imap/imapd/engine_test.cc
tests_unit_imap_imapd_suite_SOURCES += tests/unit/imap/imapd/namespace_change_test.cc
tests_unit_imap_imapd_suite_SOURCES += tests/unit/imap/imapd/fetch_test.cc
tests_unit_imap_imapd_suite_SOURCES += tests/unit/imap/imapd/search_test.cc
tests_unit_imap_imapd_suite_SOURCES += tests/support/memory_store.h tests/support/memory_store.cc
tests_unit_imap_imapd_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_imapd_suite_LDADD = imap/imapd/libimapd.a \
	imap/session/libsession.a imap/sync/libsync.a imap/cluster/libcluster.a imap/scripts/libscripts.a \
	imap/mupdate/libmupdate.a imap/backend/libbackend.a imap/mboxlist/libmboxlist.a \
	imap/model/libmodel.a master/libmaster.a lib/auth/libauth.a lib/db/libdb.a \
	lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a \
	lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(ZLIB_LIBS) $(TDB_LIBS) $(CHECK_LIBS)

# The commands of the selected state, with the router and the remote side replaced.
check_PROGRAMS += tests/unit/imap/imapd/selected_suite
TESTS += tests/unit/imap/imapd/selected_suite
tests_unit_imap_imapd_selected_suite_SOURCES = tests/unit/main.cc tests/unit/unit.h \
	tests/support/imap_session_fixture.h tests/support/memory_store.h tests/support/memory_store.cc \
	tests/unit/imap/imapd/selected_test.cc
tests_unit_imap_imapd_selected_suite_CPPFLAGS = $(tests_unit_imap_imapd_suite_CPPFLAGS)
tests_unit_imap_imapd_selected_suite_LDADD = imap/imapd/libimapd.a \
	imap/session/libsession.a imap/sync/libsync.a imap/cluster/libcluster.a imap/scripts/libscripts.a \
	imap/mupdate/libmupdate.a imap/backend/libbackend.a imap/mboxlist/libmboxlist.a \
	imap/model/libmodel.a master/libmaster.a lib/auth/libauth.a lib/db/libdb.a \
	lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a \
	lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(ZLIB_LIBS) $(TDB_LIBS) $(CHECK_LIBS)

# The relay, whole conversations through the engine.
check_PROGRAMS += tests/unit/imap/imapd/relay_suite
TESTS += tests/unit/imap/imapd/relay_suite
tests_unit_imap_imapd_relay_suite_SOURCES = tests/unit/main.cc tests/unit/unit.h \
	tests/support/scripted_peer.h tests/support/scripted_peer.cc \
	tests/unit/imap/imapd/relay_test.cc
tests_unit_imap_imapd_relay_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_imapd_relay_suite_LDADD = imap/imapd/libimapd.a imap/session/libsession.a \
	imap/sync/libsync.a imap/cluster/libcluster.a imap/scripts/libscripts.a \
	imap/mupdate/libmupdate.a imap/backend/libbackend.a imap/mboxlist/libmboxlist.a imap/model/libmodel.a \
	master/libmaster.a lib/auth/libauth.a lib/db/libdb.a lib/stream/libstream.a \
	lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS) $(RK_THREADS)
endif
