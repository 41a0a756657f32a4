# imap/submission: the mail that this server sends
noinst_LIBRARIES += imap/submission/libsubmission.a
imap_submission_libsubmission_a_SOURCES = \
	imap/submission/automatic.h imap/submission/automatic.cc \
	imap/submission/body_text.h imap/submission/body_text.cc \
	imap/submission/compose.h imap/submission/compose.cc \
	imap/submission/entry_format.h imap/submission/entry_format.cc \
	imap/submission/entry_id.h imap/submission/entry_id.cc \
	imap/submission/header_text.h imap/submission/header_text.cc \
	imap/submission/mapped_file.h imap/submission/mapped_file.cc \
	imap/submission/notification.h imap/submission/notification.cc \
	imap/submission/queue.h imap/submission/queue.cc imap/submission/queue_list.cc \
	imap/submission/sendmail.h imap/submission/sendmail.cc \
	imap/submission/sent.h \
	imap/submission/trace_fields.h

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/submission/suite
TESTS += tests/unit/imap/submission/suite
tests_unit_imap_submission_suite_SOURCES = \
	tests/unit/imap/submission/automatic_test.cc \
	tests/unit/imap/submission/compose_test.cc \
	tests/unit/imap/submission/entry_format_test.cc \
	tests/unit/imap/submission/fake_program.h \
	tests/unit/imap/submission/header_text_test.cc \
	tests/unit/imap/submission/notification_test.cc \
	tests/unit/imap/submission/queue_test.cc \
	tests/unit/imap/submission/sendmail_test.cc
tests_unit_imap_submission_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_submission_suite_LDADD = tests/support/libsuite.a imap/submission/libsubmission.a lib/config/libconfig.a \
	lib/text/libtext.a lib/base/libbase.a $(ZLIB_LIBS) $(CHECK_LIBS)
endif
EXTRA_DIST += doc/formats/submission.md
