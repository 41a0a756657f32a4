"""Dovecot, nginx and perdition as IMAP or POP3 proxies before one backend, for the benchmarks.

Debian installs neither Dovecot's servers nor perdition beside Cyrus', so they are unpacked:

    apt-get download dovecot-core dovecot-imapd dovecot-pop3d nginx libnginx-mod-mail \\
        perdition libidn12 libpopt0 libsodium23 libunwind8 libvanessa-adt1 libvanessa-logger0 \\
        libvanessa-socket2
    for p in *.deb; do dpkg -x $p PREFIX; done

overlay(PREFIX) lays them over /usr, in the mount namespace of this process only. Whoever logs in is
passed on with the password that was given.
"""
import contextlib
import os
import shutil
import socket
import subprocess

import mixed
import murder

DOVECOT = """\
base_dir = {d}/run
state_dir = {d}/run
log_path = {d}/log
protocols = {protocol}
listen = {ip}
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
default_internal_user = daemon
default_internal_group = daemon
default_login_user = nobody
default_vsz_limit = 1024M
mail_max_userip_connections = 10000
login_trusted_networks = 127.0.0.0/8
passdb {{
  driver = static
  args = proxy=y host={backend} nopassword=y
}}
service {protocol}-login {{
  # One process for many connections, as its manual advises busy sites.
  service_count = 0
  process_min_avail = 2
  client_limit = 4000
  inet_listener {protocol}s {{
    port = 0
  }}
}}
service auth {{
  client_limit = 9000
}}
service anvil {{
  client_limit = 9000
}}
"""
NGINX = """\
load_module /usr/lib/nginx/modules/ngx_mail_module.so;
daemon off;
user nobody nogroup;
worker_processes {cores};
pid {d}/pid;
error_log {d}/log error;
events {{ worker_connections 4000; }}
http {{
  access_log off;
  client_body_temp_path {d}/b;
  proxy_temp_path {d}/p;
  fastcgi_temp_path {d}/f;
  uwsgi_temp_path {d}/u;
  scgi_temp_path {d}/s;
  server {{
    listen {ip}:8090;
    location / {{
      add_header Auth-Status OK;
      add_header Auth-Server {backend};
      add_header Auth-Port {port};
      return 204;
    }}
  }}
}}
mail {{
  auth_http {ip}:8090/;
  proxy_pass_error_message on;
  imap_auth plain login;
  pop3_auth plain;
  server {{ listen {ip}:{port}; protocol {protocol}; }}
}}
"""

# protocol -> its port, how a greeting begins, perdition's name of it
PROTOCOLS = {"imap": (143, b"*", "IMAP4"), "pop3": (110, b"+", "POP3")}


def overlay(prefix):
    """False if there is no such directory, or the system cannot do it."""
    usr = os.path.join(prefix, "usr")
    return os.path.isdir(usr) and subprocess.run(
        ["mount", "-t", "overlay", "overlay", "-o", "lowerdir=%s:/usr" % usr, "/usr"],
        stderr=subprocess.DEVNULL).returncode == 0


class Proxy:
    """One of them, running. Its files are in a folder of its own below the given one."""

    def __init__(self, name, folder, address, backend, protocol="imap"):
        self.name, self.address = name, address
        self.port, self.first, called = PROTOCOLS[protocol]
        self.dir = os.path.join(folder, name)
        os.mkdir(self.dir, 0o755)
        values = dict(d=self.dir, ip=address, backend=backend, cores=os.cpu_count(),
                      protocol=protocol, port=self.port)
        conf = os.path.join(self.dir, "conf")
        with open(conf, "w") as f:
            f.write({"dovecot": DOVECOT, "nginx": NGINX, "perdition": ""}[name].format(**values))
        command = {
            "dovecot": ["/usr/sbin/dovecot", "-F", "-c", conf],
            "nginx": ["/usr/sbin/nginx", "-c", conf, "-e", os.path.join(self.dir, "log")],
            "perdition": ["/usr/sbin/perdition", "-P", called, "--no_daemon", "-f", conf,
                          "-b", address, "-l", str(self.port), "-s", backend,
                          "-p", str(self.port), "-M", "", "-u", "nobody", "-g", "nogroup",
                          "--no_lookup", "--no_bind_banner", "--server_resp_line",
                          "--connection_limit", "0", "--quiet", "--timeout", "3600",
                          "--pid_file", os.path.join(self.dir, "pid"),
                          "-F", os.path.join(self.dir, "log")]}[name]
        with open(os.path.join(self.dir, "out"), "ab") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=out, start_new_session=True)
        try:
            murder.wait_for(self.greets, name + " does not greet")
        except BaseException:
            self.stop()
            raise

    def greets(self):
        if self.process.poll() is not None:
            raise RuntimeError("%s has ended; see %s" % (self.name, self.dir))
        where = (self.address, self.port)
        with contextlib.suppress(OSError), socket.create_connection(where, 5) as s:
            s.settimeout(5)
            return s.recv(1) == self.first
        return False

    def pid(self):
        return self.process.pid if self.process else None

    def stop(self):
        mixed.Server.stop(self)


def start(folder, network, backend, protocol="imap"):
    """Those that are here: {name: Proxy}, at network + 21 and up."""
    here = [n for n in ("dovecot", "nginx", "perdition") if shutil.which("/usr/sbin/" + n)]
    running = {}
    try:
        for n in here:
            running[n] = Proxy(n, folder, "%s%d" % (network, 21 + len(running)), backend,
                               protocol)
    except BaseException:
        for p in running.values():
            p.stop()
        raise
    return running
