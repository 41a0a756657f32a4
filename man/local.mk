# man
dist_man_MANS += man/mupdate.8
dist_man_MANS += man/mupdatetest.1
dist_man_MANS += man/rookery-passwd.8
dist_man_MANS += man/sieve-test.1
dist_man_MANS += man/timsieved.8
dist_man_MANS += man/reconstruct.8
dist_man_MANS += man/master.8
dist_man_MANS += man/cyrus.conf.5
dist_man_MANS += man/ctl_cyrusdb.8
dist_man_MANS += man/imapd.8
dist_man_MANS += man/proxyd.8
dist_man_MANS += man/ctl_mboxlist.8
dist_man_MANS += man/lmtpd.8 man/lmtpproxyd.8
dist_man_MANS += man/cyr_expire.8
dist_man_MANS += man/rookery-submit.8
dist_man_MANS += man/murder.8
dist_man_MANS += man/quota.8
