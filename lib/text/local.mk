noinst_LIBRARIES += %D%/libtext.a
%C%_libtext_a_SOURCES = \
	%D%/rfc5322_header_addresses.cc %D%/base64.h %D%/base64.cc \
	%D%/binary_parts.h %D%/binary_parts.cc \
	%D%/casemap.h %D%/casemap.cc %D%/casemap_tables.inc \
	%D%/charset.h %D%/charset.cc %D%/charset_words.cc \
	%D%/charset_names.h %D%/charset_names.cc \
	%D%/header_cursor.h %D%/header_cursor.cc \
	%D%/header_syntax.h %D%/header_syntax.cc \
	%D%/html_text.h %D%/html_text.cc %D%/imap_date.h %D%/imap_date.cc \
	%D%/imap_structure.h %D%/imap_structure.cc \
	%D%/imap_url.h %D%/imap_url.cc \
	%D%/imap_syntax.h %D%/imap_syntax.cc %D%/json.h %D%/json.cc %D%/message.h %D%/message.cc \
	%D%/mutf7.h %D%/mutf7.cc %D%/order_keys.h %D%/order_keys.cc \
	%D%/preview.h %D%/preview.cc \
	%D%/program_address.h %D%/program_address.cc \
	%D%/rfc5322_header.h %D%/rfc5322_header.cc %D%/rfc5322_header_params.cc \
	%D%/search_form.h %D%/search_form.cc \
	%D%/search_words.h %D%/search_words.cc %D%/sections.h %D%/sections.cc \
	%D%/smtp_reply.h %D%/smtp_reply.cc \
	%D%/text_ranks.h %D%/text_ranks.cc \
	%D%/text_search.h %D%/text_search.cc %D%/threading.h %D%/threading.cc \
	%D%/transfer_encoding.h %D%/transfer_encoding.cc %D%/wildmat.h %D%/wildmat.cc \
	%D%/usual_fields.h %D%/usual_fields.cc %D%/utf8.h %D%/utf8.cc

EXTRA_DIST += %D%/casemap_tables.py

if HAVE_CHECK
check_PROGRAMS += tests/unit/lib/text/suite
TESTS += tests/unit/lib/text/suite
tests_unit_lib_text_suite_SOURCES = \
	tests/unit/lib/text/base64_test.cc \
	tests/unit/lib/text/binary_parts_test.cc \
	tests/unit/lib/text/casemap_test.cc \
	tests/unit/lib/text/charset_test.cc \
	tests/unit/lib/text/charset_names_test.cc \
	tests/unit/lib/text/header_syntax_test.cc \
	tests/unit/lib/text/imap_date_test.cc \
	tests/unit/lib/text/imap_structure_test.cc \
	tests/unit/lib/text/imap_syntax_test.cc \
	tests/unit/lib/text/imap_url_test.cc \
	tests/unit/lib/text/message_test.cc \
	tests/unit/lib/text/mutf7_test.cc \
	tests/unit/lib/text/order_keys_test.cc \
	tests/unit/lib/text/preview_test.cc \
	tests/unit/lib/text/rfc5322_header_test.cc \
	tests/unit/lib/text/sections_test.cc \
	tests/unit/lib/text/smtp_reply_test.cc \
	tests/unit/lib/text/text_ranks_test.cc \
	tests/unit/lib/text/text_search_test.cc \
	tests/unit/lib/text/threading_test.cc \
	tests/unit/lib/text/usual_fields_test.cc \
	tests/unit/lib/text/utf8_test.cc \
	tests/unit/lib/text/wildmat_test.cc
tests_unit_lib_text_suite_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_lib_text_suite_LDADD = tests/support/libsuite.a lib/text/libtext.a lib/base/libbase.a $(CHECK_LIBS)
endif
