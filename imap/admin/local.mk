# imap/admin: programs of the administrator

sbin_PROGRAMS += imap/admin/rookery-passwd
imap_admin_rookery_passwd_SOURCES = imap/admin/rookery_passwd.cc
imap_admin_rookery_passwd_LDADD = lib/auth/libauth.a lib/stream/libstream.a \
	lib/config/libconfig.a lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(ZLIB_LIBS)

sbin_PROGRAMS += imap/admin/reconstruct
imap_admin_reconstruct_SOURCES = imap/admin/reconstruct.cc
imap_admin_reconstruct_LDADD = imap/store/libstore.a imap/model/libmodel.a \
	lib/config/libconfig.a lib/text/libtext.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(ZLIB_LIBS)

sbin_PROGRAMS += imap/admin/ctl_cyrusdb
imap_admin_ctl_cyrusdb_SOURCES = imap/admin/ctl_cyrusdb.cc imap/admin/tool.h imap/admin/tool.cc
imap_admin_ctl_cyrusdb_LDADD = imap/store/libstore.a imap/mboxlist/libmboxlist.a \
	imap/model/libmodel.a lib/config/libconfig.a lib/db/libdb.a lib/text/libtext.a \
	lib/net/libnet.a lib/base/libbase.a $(TDB_LIBS) $(OPENSSL_LIBS) $(ZLIB_LIBS)
