noinst_LIBRARIES += %D%/liblmtp.a
%C%_liblmtp_a_SOURCES = \
	%D%/data_reader.h %D%/data_reader.cc %D%/delivery.h %D%/delivery.cc \
	%D%/engine.h %D%/engine.cc %D%/engine_auth.cc %D%/engine_mail.cc \
	%D%/grammar.h %D%/grammar.cc %D%/message_filter.h %D%/message_filter.cc \
	%D%/recipients.h %D%/recipients.cc %D%/reply.h %D%/reply.cc \
	%D%/spool_file.h %D%/spool_file.cc
