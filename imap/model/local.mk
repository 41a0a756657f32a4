noinst_LIBRARIES += %D%/libmodel.a
%C%_libmodel_a_SOURCES = \
	%D%/access.h %D%/access.cc %D%/acl.h %D%/acl.cc %D%/flags.h %D%/flags.cc %D%/location.h %D%/location.cc \
	%D%/hash_letter.h %D%/mailbox_entry.h %D%/mailbox_name.h %D%/mailbox_name.cc \
	%D%/namespace.h %D%/namespace.cc %D%/sequence_set.h %D%/sequence_set.cc \
	%D%/server_states.h %D%/server_states.cc

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/model/suite
TESTS += tests/unit/imap/model/suite
tests_unit_imap_model_suite_SOURCES = \
	tests/unit/imap/model/access_test.cc \
	tests/unit/imap/model/acl_test.cc \
	tests/unit/imap/model/flags_test.cc \
	tests/unit/imap/model/location_test.cc \
	tests/unit/imap/model/mailbox_name_test.cc \
	tests/unit/imap/model/namespace_test.cc \
	tests/unit/imap/model/sequence_set_test.cc \
	tests/unit/imap/model/server_states_test.cc
tests_unit_imap_model_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_model_suite_LDADD = tests/support/libsuite.a imap/model/libmodel.a lib/auth/libauth.a lib/text/libtext.a \
	lib/base/libbase.a $(CHECK_LIBS)
endif
