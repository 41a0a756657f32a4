noinst_LIBRARIES += %D%/libdelivery.a
%C%_libdelivery_a_SOURCES = \
	%D%/address.h %D%/address.cc \
	%D%/articles.h %D%/articles.cc \
	%D%/decision.h \
	%D%/delivery.h %D%/delivery.cc \
	%D%/delivery_memory.h %D%/delivery_memory.cc \
	%D%/duplicates.h %D%/duplicates.cc \
	%D%/edited_message.h %D%/edited_message.cc \
	%D%/local_delivery.h %D%/local_delivery.cc \
	%D%/message_digest.h %D%/message_digest.cc \
	%D%/message_filter.h %D%/message_filter.cc \
	%D%/outcome.h \
	%D%/message_variants.h %D%/message_variants.cc \
	%D%/recipients.h %D%/recipients.cc \
	%D%/remote_delivery.h %D%/remote_delivery.cc \
	%D%/remote_copies.h %D%/remote_copies.cc \
	%D%/script_cache.h %D%/script_cache.cc \
	%D%/script_environment.h %D%/script_environment.cc \
	%D%/script_filter.h %D%/script_filter.cc \
	%D%/script_mail.h %D%/script_mail.cc \
	%D%/script_mailboxes.h %D%/script_mailboxes.cc \
	%D%/spooled_message.h %D%/spooled_message.cc \
	%D%/transaction.h %D%/trace.h %D%/trace.cc \
	%D%/unfinished_copies.h %D%/unfinished_copies.cc

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/delivery/suite
TESTS += tests/unit/imap/delivery/suite
tests_unit_imap_delivery_suite_SOURCES = \
	tests/unit/imap/delivery/articles_test.cc \
	tests/unit/imap/delivery/delivery_memory_test.cc \
	tests/unit/imap/delivery/duplicates_test.cc \
	tests/unit/imap/delivery/edited_message_test.cc \
	tests/unit/imap/delivery/message_test.cc \
	tests/unit/imap/delivery/remote_delivery_test.cc \
	tests/unit/imap/delivery/script_cache_test.cc \
	tests/unit/imap/delivery/script_environment_test.cc
tests_unit_imap_delivery_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_delivery_suite_LDADD = tests/support/libsuite.a imap/delivery/libdelivery.a \
	imap/submission/libsubmission.a $(SIEVE_LIBS) imap/scripts/libscripts.a \
	imap/backend/libbackend.a imap/mboxlist/libmboxlist.a imap/model/libmodel.a \
	lib/service/libservice.a \
	lib/auth/libauth.a lib/db/libdb.a lib/stream/libstream.a lib/config/libconfig.a \
	lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a $(OPENSSL_LIBS) $(SASL_LIBS) \
	$(TDB_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS) $(RK_THREADS)
endif
EXTRA_DIST += doc/formats/deliver.md
