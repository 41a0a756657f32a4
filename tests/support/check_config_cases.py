"""Configurations for check_config_test.py: sound ones of each role, and broken ones with the one
finding that each is to give: what the text and the advice hold, and the line that is meant.

A broken one is a sound one with changes to its files: "+line", "-pattern" of lines to take out, or
(pattern, replacement). @DIR@ is the folder of the test; @USER@ is cyrus_user, for root.
"""

START = 'START {\n  recover cmd="ctl_cyrusdb -r"\n}\n'
PUSH = START.replace("}\n", '  mupdatepush cmd="ctl_mboxlist -m"\n}\n')
EVENTS = 'EVENTS {\n  checkpoint cmd="ctl_cyrusdb -c" period=30\n}\n'


def services(*lines, start=START):
    return start + "SERVICES {\n" + "".join("  %s\n" % line for line in lines) + "}\n" + EVENTS


COMMON = """configdirectory: @DIR@/conf
@USER@
sasl_pwcheck_method: auxprop
sasl_sasldb_path: @DIR@/sasldb2
"""
MAIL = """partition-default: @DIR@/spool
defaultpartition: default
"""
TLS = """tls_server_cert: @DIR@/cert.pem
tls_server_key: @DIR@/key.pem
tls_client_ca_file: @DIR@/cert.pem
"""
NODE = """mupdate_server: mupdate.example.org
mupdate_authname: mail1
mupdate_password: secret
"""

SOUND = {
    "single": (services('imap cmd="imapd" listen="imap" prefork=5',
                        'imaps cmd="imapd -s" listen="imaps"',
                        'pop3 cmd="pop3d" listen="pop3"',
                        'lmtpunix cmd="lmtpd" listen="@DIR@/conf/socket/lmtp"',
                        'sieve cmd="timsieved" listen="sieve"'),
               COMMON + MAIL + TLS + "servername: mail.example.org\nadmins: cyrus\n"),
    "master": (services('mupdate cmd="mupdate -m" listen="3905" prefork=1'),
               COMMON + TLS + "servername: mupdate.example.org\nadmins: cyrus mail1 mail2 fe1\n"),
    "backend": (services('imap cmd="imapd" listen="imap" prefork=5 maxchild=100',
                         'lmtp cmd="lmtpd" listen="lmtp"',
                         'lmtpunix cmd="lmtpd" listen="@DIR@/conf/socket/lmtp"',
                         'sieve cmd="timsieved" listen="sieve"', start=PUSH),
                COMMON + MAIL + TLS + NODE + "servername: mail1.example.org\n"
                "admins: cyrus mover\nlmtp_admins: cyrus murder mover\nproxyservers: murder\n"
                "proxy_authname: mover\nproxy_password: secret\n"),
    "frontend": (services('mupdate cmd="mupdate" listen="3905" prefork=1',
                          'imap cmd="proxyd" listen="imap" prefork=5',
                          'imaps cmd="proxyd -s" listen="imaps"',
                          'lmtp cmd="lmtpproxyd" listen="lmtp"'),
                 COMMON + TLS + NODE + "servername: fe1.example.org\nadmins: cyrus\n"
                 "serverlist: mail1.example.org mail2.example.org\n"
                 "proxy_authname: murder\nmail1_password: foo\nmail2_password: bar\n"),
    "unified": (services('mupdate cmd="mupdate" listen="3905" prefork=1',
                         'imap cmd="imapd" listen="imap"',
                         'lmtp cmd="lmtpd" listen="lmtp"', start=PUSH),
                COMMON + MAIL + TLS + NODE + "servername: mail1.example.org\n"
                "mupdate_config: unified\nserverlist: mail1.example.org mail2.example.org\n"
                "admins: cyrus murder\nproxyservers: murder\nproxy_authname: murder\n"
                "proxy_password: secret\n"),
}

SOUND["master with readers"] = (SOUND["master"][0], SOUND["master"][1].replace(
    "mail2 fe1\n", "mail2\nmupdate_readers: fe1 group:@GROUP@\n"))
# TLS is another program's, on this machine.
SOUND["single behind a proxy for TLS"] = (
    services('imap cmd="imapd -p 256" listen="127.0.0.1:1143"',
             'pop3 cmd="pop3d -p 128" listen="localhost:1110"',
             'lmtpunix cmd="lmtpd" listen="@DIR@/conf/socket/lmtp"'),
    COMMON + MAIL + "servername: mail.example.org\nsasl_mech_list: PLAIN LOGIN\n")
# What looks like a slip, and is none.
SOUND["single with odd words"] = (SOUND["single"][0], SOUND["single"][1] + r"""
proxy_password: # sec#ret "of" # \all
newspeer: news.example.net:comp.*,!comp.test \
    news.example.com:1119
sharedprefix: #shared
plaintextloginalert: "no passwords" here # ask mail
sasl_sql_select: 'a' = 'b'
autocreate_acl: Plus anyone p | "a b" group:@GROUP@ lrs
""")

# As guides to a Cyrus murder have it, without a list of servers.
SOUND["frontend by passwords"] = (SOUND["frontend"][0], SOUND["frontend"][1].replace(
    "serverlist: mail1.example.org mail2.example.org\n", ""))
SOUND["frontend with Kerberos"] = (SOUND["frontend"][0], "".join(
    line + "\n" for line in SOUND["frontend"][1].splitlines() if "_password" not in line) +
    "force_sasl_client_mech: GSSAPI\nsasl_mech_list: GSSAPI\n")
SOUND["frontend with certificates"] = (SOUND["frontend"][0], "".join(
    line + "\n" for line in SOUND["frontend"][1].splitlines() if "_password" not in line) +
    "tls_client_cert: @DIR@/cert.pem\ntls_client_key: @DIR@/key.pem\n")
SOUND["master on a frontend"] = (
    SOUND["frontend"][0].replace('cmd="mupdate"', 'cmd="mupdate -m"'),
    SOUND["frontend"][1].replace("mupdate_server: mupdate", "mupdate_server: fe1"))
SOUND["backend without moves"] = (SOUND["backend"][0], "".join(
    line + "\n" for line in SOUND["backend"][1].splitlines() if not line.startswith("proxy_")))

IMAPD, CYRUS = "imapd.conf", "cyrus.conf"


def case(name, role, at, text, write, **changes):
    where = CYRUS if "cyrus" in changes and "imapd" not in changes else IMAPD
    return dict(name=name, role=role, text=text, write=write,
                at=at if isinstance(at, tuple) else (where, at), **changes)


BROKEN = [
    # --- options of the programs
    case("an option that imapd has not", "single", "imaps cmd",
         "imaps: imapd: there is no option -Z", "usage: imapd ", cyrus=('imapd -s', 'imapd -s -Z')),
    case("an option without its value", "single", "^  imap cmd",
         "imap: imapd: -p needs a value: ssf", "[-p ssf]", cyrus=('cmd="imapd"', 'cmd="imapd -p"')),
    case("a word that imapd has not", "single", "^  imap cmd", "there is no option --secure",
         "usage: imapd ", cyrus=('cmd="imapd"', 'cmd="imapd --secure"')),
    case("an option that pop3d has not", "single", "pop3d", "pop3: pop3d: there is no option -a",
         "usage: pop3d ", cyrus=('cmd="pop3d"', 'cmd="pop3d -a"')),
    case("an option that lmtpd has not", "single", "lmtpd", "there is no option -s",
         "usage: lmtpd ", cyrus=('cmd="lmtpd"', 'cmd="lmtpd -s"')),
    case("an option that timsieved has not", "single", "timsieved", "there is no option -s",
         "usage: timsieved ", cyrus=('cmd="timsieved"', 'cmd="timsieved -s"')),
    case("an option that nntpd has not", "single", "nntpd", "there is no option -x",
         "usage: nntpd ", cyrus=("^  pop3 .*", '  nntp cmd="nntpd -x" listen="nntp"')),
    case("an option that proxyd has not", "frontend", "^  imap cmd", "there is no option -k",
         "usage: proxyd ", cyrus=('cmd="proxyd"', 'cmd="proxyd -k"')),
    case("an option that lmtpproxyd has not", "frontend", "lmtpproxyd", "there is no option -q",
         "usage: lmtpproxyd ", cyrus=('cmd="lmtpproxyd"', 'cmd="lmtpproxyd -q"')),
    case("an option that mupdate has not", "master", "mupdate -m", "there is no option -b",
         "usage: mupdate ", cyrus=('cmd="mupdate -m"', 'cmd="mupdate -m -b"')),
    case("an operand that imapd does not take", "single", "^  imap cmd", "imap: imapd",
         "usage: imapd ", cyrus=('cmd="imapd"', 'cmd="imapd 143"')),
    case("an option that a tool at the start has not", "single", "recover", "there is no option -q",
         "usage: ctl_cyrusdb ", cyrus=("ctl_cyrusdb -r", "ctl_cyrusdb -r -q")),
    case("an option that a tool of an event has not", "single", "checkpoint",
         "checkpoint: cyr_expire: -E needs a value", "-E ",
         cyrus=("ctl_cyrusdb -c", "cyr_expire -E")),
    case("an event with a tool under another of its names", "single", "checkpoint",
         "squatter: there is no option --fast", "usage: squatter ",
         cyrus=("ctl_cyrusdb -c", "squatter --fast")),
    # --- what the server is
    case("proxyservers on a frontend", "frontend", "^proxyservers",
         "proxyservers makes a server a backend",
         "it is for the backends", imapd="+proxyservers: murder"),
    case("an admin who is a proxy user", "backend", "^proxyservers",
         "murder is in proxyservers and in admins", "admins: cyrus mover",
         imapd=("^admins: .*", "admins: cyrus mover murder")),
    case("no lmtp_admins", "backend", "^proxyservers",
         "only administrators bring mail by LMTP, and murder",
         "lmtp_admins: cyrus mover murder", imapd="-^lmtp_admins"),
    case("lmtp_admins without the proxy user", "backend", "^lmtp_admins", "murder is none for lmtp",
         "lmtp_admins: cyrus mover murder", imapd=("^lmtp_admins.*", "lmtp_admins: cyrus mover")),
    case("lmtp_admins without the user of other backends", "backend", "^lmtp_admins",
         "mover is none for lmtp", "lmtp_admins: murder mover",
         imapd=("^lmtp_admins.*", "lmtp_admins: murder")),
    case("who moves is no admin", "backend", "^proxy_authname", "who is no administrator",
         "admins: cyrus mover", imapd=("^admins: .*", "admins: cyrus")),
    case("the proxy user moves and is no admin", "backend", "^proxy_authname",
         "move mailboxes, settle conflicts and compare lists as murder", "proxy_authname: mover",
         imapd=[("^admins: .*", "admins: cyrus"), ("proxy_authname: mover",
         "proxy_authname: murder")]),
    case("a backend that is a reader", "backend", "^mupdate_readers",
         "tells the master what it has as mail1", "mupdate_authname of the frontends",
         imapd="+mupdate_readers: fe1 mail1"),
    case("a unified server that is a reader", "unified", "^mupdate_readers",
         "tells the master what it has as mail1", "mupdate_authname of the frontends",
         imapd="+mupdate_readers: mail1"),
    case("a reader who is an administrator", "master", "^mupdate_readers",
         "fe1 is in mupdate_readers and in admins", "admins: cyrus mail1 mail2",
         imapd="+mupdate_readers: fe1"),
    case("a backend without proxyservers", "backend", "^mupdate_server",
         "without proxyservers no frontend",
         "proxyservers: ", imapd="-^proxyservers"),
    case("imapd on a frontend", "frontend", "imapd", "imapd keeps mail", "proxyd",
         cyrus=('cmd="proxyd"', 'cmd="imapd"')),
    case("lmtpd on a frontend", "frontend", "lmtpd", "lmtpd keeps mail", "lmtpproxyd",
         cyrus=("lmtpproxyd", "lmtpd")),
    case("a partition on a frontend", "frontend", "^partition-default", "a frontend keeps no mail",
         "take the line out", imapd="+partition-default: @DIR@/spool"),
    case("a frontend without the list", "frontend",
         (IMAPD, "^mupdate_server"), "no service keeps it",
         'mupdate cmd="mupdate" listen="3905" prefork=1', cyrus="-mupdate"),
    case("a backend with a copy of the list", "backend", "mupdate cmd", "a backend needs no copy",
         "mupdate_config: unified",
         cyrus=("^  sieve.*", '  mupdate cmd="mupdate" listen="3905" prefork=1')),
    case("proxyd without a murder", "single", "proxyd", "there is no mupdate_server",
         "mupdate_server: HOST", cyrus=('cmd="imapd"', 'cmd="proxyd"')),
    case("a replica without a master", "single", "mupdate cmd", "without -m follows the master",
         "or -m", cyrus=("^  sieve.*", '  mupdate cmd="mupdate" listen="3905" prefork=1')),
    case("proxyservers without a murder", "single", "^proxyservers", "there is no mupdate_server",
         "mupdate_server: HOST", imapd="+proxyservers: murder"),
    case("unified without its list", "unified",
         (IMAPD, "^mupdate_config"), "follows the list of the murder",
         'cmd="mupdate"', cyrus="-mupdate cmd"),
    case("unified without proxyservers", "unified", "^mupdate_config", "no proxyservers",
         "proxyservers: ", imapd="-^proxyservers"),
    case("proxyd on a unified server", "unified", "proxyd", "keeps no mail", 'cmd="imapd"',
         cyrus=('cmd="imapd"', 'cmd="proxyd"')),
    case("a master without admins", "master", "^admins",
         "only administrators change the list of the mupdate master",
         "mupdate_authname of each", imapd="-^admins"),
    case("a server called localhost", "backend", "^servername", "localhost is every server's name",
         "servername: ", imapd=("^servername.*", "servername: localhost")),
    case("a server that is its own master", "backend", "^mupdate_server",
         "no service here is the master",
         "mupdate -m", imapd=("^mupdate_server.*", "mupdate_server: mail1.example.org")),
    case("a server twice", "frontend", "^serverlist", "mail1.example.org is in serverlist twice",
         "each server once", imapd=("^serverlist.*",
         "serverlist: mail1.example.org mail2.example.org "
                                    "mail1.example.org")),
    # --- passwords
    case("short names that clash", "frontend", "^mail1_password", "mail1_password is of both",
         "mail1.a.example.org_password: ... and mail1.b.example.org_password",
         imapd=[("^serverlist.*", "serverlist: mail1.a.example.org mail1.b.example.org"),
                "-^mail2_password"]),
    case("no password for a backend", "frontend", "^serverlist",
         "no password for mail2.example.org",
         "mail2_password: ", imapd="-^mail2_password"),
    case("no password for any backend", "frontend", "^proxy_authname",
         "no password for any backend",
         "NAME_password: ", imapd=["-^serverlist", "-^mail1_password", "-^mail2_password"]),
    case("no password for the master", "frontend", "^mupdate_server",
         "no password for mupdate.example.org",
         "mupdate_password: ", imapd="-^mupdate_password"),
    # --- options
    case("an option that nobody knows", "single", "^colour", "option colour is not known",
         "take the line out", imapd="+colour: blue"),
    case("a misspelt option", "single", "^alowplaintext", "option alowplaintext is not known",
         "allowplaintext: yes", imapd="+alowplaintext: yes"),
    case("letters the wrong way round", "single", "^unixheirarchysep", "is not known",
         "unixhierarchysep: yes", imapd="+unixheirarchysep: yes"),
    case("a misspelt partition", "single", "^partion-news", "option partion-news is not known",
         "partition-news: ", imapd="+partion-news: @DIR@/spool2"),
    case("a misspelt password line", "frontend", "^mupdate_pasword",
         "option mupdate_pasword is not known",
         "mupdate_password: ", imapd="+mupdate_pasword: x"),
    case("a misspelt option of a service", "single", "^imap_timeot", "imap_timeot is not known",
         "imap_timeout: ", imapd="+imap_timeot: 30m"),
    case("an option of no service", "single", "^lmpt_admins", "lmpt_admins", "lmtpunix_admins: x",
         imapd="+lmpt_admins: x", cyrus=("^  sieve.*", "")),
    case("an option of a service of another name", "single", "^lmtp_admins",
         "there is no service lmtp",
         "lmtpunix_admins: cyrus", imapd="+lmtp_admins: cyrus"),
    case("an option of Cyrus that is missed", "single", "^conversations",
         "conversations is not implemented",
         "take the line out", imapd="+conversations: yes"),
    case("an option of Cyrus that is not needed", "single", "^statuscache",
         "statuscache is not needed",
         "take the line out", imapd="+statuscache: yes"),
    case("an older name", "single", "^tls_ca_file",
         "tls_ca_file is an older name of tls_client_ca_file",
         "tls_client_ca_file: ", imapd=("^tls_client_ca_file", "tls_ca_file")),
    case("an option of libsasl2, misspelt", "single", "^sasl_mech_lits", "sasl_mech_lits",
         "sasl_mech_list: ", imapd="+sasl_mech_lits: PLAIN"),
    case("a value that is none of the words", "single", "^virtdomains",
         "virtdomains: must be one of",
         "virtdomains: userid", imapd="+virtdomains: userids"),
    case("a number that is none", "single", "^popminpoll", "option popminpoll", "popminpoll: ",
         imapd="+popminpoll: often"),
    case("twice", "single", "^admins: other", "is given twice", "one line for it",
         imapd="+admins: other"),
    case("no separator", "single", "^altnamespace", '"name: value" is expected', "name: value",
         imapd="+altnamespace yes"),
    case("a path that depends on where one stands", "single", "^sievedir",
         "an absolute path is expected",
         "sievedir: /", imapd="+sievedir: var/sieve"),
    # --- TLS
    case("a certificate that is not there", "single", "^tls_server_cert", "No such file",
         "a PEM file", imapd=("/cert.pem\ntls_server_key", "/none.pem\ntls_server_key")),
    case("a key that is not there", "single", "^tls_server_key", "No such file", "a PEM file",
         imapd=("/key.pem", "/none.pem")),
    case("a key of another certificate", "single", "^tls_server_key", "key",
         "the key that the certificate",
         imapd=("/key.pem", "/other-key.pem")),
    case("no certificate in the file", "single", "^tls_server_cert",
         "there is no certificate in it",
         "a PEM file", imapd=("/cert.pem\ntls_server_key", "/empty\ntls_server_key")),
    case("a certificate that ends soon", "single", "^tls_server_cert", "it expires in",
         "a new certificate", imapd=[("/cert.pem\ntls_server_key", "/soon.pem\ntls_server_key"),
                                     ("/key.pem", "/soon-key.pem")]),
    case("a certificate that has ended", "single", "^tls_server_cert", "it has expired",
         "a new certificate", imapd=[("/cert.pem\ntls_server_key", "/past.pem\ntls_server_key"),
                                     ("/key.pem", "/past-key.pem")]),
    case("a key for everybody", "single", "^tls_server_key", "everybody may use this key",
         "chmod 640",
         imapd=[("/cert.pem\ntls_server_key", "/open.pem\ntls_server_key"), ("/key.pem",
         "/open-key.pem")]),
    case("a certificate without a key", "single", "^tls_server_cert",
         "tls_server_key, which is not set",
         "tls_server_key: FILE", imapd="-^tls_server_key"),
    case("peers are not verified", "backend", "^mupdate_server", "are not verified",
         "tls_client_ca_file: ", imapd="-^tls_client_ca_file"),
    case("peers without TLS", "frontend", "^backend_tls", "can be read by all",
         "backend_tls: verify",
         imapd="+backend_tls: never"),
    case("one peer without TLS", "frontend", "^mail1_tls", "can be read by all",
         "mail1_tls: verify",
         imapd="+mail1_tls: never"),
    # --- services
    case("mupdate without prefork", "frontend", "mupdate cmd", "without prefork", "prefork=1",
         cyrus=(' prefork=1', "")),
    case("services on one port", "backend", "sieve cmd",
         "sieve and lmtp (line 7) listen on one address",
         "another listen=", cyrus=('listen="sieve"', 'listen="*:24"')),
    case("a program that is not there", "single", "imapdd", "imapdd: no such program",
         'cmd="imapd"',
         cyrus=('cmd="imapd"', 'cmd="imapdd"')),
    case("a key of an entry that nobody knows", "backend", "maxchilds", '"maxchilds" is not known',
         "maxchild=100", cyrus=("maxchild=", "maxchilds=")),
    case("more prefork than maxchild", "backend", "imap cmd", "prefork=5 is more than maxchild=3",
         "maxchild=5", cyrus=("maxchild=100", "maxchild=3")),
    case("imaps without -s", "single", "imaps cmd", "begins with TLS, and without -s", "-s",
         cyrus=(' -s"', '"')),
    case("a section that is none", "single", "SERVCES", "none of the sections", "SERVICES {",
         cyrus=("^SERVICES", "SERVCES")),
    case("deliver's socket elsewhere", "single",
         (CYRUS, "lmtpunix"), "deliver(8) goes to lmtpsocket",
         "lmtpsocket: @DIR@/conf/socket/lmtp2", cyrus=("socket/lmtp", "socket/lmtp2")),
    # --- folders and passwords of users
    case("no partition", "single", "^configdirectory", "there is no partition",
         "partition-default: ",
         imapd=["-^partition-default", "-^defaultpartition"]),
    case("a partition that is missing", "single", "^partition-default", "No such file", "mkdir",
         imapd=("/spool$", "/nowhere")),
    case("a partition that is not writable", "single", "^partition-default", "Permission denied",
         "chmod 750", imapd=("@DIR@/spool$", "@DIR@/closed")),
    case("a defaultpartition that is none", "single", "^defaultpartition",
         "there is no partition-main",
         "defaultpartition: default", imapd=("^defaultpartition.*", "defaultpartition: main")),
    case("a partition in another", "single", "^partition-inner", "lies in partition-default",
         "a directory beside it", imapd="+partition-inner: @DIR@/spool/inner"),
    case("a sasldb that cannot be read", "single", "^sasl_sasldb_path",
         "the passwords cannot be read",
         "saslpasswd2", imapd=("/sasldb2", "/nosasldb")),
    case("saslauthd that does not run", "single", "^sasl_saslauthd_path",
         "saslauthd cannot be asked",
         "sasl_saslauthd_path", imapd=[("auxprop", "saslauthd"), "-^sasl_sasldb_path",
                                       "+sasl_saslauthd_path: @DIR@/mux"]),
    case("PLAIN alone and no TLS", "single", "^sasl_mech_list", "nobody can log in",
         "tls_server_cert: ",
         imapd=["+sasl_mech_list: PLAIN", "-^tls_"], cyrus="-imaps"),
]

# Written when the code was done, from the manual pages alone.
FRESH = [
    case("a role that is none", "unified", "^mupdate_config", "mupdate_config: must be one of",
         "mupdate_config: unified", imapd=[("config: unified", "config: unifed"), "-^serverlist",
                                          "-^proxyservers", "-^mupdate_server"], cyrus="-mupdate"),
    case("peers are to be verified, by nothing", "backend", "^backend_tls",
         "neither tls_client_ca_file",
         "tls_client_ca_file: ", imapd=["+backend_tls: verify", "-^tls_client_ca_file"]),
    case("a duration of no unit", "single", "^timeout", "option timeout: a duration is expected",
         "timeout: a number with s, m, h or d", imapd="+timeout: 30x"),
    case("an older name of a quota", "single", "^quotawarn", "an older name of quotawarnpercent",
         "quotawarnpercent: 90", imapd="+quotawarn: 90"),
    case("an older name for one service", "single", "^imap_tls_cert_file",
         "tls_cert_file is an older name of tls_server_cert", "imap_tls_server_cert: ",
         imapd="+imap_tls_cert_file: @DIR@/cert.pem"),
    case("a value for one service", "single", "^imap_timeout",
         "imap_timeout: a duration is expected",
         "imap_timeout: ", imapd="+imap_timeout: soon"),
    case("replication", "backend", "^sync_host", "sync_host is not implemented",
         "partitions on storage",
         imapd="+sync_host: mail9.example.org"),
    case("an archive", "single", "^archivepartition-default", "is not implemented",
         "a larger partition",
         imapd="+archivepartition-default: @DIR@/spool2"),
    case("groups from LDAP", "single", "^ldap_base", "there is no ptloader", "unix_group_enable",
         imapd="+ldap_base: dc=example,dc=org"),
    case("one socket for two", "single", "sieve cmd", "listen on one address", "another listen=",
         cyrus=('listen="sieve"', 'listen="@DIR@/conf/socket/lmtp"')),
    case("a port that is none", "single", "imap cmd", "there is no port imapp",
         "the number of the port",
         cyrus=('listen="imap"', 'listen="imapp"')),
    case("pop3s without -s", "single", "pop3 cmd", "port 995 begins with TLS", "pop3d -s",
         cyrus=('listen="pop3"', 'listen="pop3s"')),
    case("-s and no certificate", "single", (CYRUS, "imaps cmd"), "-s needs a certificate",
         "tls_server_cert: FILE", imapd="-^tls_"),
    case("a time that is none", "single", "checkpoint", "at=hhmm is expected", "such as at=0401",
         cyrus=("period=30", "at=2561")),
    case("cron and a period", "single", "checkpoint", "cron goes without at and period",
         "cron, or at and period",
         cyrus=("period=30", 'period=30 cron="0 3 * * *"')),
    case("a section without its end", "single", "^EVENTS", "no closing", "a }",
         cyrus=("period=30\n}", "period=30")),
    case("a name with a dash", "single", "imap-tls", "letters and digits only", "name cmd=",
         cyrus=("  imaps", "  imap-tls")),
    case("two services of one name", "single", "imapd -s", "two services of the name imap",
         "another name", cyrus=("  imaps", "  imap")),
    case("no command", "single", "  imaps", "cmd is missing", "name cmd=",
         cyrus=('cmd="imapd -s" ', "")),
    case("no address", "single", "  imaps", "listen is missing", "listen=",
         cyrus=(' listen="imaps"', "")),
    case("a prefork that is no number", "single", "imap cmd", "prefork=many", "prefork=NUMBER",
         cyrus=("prefork=5", "prefork=many")),
    case("a partition that is a file", "single", "^partition-default", "is no directory",
         "a directory",
         imapd=("/spool$", "/empty")),
    case("no state directory", "single", "^configdirectory", "No such file", "mkdir",
         imapd=("/conf$", "/noconf"), cyrus="-lmtpunix"),
    case("configdirectory is not set", "single", "^nothing", "configdirectory is not set",
         "configdirectory: ", imapd="-^configdirectory"),
    case("a partition to leave out that is none", "single", "^partition_select_exclude",
         "there is no partition-old", "partition_select_exclude: default",
         imapd="+partition_select_exclude: old"),
    case("one directory for two partitions", "single", "^partition-second",
         "lies in partition-default",
         "a directory beside it", imapd="+partition-second: @DIR@/spool"),
    case("a certificate for one peer, and another's key", "frontend", "^mail1_client_key",
         "key values mismatch", "the key that the certificate",
         imapd=["+mail1_client_cert: @DIR@/cert.pem", "+mail1_client_key: @DIR@/other-key.pem"]),
    case("certificates of clients, by nobody", "single", "^tls_client_certs",
         "nothing says whose are good",
         "tls_client_ca_file: FILE", imapd=["+tls_client_certs: require", "-^tls_client_ca_file"]),
    case("TLS required and no certificate", "single", "^tls_required", "nobody can log in",
         "tls_server_cert: FILE", imapd=["-^tls_", "+tls_required: yes"], cyrus="-imaps"),
    case("ciphers that OpenSSL does not know", "single", "^tls_ciphers", "cipher", "tls_ciphers: ",
         imapd="+tls_ciphers: NOSUCH"),
    case("no directory of CAs", "backend", "^tls_client_ca_dir", "No such file", "openssl rehash",
         imapd="+tls_client_ca_dir: @DIR@/noca"),
    case("a way to check passwords that is none", "single", "^sasl_pwcheck_method",
         "called saslauth",
         "saslauthd", imapd=["-^sasl_sasldb_path", ("method: auxprop", "method: saslauth")]),
    case("a mechanism that is none", "single", "^sasl_mech_list", "PLIAN", "PLAIN",
         imapd="+sasl_mech_list: PLIAN SCRAM-SHA-256"),
    case("a mechanism for a peer that is none", "frontend", "^mail1_mechs", "GSAPI", "GSSAPI",
         imapd="+mail1_mechs: GSAPI"),
    case("a facility that is none", "single", "^syslog_facility", "must be one of",
         "syslog_facility: ",
         imapd="+syslog_facility: mial"),
    case("a umask for all", "single", "^umask", "everybody on this machine", "umask: 027, or 077",
         imapd="+umask: 022"),
    case("a section of a backend that is none", "backend", "SERVCES", "none of the sections",
         "SERVICES {", cyrus=("^SERVICES", "SERVCES")),
    case("commas between words", "single", "^admins", "a comma is part of one", "admins: cyrus",
         imapd=("^admins: .*", "admins: cyrus, root")),
    case("a master without prefork", "master", "mupdate cmd", "without prefork", "prefork=1",
         cyrus=(" prefork=1", "")),
    case("everybody may bring mail", "backend", "lmtp cmd", "whoever can reach this port",
         "without -a",
         cyrus=('"lmtpd" listen="lmtp"', '"lmtpd -a" listen="lmtp"')),
    case("a default server that is none", "frontend", "^defaultserver", "is not in serverlist",
         "serverlist: ", imapd="+defaultserver: mail9.example.org"),
    case("a file to include that is not there", "single", "^@include", "No such file",
         "@include: a file",
         imapd="+@include: @DIR@/noconf"),
    case("a script for new users that is not there", "single", "^autocreate_sieve_script",
         "No such file",
         "a file", imapd="+autocreate_sieve_script: @DIR@/noscript"),
    case("one address of two servers", "frontend", "^mail1_address", "mail1_address is of both",
         "mail1.a.example.org_address", imapd=[
             ("^serverlist.*", "serverlist: mail1.a.example.org mail1.b.example.org"),
             "-^mail1_password", "-^mail2_password", "+proxy_password: x",
         "+mail1_address: 192.0.2.1"]),
]

FE = "serverlist: mail1.example.org mail2.example.org"
KEEPS = "keeps mail"


# Of somebody who had the documentation alone: what was not named, or with a wrong advice.
READERS = [
    # --- slips that the grammar takes for what was meant
    case("a backslash too many", "frontend", r"^  mail2",
         "makes the next line, which sets sieve_allowreferrals", "no \\ at the end of this line",
         imapd=("^serverlist.*", r"serverlist: mail1.example.org \\\n  mail2.example.org \\\n"
                "sieve_allowreferrals: no")),
    case("a password that was swallowed", "frontend", "^serverlist", "which sets mupdate_password",
         "no \\ at the end", imapd=["-^mupdate_password",
                                    (FE, FE + r" \\\nmupdate_password: secret")]),
    case("a comment that was swallowed", "frontend", "^ +# new", "this is no comment",
         "above the line of serverlist", imapd=(
             FE, r"serverlist: mail1.example.org \\\n  # new \\\n  mail2.example.org")),
    case("a space behind a backslash", "backend", "^lmtp_admins",
         "a space stands behind the \\", "nothing behind the \\",
         imapd=("^lmtp_admins.*", r"lmtp_admins: cyrus murder \\ \n  mover")),
    case("a comment behind a name", "backend", "^servername", "begins no comment",
         "servername: mail1.example.org",
         imapd=("^servername.*", "servername: mail1.example.org  # never change this")),
    case("a comment behind a number", "single", "^maxmessagesize", "begins no comment",
         "maxmessagesize: 51200", imapd="+maxmessagesize: 51200 # 50 MB"),
    case("a comment behind a password", "backend", "^mupdate_password", "begins no comment",
         "on a line of its own", imapd=("^(mupdate_password.*)", r"\1  # the master's")),
    case("a comment in place of a value", "single", "^popminpoll", "begins no comment",
         "# in front of the line", imapd="+popminpoll: # none"),
    case("a name in quotes", "backend", "^mupdate_server", "quotes are a part",
         "mupdate_server: mupdate.example.org",
         imapd=("^mupdate_server: (.*)", r'mupdate_server: "\1"')),
    case("words in quotes", "frontend", "^serverlist", "quotes are a part", FE,
         imapd=(FE, 'serverlist: "mail1.example.org" "mail2.example.org"')),
    case("a path in quotes", "single", "^sievedir", "quotes are a part", "sievedir: @DIR@/sieve",
         imapd="+sievedir: '@DIR@/sieve'"),
    case("a password in quotes", "backend", "^mupdate_password", "quotes are a part",
         "the password without quotes", imapd=("(mupdate_password:) (.*)", r'\1 "\2"')),
    # --- names of servers, and of groups
    case("two masters", "backend", "^mupdate_server", 'no host name has a ","',
         "mupdate_server: HOST",
         imapd=("^(mupdate_server.*)", r"\1,mupdate2.example.org")),
    case("two words for a name", "single", "^servername", "no host name has a space",
         "servername: HOST", imapd=("^(servername.*)", r"\1 mail")),
    case("commas between addresses", "frontend", "^mail1_address", 'no host name has a ","',
         "imap=host:port lmtp=host:port",
         imapd="+mail1_address: imap=192.0.2.1:143, lmtp=192.0.2.1:24"),
    case("a server in other brackets", "single", "^defaultserver", 'no host name has a "<"',
         "defaultserver: HOST", imapd="+defaultserver: <mail1.example.org>"),
    case("commas between peers", "single", "^newspeer", "there is no host in one of its words",
         "newspeer: news.example.net news.example.com",
         imapd="+newspeer: news.example.net,news.example.com"),
    case("a group that is none", "backend", "^admins", "there is no group no-such-people",
         "groupadd no-such-people", imapd=("^(admins.*)", r"\1 group:no-such-people")),
    case("commas between folders", "single", "^autocreate_inbox_folders",
         'one folder of the name "Sent, Drafts, Trash"', "Sent | Drafts | Trash",
         imapd="+autocreate_inbox_folders: Sent, Drafts, Trash"),
    # --- values that a daemon ends for, by what it reads them with
    case("removals that are no number", "master", "^mupdate_max_deletes",
         "a number or a percentage", "a number, or one with %",
         imapd="+mupdate_max_deletes: ten"),
    case("removals at a frontend", "frontend", "^mupdate_max_deletes", "a number or a percentage",
         "a number, or one with %", imapd="+mupdate_max_deletes: 10 %"),
    case("a master that is to be unified", "master", "^mupdate_config",
         "the mupdate master is on no unified server", "on a server of its own",
         imapd="+mupdate_config: unified"),
    case("threads that do not fit", "master", "^mupdate_workers_start", "do not fit",
         "none is less than the one before it", imapd="+mupdate_workers_start: 60"),
    case("groups that are no wildmat", "single", "^newsgroups", "newsgroups: ", "a wildmat",
         imapd="+newsgroups: comp.["),
    # --- what START has to do
    case("a master that tells itself", "master", "push cmd", "there is no mupdate_server",
         "# in front of the line", cyrus=("^(  recover.*)", r'\1\n  push cmd="ctl_mboxlist -m"')),
    case("a frontend that tells the master", "frontend", "push cmd", "a frontend has none",
         "# in front of the line", cyrus=("^(  recover.*)", r'\1\n  push cmd="ctl_mboxlist -m"')),
    case("a backend that does not tell", "backend", "recover cmd",
         "START does not tell the master", 'mupdatepush cmd="ctl_mboxlist -m"',
         cyrus="-mupdatepush"),
    case("nothing is recovered", "single", "recover cmd", "nothing recovers",
         'cmd="ctl_cyrusdb -r"', cyrus=("ctl_cyrusdb -r", "ctl_cyrusdb -c")),
    case("a second master", "frontend", "mupdate cmd", "mupdate_server names another",
         "mupdate_server: fe1.example.org", cyrus=('cmd="mupdate"', 'cmd="mupdate -m"')),
    case("one address takes all", "backend", "^login_connections_per_host",
         "all of the 100 processes", "well below 100", imapd="+login_connections_per_host: 200"),
    # --- certificates and keys
    case("an authority that is none", "backend", "^tls_client_ca_file",
         "there is no authority in it", "tls_client_ca_file: the certificate of the authority",
         imapd=("ca_file: @DIR@/cert.pem", "ca_file: @DIR@/ca/good.pem")),
    case("an authority that is none, at the master", "master", "^tls_client_ca_file",
         "there is no authority in it", "tls_client_ca_file: the certificate of the authority",
         imapd=("ca_file: @DIR@/cert.pem", "ca_file: @DIR@/ca/good.pem")),
    case("a certificate for others without a key", "frontend", "^tls_client_cert",
         "goes with tls_client_key, which is not set", "tls_client_key: FILE",
         imapd="+tls_client_cert: @DIR@/cert.pem"),
    case("a certificate for one peer without a key", "frontend", "^mail1_client_cert",
         "goes with mail1_client_key, which is not set", "mail1_client_key: FILE",
         imapd="+mail1_client_cert: @DIR@/cert.pem"),
    case("a key without a value", "frontend", "^tls_client_key", "has no value", "name: value",
         imapd=["+tls_client_cert: @DIR@/cert.pem", "+tls_client_key:"]),
    case("a key with a passphrase", "single", "^tls_server_key", "has a passphrase",
         "openssl pkey -in @DIR@/locked-key.pem", imapd=("/key.pem", "/locked-key.pem")),
    case("an authority in front of the certificate", "single", "^tls_server_cert",
         "the certificate of the key is not the first", "first the certificate of this server",
         imapd=("cert: @DIR@/cert.pem", "cert: @DIR@/chain.pem")),
    case("a key in a closed folder", "single", "^tls_server_key", "by its folder @DIR@/shut",
         "chmod 750 @DIR@/shut", imapd=("/key.pem", "/shut/key.pem")),
    case("a partition in a closed folder", "single", "^partition-default",
         "by its folder @DIR@/shut", "chmod 750 @DIR@/shut", imapd=("/spool$", "/shut/spool")),
    case("the folder of saslauthd", "single", "^sasl_saslauthd_path", "is a folder",
         "sasl_saslauthd_path: @DIR@/conf/mux", imapd=[
             ("auxprop", "saslauthd"), "-^sasl_sasldb_path", "+sasl_saslauthd_path: @DIR@/conf"]),
    case("a password of no server", "frontend", "^mail_password",
         "mail_password is of no server that is named here", "mail1_password and mail2_password",
         imapd=["-^mail1_password", ("^mail2_password", "mail_password")]),
    # --- what was meant by a value that cannot be
    case("a unit of another kind", "single", "^timeout", "a duration is expected", "timeout: 45m",
         imapd="+timeout: 45min"),
    case("units in words", "single", "^timeout", "a duration is expected", "timeout: 1h30m",
         imapd="+timeout: 1 hour 30 minutes"),
    case("kilobytes of kilobytes", "single", "^sieve_maxscriptsize", "a number is expected",
         "sieve_maxscriptsize: 64", imapd="+sieve_maxscriptsize: 64K"),
    case("megabytes", "single", "^maxmessagesize", "a number is expected",
         "maxmessagesize: 51200", imapd="+maxmessagesize: 50 MB"),
    case("a percentage with its sign", "single", "^quotawarnpercent", "a number is expected",
         "quotawarnpercent: 80", imapd="+quotawarnpercent: 80%"),
    case("an octal number of another language", "single", "^umask", "an octal number",
         "umask: 027", imapd="+umask: 0o27"),
    case("a word of several", "single", "^sasl_mech_list", "no mechanism SCRAM-SHA256",
         "sasl_mech_list: PLAIN SCRAM-SHA-256", imapd="+sasl_mech_list: PLAIN SCRAM-SHA256"),
    case("a facility, nearly", "single", "^syslog_facility", "must be one of",
         "syslog_facility: local6", imapd="+syslog_facility: locla6"),
    # --- cyrus.conf
    case("the arguments of imapd on a frontend", "frontend", "imaps cmd", KEEPS,
         'cmd="proxyd -s"', cyrus=('cmd="proxyd -s"', 'cmd="imapd -s"')),
    case("the arguments of a program that is misspelt", "single", "imaps cmd", "no such program",
         'cmd="imapd -s"', cyrus=('cmd="imapd -s"', 'cmd="imapdd -s"')),
    case("an option in cyrus.conf", "single", "imap cmd", '"timeout" is not known',
         "imap_timeout: 45 in imapd.conf", cyrus=("prefork=5", "prefork=5 timeout=45")),
    case("a key of cyrus.conf in imapd.conf", "single", "^imap_maxchild",
         "is set in cyrus.conf", "maxchild=100 in the line of imap", imapd="+imap_maxchild: 100"),
    case("an address without brackets", "single", "imap cmd", "write an IPv6 address as",
         'listen="[::1]:143"', cyrus=('listen="imap"', 'listen="::1:143"')),
    case("cron with four fields", "single", "checkpoint", "five fields are expected",
         'cron="0 4 * * *"', cyrus=("period=30", 'cron="0 4 * *"')),
    case("a period with a unit", "single", "checkpoint", "a number is expected", "period=30",
         cyrus=("period=30", "period=30m")),
    case("a recovery without quotes", "single", "recover cmd", '"key=value" is expected',
         'recover cmd="ctl_cyrusdb -r"', cyrus=('cmd="ctl_cyrusdb -r"', "cmd=ctl_cyrusdb -r")),
    case("a command without quotes", "single", "imaps cmd", '"key=value" is expected',
         'imaps cmd="imapd -s -U 30" listen="imaps"',
         cyrus=('cmd="imapd -s"', "cmd=imapd -s -U 30")),
    case("a section that goes on", "single", "^EVENTS", '"}" is missing in front of EVENTS',
         "} in front of this line", cyrus=("^}\nEVENTS", "EVENTS")),
]

# What Debian's packages of Cyrus 3.6 install, without its comments.
DEBIAN = ("""START {
  recover cmd="/usr/sbin/cyrus ctl_cyrusdb -r"
  delprune cmd="/usr/sbin/cyrus expire -E 3"
  tlsprune cmd="/usr/sbin/cyrus tls_prune"
}
SERVICES {
  imap cmd="imapd -U 30" listen="imap" prefork=0 maxchild=100
  pop3 cmd="pop3d -U 30" listen="pop3" prefork=0 maxchild=50
  nntp cmd="nntpd -U 30" listen="nntp" prefork=0 maxchild=100
  http cmd="httpd -U 30" listen="8008" prefork=0 maxchild=100
  lmtpunix cmd="lmtpd" listen="/run/cyrus/socket/lmtp" prefork=0 maxchild=20
  sieve cmd="timsieved" listen="localhost:sieve" prefork=0 maxchild=100
  notify cmd="notifyd" listen="/run/cyrus/socket/notify" proto="udp" prefork=1
}
EVENTS {
  checkpoint cmd="/usr/sbin/cyrus ctl_cyrusdb -c" period=30
  delprune cmd="/usr/sbin/cyrus expire -E 3" at=0401
  tlsprune cmd="/usr/sbin/cyrus tls_prune" at=0401
  deleteprune cmd="/usr/sbin/cyrus expire -E 4 -D 28" at=0430
  expungeprune cmd="/usr/sbin/cyrus expire -E 4 -X 28" at=0445
}
""", """configdirectory: /var/lib/cyrus
proc_path: /run/cyrus/proc
mboxname_lockpath: /run/cyrus/lock
defaultpartition: default
partition-default: /var/spool/cyrus/mail
partition-news: /var/spool/cyrus/news
newsspool: /var/spool/news
altnamespace: no
unixhierarchysep: no
lmtp_downcase_rcpt: yes
allowanonymouslogin: no
popminpoll: 1
autocreate_quota: 0
umask: 077
sieveusehomedir: false
sievedir: /var/spool/sieve
httpmodules: caldav carddav
hashimapspool: true
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auto_transition: no
tls_client_ca_dir: /etc/ssl/certs
tls_session_timeout: 1440
lmtpsocket: /run/cyrus/socket/lmtp
idlesocket: /run/cyrus/socket/idle
notifysocket: /run/cyrus/socket/notify
syslog_prefix: cyrus
""")
