# imap/daemon

libexec_PROGRAMS += imap/daemon/mupdate
imap_daemon_mupdate_SOURCES = imap/daemon/mupdate.cc
imap_daemon_mupdate_LDADD = imap/mupdate/libmupdate.a imap/backend/libbackend.a \
	imap/mboxlist/libmboxlist.a imap/model/libmodel.a lib/service/libservice.a lib/auth/libauth.a \
	lib/db/libdb.a lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a \
	lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(RK_THREADS)

# What all prefork daemons of mail have in common.
MAIL_SERVICE_SOURCES = imap/daemon/mail_service.h imap/daemon/mail_service.cc

# What imapd and proxyd have in common. The store is imapd's alone.
IMAP_SERVICE_SOURCES = imap/daemon/imap_service.h imap/daemon/imap_service.cc \
	$(MAIL_SERVICE_SOURCES)
IMAP_ENGINE_LIBS = imap/imapd/libimapd.a imap/session/libsession.a imap/sync/libsync.a \
	imap/submission/libsubmission.a
IMAP_COMMON_LIBS = imap/cluster/libcluster.a imap/scripts/libscripts.a \
	imap/mupdate/libmupdate.a imap/backend/libbackend.a \
	imap/mboxlist/libmboxlist.a imap/model/libmodel.a lib/service/libservice.a lib/auth/libauth.a \
	lib/db/libdb.a lib/stream/libstream.a lib/config/libconfig.a lib/text/libtext.a \
	lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(RK_THREADS)

libexec_PROGRAMS += imap/daemon/imapd
imap_daemon_imapd_SOURCES = imap/daemon/imapd.cc $(IMAP_SERVICE_SOURCES)
imap_daemon_imapd_LDADD = $(IMAP_ENGINE_LIBS) imap/store/libstore.a $(IMAP_COMMON_LIBS)

libexec_PROGRAMS += imap/daemon/proxyd
imap_daemon_proxyd_SOURCES = imap/daemon/proxyd.cc $(IMAP_SERVICE_SOURCES)
imap_daemon_proxyd_LDADD = $(IMAP_ENGINE_LIBS) $(IMAP_COMMON_LIBS)

# What lmtpd and lmtpproxyd have in common. The store is lmtpd's alone.
LMTP_SERVICE_SOURCES = imap/daemon/lmtp_service.h imap/daemon/lmtp_service.cc \
	imap/daemon/make_users.h imap/daemon/make_users_here.cc imap/daemon/make_users_there.cc \
	$(MAIL_SERVICE_SOURCES)
LMTP_ENGINE_LIBS = imap/lmtp/liblmtp.a imap/delivery/libdelivery.a imap/session/libsession.a \
	imap/submission/libsubmission.a $(SIEVE_LIBS)
LMTP_COMMON_LIBS = imap/cluster/libcluster.a imap/scripts/libscripts.a \
	imap/mupdate/libmupdate.a imap/backend/libbackend.a \
	imap/mboxlist/libmboxlist.a imap/model/libmodel.a \
	lib/service/libservice.a lib/auth/libauth.a lib/db/libdb.a lib/stream/libstream.a \
	lib/config/libconfig.a lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(RK_THREADS)

libexec_PROGRAMS += imap/daemon/lmtpd imap/daemon/lmtpproxyd
imap_daemon_lmtpd_SOURCES = imap/daemon/lmtpd.cc $(LMTP_SERVICE_SOURCES)
imap_daemon_lmtpd_LDADD = $(LMTP_ENGINE_LIBS) imap/store/libstore.a $(LMTP_COMMON_LIBS)
imap_daemon_lmtpproxyd_SOURCES = imap/daemon/lmtpproxyd.cc $(LMTP_SERVICE_SOURCES)
imap_daemon_lmtpproxyd_LDADD = $(LMTP_ENGINE_LIBS) $(LMTP_COMMON_LIBS)

# One program for backends and frontends: it has no store.
libexec_PROGRAMS += imap/daemon/timsieved
imap_daemon_timsieved_SOURCES = imap/daemon/timsieved.cc imap/daemon/sieve_service.h \
	imap/daemon/sieve_service.cc $(MAIL_SERVICE_SOURCES)
imap_daemon_timsieved_LDADD = imap/managesieve/libmanagesieve.a imap/session/libsession.a \
	imap/scripts/libscripts.a $(SIEVE_LIBS) $(LMTP_COMMON_LIBS)

# Programs for backends and frontends: they open the store where there is a partition.
libexec_PROGRAMS += imap/daemon/nntpd
imap_daemon_nntpd_SOURCES = imap/daemon/nntpd.cc imap/daemon/nntp_service.h \
	imap/daemon/nntp_service.cc imap/daemon/open_store.h $(MAIL_SERVICE_SOURCES)
imap_daemon_nntpd_LDADD = imap/nntp/libnntp.a imap/delivery/libdelivery.a \
	imap/session/libsession.a imap/submission/libsubmission.a $(SIEVE_LIBS) \
	imap/store/libstore.a $(LMTP_COMMON_LIBS)

libexec_PROGRAMS += imap/daemon/pop3d
imap_daemon_pop3d_SOURCES = imap/daemon/pop3d.cc imap/daemon/pop3_service.h \
	imap/daemon/pop3_service.cc imap/daemon/open_store.h imap/daemon/make_users.h imap/daemon/make_users_here.cc \
	imap/daemon/make_users_there.cc $(MAIL_SERVICE_SOURCES)
imap_daemon_pop3d_LDADD = imap/pop3/libpop3.a imap/session/libsession.a imap/store/libstore.a \
	$(LMTP_COMMON_LIBS)
