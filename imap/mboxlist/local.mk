noinst_LIBRARIES += %D%/libmboxlist.a
%C%_libmboxlist_a_SOURCES = \
	%D%/directory.h %D%/directory.cc %D%/memory_directory.h %D%/memory_directory.cc \
	%D%/subscriptions.h
