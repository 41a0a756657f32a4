"""Dovecot with mail in maildirs, for comparisons; support/proxies.py says where it comes from."""
import contextlib
import os
import socket
import subprocess

import mixed
import murder

DOVECOT = """\
base_dir = {d}/run
state_dir = {d}/run
log_path = {d}/log
protocols = imap
listen = {ip}
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
default_internal_user = daemon
default_internal_group = daemon
default_login_user = nobody
default_vsz_limit = 1024M
mail_location = maildir:{d}/mail/%u
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={d}/mail/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  inet_listener imaps {{
    port = 0
  }}
}}
"""


class Dovecot:
    def __init__(self, folder, address):
        self.address = address
        os.makedirs(folder + "/mail", 0o755)
        with open(folder + "/conf", "w") as f:
            f.write(DOVECOT.format(d=folder, ip=address))
        subprocess.run(["chown", "-R", "mail:mail", folder + "/mail"], check=True)
        with open(folder + "/out", "ab") as out:
            self.process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", folder + "/conf"],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                            start_new_session=True)
        murder.wait_for(self.greets, "dovecot does not greet")

    def greets(self):
        with contextlib.suppress(OSError), socket.create_connection((self.address, 143), 5) as s:
            s.settimeout(5)
            return s.recv(1) == b"*"
        return False

    def pid(self):
        return self.process.pid

    def stop(self):
        mixed.Server.stop(self)
