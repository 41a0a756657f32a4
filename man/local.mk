# man
dist_man_MANS += man/rookery-passwd.8
