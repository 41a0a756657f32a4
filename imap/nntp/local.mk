# imap/nntp: a session of RFC 3977
noinst_LIBRARIES += %D%/libnntp.a
%C%_libnntp_a_SOURCES = \
	%D%/article_header.h %D%/article_header.cc \
	%D%/engine.h %D%/engine.cc %D%/engine_list.cc %D%/engine_login.cc %D%/engine_post.cc \
	%D%/engine_read.cc \
	%D%/group.h %D%/group.cc \
	%D%/poster.h %D%/poster.cc \
	%D%/relay.h %D%/relay.cc \
	%D%/reply.h %D%/reply.cc \
	%D%/verbs.h %D%/verbs.cc
EXTRA_DIST += doc/protocols/nntp.md
