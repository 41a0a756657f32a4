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
