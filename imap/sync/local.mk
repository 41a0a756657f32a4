# Copies of mailboxes at other servers: the replication dialect, and moves.
noinst_LIBRARIES += %D%/libsync.a
%C%_libsync_a_SOURCES =
%C%_libsync_a_SOURCES += %D%/dlist.h %D%/dlist.cc
%C%_libsync_a_SOURCES += %D%/mailbox_dlist.h %D%/mailbox_dlist.cc
%C%_libsync_a_SOURCES += %D%/client.h %D%/client.cc
%C%_libsync_a_SOURCES += %D%/copier.h %D%/copier.cc %D%/copier_around.cc
%C%_libsync_a_SOURCES += %D%/move_journal.h %D%/move_journal.cc
%C%_libsync_a_SOURCES += %D%/mover.h %D%/mover.cc
%C%_libsync_a_SOURCES += %D%/services_responses.cc %D%/services.h
%C%_libsync_a_SOURCES += %D%/server.h %D%/server_apply.cc %D%/server_get.cc
%C%_libsync_a_SOURCES += %D%/unit.h %D%/unit.cc

EXTRA_DIST += doc/protocols/sync.md doc/formats/moves.md
EXTRA_DIST += doc/admin/migrating-from-cyrus.md
