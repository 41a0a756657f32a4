# The IMAP engine, linked by imapd (with a store) and proxyd (without). One source file a line, so
# that two changes do not meet.
noinst_LIBRARIES += %D%/libimapd.a
%C%_libimapd_a_SOURCES =
%C%_libimapd_a_SOURCES += %D%/command_reader.h %D%/command_reader.cc
%C%_libimapd_a_SOURCES += %D%/command_table.h
%C%_libimapd_a_SOURCES += %D%/relay.h
%C%_libimapd_a_SOURCES += %D%/remote_copy.h
%C%_libimapd_a_SOURCES += %D%/router.h
%C%_libimapd_a_SOURCES += %D%/session.h
%C%_libimapd_a_SOURCES += %D%/updates.h

if HAVE_CHECK
check_PROGRAMS += tests/unit/imap/imapd/suite
TESTS += tests/unit/imap/imapd/suite
tests_unit_imap_imapd_suite_SOURCES = tests/unit/main.cc tests/unit/unit.h
tests_unit_imap_imapd_suite_SOURCES += tests/unit/imap/imapd/command_reader_test.cc
tests_unit_imap_imapd_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_imap_imapd_suite_LDADD = imap/imapd/libimapd.a imap/model/libmodel.a \
	lib/stream/libstream.a lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(ZLIB_LIBS) $(TDB_LIBS) $(CHECK_LIBS)
endif
