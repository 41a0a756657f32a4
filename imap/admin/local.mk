# imap/admin: programs of the administrator

sbin_PROGRAMS += imap/admin/rookery-passwd
imap_admin_rookery_passwd_SOURCES = imap/admin/rookery_passwd.cc
imap_admin_rookery_passwd_LDADD = lib/auth/libauth.a lib/stream/libstream.a \
	lib/config/libconfig.a lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(ZLIB_LIBS)
