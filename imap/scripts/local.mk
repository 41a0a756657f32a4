# A user's Sieve scripts as files.
noinst_LIBRARIES += %D%/libscripts.a
%C%_libscripts_a_SOURCES = %D%/scripts.h %D%/scripts.cc
