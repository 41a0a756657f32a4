# imap/daemon

libexec_PROGRAMS += imap/daemon/mupdate
imap_daemon_mupdate_SOURCES = imap/daemon/mupdate.cc
imap_daemon_mupdate_LDADD = imap/mupdate/libmupdate.a imap/backend/libbackend.a \
	imap/mboxlist/libmboxlist.a imap/model/libmodel.a master/libmaster.a lib/auth/libauth.a \
	lib/db/libdb.a lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a \
	lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(RK_THREADS)
