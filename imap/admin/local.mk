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

bin_PROGRAMS += imap/admin/mupdatetest
# imtest and lmtptest are the same program under other names.
imap_admin_mupdatetest_SOURCES = imap/admin/mupdatetest.cc
imap_admin_mupdatetest_LDADD = imap/backend/libbackend.a lib/auth/libauth.a lib/stream/libstream.a \
	lib/config/libconfig.a lib/net/libnet.a lib/text/libtext.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(ZLIB_LIBS)
install-exec-hook: install-test-names
install-test-names:
	cd '$(DESTDIR)$(bindir)' && for name in imtest lmtptest; do \
	  rm -f $$name && $(LN_S) mupdatetest $$name || exit 1; done
uninstall-hook: uninstall-test-names
uninstall-test-names:
	cd '$(DESTDIR)$(bindir)' && rm -f imtest lmtptest
.PHONY: install-test-names uninstall-test-names
sbin_PROGRAMS += imap/admin/ctl_mboxlist
imap_admin_ctl_mboxlist_SOURCES = imap/admin/ctl_mboxlist.h imap/admin/ctl_mboxlist.cc \
	imap/admin/ctl_mboxlist_push.cc imap/admin/ctl_mboxlist_text.cc \
	imap/admin/ctl_mboxlist_verify.cc imap/admin/tool.h imap/admin/tool.cc
imap_admin_ctl_mboxlist_LDADD = imap/store/libstore.a imap/mupdate/libmupdate.a \
	imap/backend/libbackend.a imap/mboxlist/libmboxlist.a imap/model/libmodel.a \
	lib/auth/libauth.a lib/db/libdb.a lib/stream/libstream.a lib/config/libconfig.a \
	lib/text/libtext.a lib/net/libnet.a lib/base/libbase.a \
	$(OPENSSL_LIBS) $(SASL_LIBS) $(TDB_LIBS) $(ZLIB_LIBS) $(RK_THREADS)
