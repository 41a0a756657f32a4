# imap/store
noinst_LIBRARIES += %D%/libstore.a
%C%_libstore_a_SOURCES = \
	%D%/annotation_format.h %D%/annotation_format.cc \
	%D%/append_group.h %D%/append_group.cc \
	%D%/cache_file.h %D%/cache_file.cc \
	%D%/expunged.h %D%/expunged.cc \
	%D%/find_mailboxes.h %D%/find_mailboxes.cc \
	%D%/header_file.h %D%/header_file.cc \
	%D%/index_file.h %D%/index_file.cc \
	%D%/index_format.h %D%/index_format.cc \
	%D%/local_annotations.h %D%/local_annotations.cc \
	%D%/local_quotas.h %D%/local_quotas.cc \
	%D%/local_mailbox.h %D%/local_mailbox.cc \
	%D%/local_store.h %D%/local_store.cc \
	%D%/local_sync.h %D%/local_sync.cc \
	%D%/quota_roots.h %D%/quota_roots.cc \
	%D%/local_mailbox_change.cc %D%/local_mailbox_move.cc %D%/local_mailbox_refresh.cc \
	%D%/local_mailbox_follow.cc %D%/local_mailbox_cache.cc \
	%D%/local_mailbox_ranks.cc \
	%D%/mailbox_access.h %D%/mailbox_access.cc \
	%D%/mailbox_lock.h %D%/mailbox_lock.cc \
	%D%/mailbox_path.h %D%/mailbox_path.cc \
	%D%/mailbox_writer.h %D%/mailbox_writer.cc %D%/mailbox_writer_move.cc \
	%D%/mailbox_writer_remove.cc %D%/mailbox_writer_repair.cc \
	%D%/maildrop_lock.h %D%/maildrop_lock.cc \
	%D%/message_file.h %D%/message_file.cc \
	%D%/move_record.h %D%/move_record.cc \
	%D%/places.h %D%/places.cc \
	%D%/stranded.h %D%/stranded.cc %D%/stranded_text.cc \
	%D%/stranded_copy.h %D%/stranded_copy.cc \
	%D%/ranks_file.h %D%/ranks_file.cc \
	%D%/record_batch.h \
	%D%/seen_store.h %D%/seen_store.cc \
	%D%/rebuild.h %D%/rebuild.cc \
	%D%/render.h %D%/render.cc \
	%D%/slot_map.h %D%/slot_map.cc \
	%D%/uid_set.h %D%/uid_set.cc \
	%D%/word_index.h %D%/word_index.cc \
	%D%/word_indexing.h %D%/word_indexing.cc

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/store/suite
TESTS += tests/unit/imap/store/suite
tests_unit_imap_store_suite_SOURCES = \
	tests/unit/imap/store/fixture.h \
	tests/unit/imap/store/steps.h tests/unit/imap/store/steps.cc \
	tests/unit/imap/store/annotations_test.cc \
	tests/unit/imap/store/append_group_test.cc \
	tests/unit/imap/store/cache_test.cc \
	tests/unit/imap/store/damage_test.cc \
	tests/unit/imap/store/fault_test.cc \
	tests/unit/imap/store/files_test.cc \
	tests/unit/imap/store/local_mailbox_test.cc \
	tests/unit/imap/store/local_store_test.cc \
	tests/unit/imap/store/maildrop_test.cc \
	tests/unit/imap/store/move_test.cc \
	tests/unit/imap/store/quota_roots_test.cc \
	tests/unit/imap/store/ranks_test.cc \
	tests/unit/imap/store/rebuild_test.cc \
	tests/unit/imap/store/stranded_test.cc \
	tests/unit/imap/store/word_index_test.cc
tests_unit_imap_store_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_store_suite_LDADD = tests/support/libsuite.a imap/store/libstore.a imap/mboxlist/libmboxlist.a \
	imap/model/libmodel.a lib/auth/libauth.a lib/config/libconfig.a lib/db/libdb.a \
	lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a $(TDB_LIBS) $(OPENSSL_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS)
endif

# Run by hand.
check_PROGRAMS += tests/bench/store
tests_bench_store_SOURCES = tests/bench/store.cc
tests_bench_store_LDADD = imap/store/libstore.a imap/mboxlist/libmboxlist.a \
	imap/model/libmodel.a lib/auth/libauth.a lib/config/libconfig.a lib/db/libdb.a \
	lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a $(TDB_LIBS) $(OPENSSL_LIBS) $(ZLIB_LIBS)

EXTRA_DIST += doc/formats/annotations.md
EXTRA_DIST += doc/formats/mailbox.md doc/formats/index.md doc/formats/cache.md \
	doc/formats/header.md doc/formats/quotas.md doc/formats/seen.md doc/formats/words.md \
	doc/formats/ranks.md
