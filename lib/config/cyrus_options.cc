#include "lib/config/cyrus_options.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "lib/base/strings.h"

namespace rookery::config {
namespace {

constexpr bool kMissed = true;
constexpr bool kNotNeeded = false;

constexpr std::array kGroups = {
    // --- services that are not there
    CyrusOptions{kMissed,
                 "addressbookprefix calendarprefix davdriveprefix davnotificationsprefix "
                 "caldav_accept_invalid_rrules caldav_allowattach caldav_allowcalendaradmin "
                 "caldav_allowscheduling caldav_create_attach caldav_create_default "
                 "caldav_create_sched caldav_historical_age caldav_maxdatetime caldav_mindatetime "
                 "caldav_realm calendar_component_set calendar_default_displayname "
                 "calendar_user_address_set carddav_allowaddmember "
                 "carddav_allowaddressbookadmin carddav_realm carddav_repair_vcard "
                 "dav_lock_timeout dav_realm icalendar_max_size imipnotifier vcard_max_size "
                 "ischedule_dkim_domain ischedule_dkim_key_file ischedule_dkim_required "
                 "ischedule_dkim_selector zoneinfo_db zoneinfo_db_path zoneinfo_dir "
                 "mailbox_maxmessages_addressbook mailbox_maxmessages_calendar",
                 "there are no calendars and address books (CalDAV, CardDAV)",
                 "a calendar server beside this one"},
    CyrusOptions{
        kMissed,
        "http_h2_altsvc http_jwt_key_dir http_jwt_max_age httpallowcompress httpallowcors "
        "httpallowedurls httpallowtrace httpcontentmd5 httpdocroot httpkeepalive "
        "httplogheaders httpmodules httpprettytelemetry httptimeout websocket_timeout "
        "rss_feedlist_template rss_feeds rss_maxage rss_maxitems rss_maxsynopsis rss_realm",
        "there is no httpd", "a web server beside this one"},
    CyrusOptions{kMissed,
                 "jmap_emailsearch_db_path jmap_imagesize_annot jmap_inlinedcids_annot "
                 "jmap_mail_max_size_attachments_per_email jmap_max_calls_in_request "
                 "jmap_max_catenate_items jmap_max_concurrent_requests jmap_max_concurrent_upload "
                 "jmap_max_delayed_send jmap_max_objects_in_get jmap_max_objects_in_set "
                 "jmap_max_size_blob_set jmap_max_size_request jmap_max_size_upload "
                 "jmap_nonstandard_extensions jmap_preview_annot jmap_preview_length jmap_pushpoll "
                 "jmap_querycache_max_age jmap_set_has_attachment jmap_vacation "
                 "jmappushsubscriptionfolder jmapsubmission_deleteonsend jmapsubmissionfolder "
                 "jmapuploadfolder",
                 "there is no JMAP", "clients that speak IMAP"},
    CyrusOptions{kNotNeeded, "newsrc_db_path", "fetchnews keeps its marks in configdirectory", ""},
    CyrusOptions{kNotNeeded, "newsspool", "articles are in their mailboxes alone", ""},
    CyrusOptions{kMissed,
                 "backup_compact_maxsize backup_compact_minsize backup_compact_work_threshold "
                 "backup_db backup_db_path backup_keep_previous backup_retention "
                 "backup_retention_days backup_staging_path backuppartition- xbackup_enabled "
                 "restore_authname restore_password restore_realm",
                 "there is no backupd", "a copy of the partitions and of configdirectory"},
    CyrusOptions{kMissed,
                 "sync_authname sync_batchsize sync_cache_db sync_cache_db_path sync_host sync_log "
                 "sync_log_chain sync_log_channels sync_log_unsuppressable_channels sync_password "
                 "sync_port sync_realm sync_reconnect_maxwait sync_repeat_interval "
                 "sync_rightnow_channel sync_shutdown_file sync_timeout sync_try_imap sync_*",
                 "mailboxes are not replicated to a second server",
                 "partitions on storage that has a copy of its own"},
    CyrusOptions{kMissed,
                 "afspts_localrealms afspts_mycell ldap_authz ldap_base ldap_bind_dn ldap_ca_dir "
                 "ldap_ca_file ldap_ciphers ldap_client_cert ldap_client_key ldap_deref "
                 "ldap_domain_base_dn ldap_domain_filter ldap_domain_name_attribute "
                 "ldap_domain_result_attribute ldap_domain_scope ldap_filter ldap_group_base "
                 "ldap_group_filter ldap_group_scope ldap_id ldap_mech ldap_member_attribute "
                 "ldap_member_base ldap_member_filter ldap_member_method ldap_member_scope "
                 "ldap_password ldap_realm ldap_referrals ldap_restart ldap_sasl ldap_sasl_authc "
                 "ldap_sasl_authz ldap_sasl_mech ldap_sasl_password ldap_sasl_realm ldap_scope "
                 "ldap_servers ldap_size_limit ldap_start_tls ldap_time_limit ldap_timeout "
                 "ldap_tls_cacert_dir ldap_tls_cacert_file ldap_tls_cert ldap_tls_check_peer "
                 "ldap_tls_ciphers ldap_tls_key ldap_uri ldap_user_attribute ldap_verify_peer "
                 "ldap_version ptloader_sock pts_module ptscache_db ptscache_db_path "
                 "ptscache_timeout ptskrb5_convert524 ptskrb5_strip_default_realm",
                 "there is no ptloader: groups are those of the system",
                 "unix_group_enable: yes, and LDAP in nsswitch.conf(5) and saslauthd(8)"},
    CyrusOptions{kMissed,
                 "event_content_inclusion_mode event_content_size event_exclude_flags "
                 "event_exclude_specialuse event_extra_params event_groups event_notifier "
                 "mailnotifier notify_external notifysocket sievenotifier aps_topic "
                 "aps_topic_caldav aps_topic_carddav",
                 "there is no notifyd, and no events are told to other programs",
                 "IDLE in the clients"},
    CyrusOptions{kMissed, "virusscan_notification_subject virusscan_notification_template",
                 "there is no cyr_virusscan", "a scanner in the MTA"},
    CyrusOptions{kMissed, "submitservers", "there is no URLAUTH", ""},

    // --- storage
    CyrusOptions{kMissed,
                 "archive_after archive_days archive_enabled archive_keepflagged archive_maxsize "
                 "archivepartition- object_storage_dummy_spool object_storage_enabled "
                 "openio_account openio_autocreate openio_namespace openio_proxy_timeout "
                 "openio_rawx_timeout openio_verbosity caringo_hostname caringo_port",
                 "the messages of a mailbox are all in its own partition", "a larger partition"},
    CyrusOptions{kMissed, "metapartition- metapartition_files",
                 "all files of a mailbox are in its own partition", "partition-NAME alone"},
    CyrusOptions{kNotNeeded,
                 "annotation_db annotation_db_path conversations_db duplicate_db mboxkey_db "
                 "quota_db_path search_indexed_db seenstate_db sortcache_db statuscache_db "
                 "statuscache_db_path subscription_db tls_sessions_db tls_sessions_db_path "
                 "tlscache_db tlscache_db_path skiplist_always_checkpoint skiplist_unsafe "
                 "berkeley_cachesize berkeley_locks_max berkeley_max_log_file_size "
                 "berkeley_txns_max sql_database sql_engine sql_hostnames sql_passwd sql_user "
                 "sql_usessl",
                 "each database has the one kind and place that it has here", ""},
    CyrusOptions{kNotNeeded, "statuscache", "STATUS needs no cache", ""},
    CyrusOptions{kNotNeeded,
                 "defaultsearchtier search_attachment_extractor_url search_batchsize "
                 "search_engine search_fuzzy_always search_index_headers search_index_language "
                 "search_index_parts search_index_skip_domains search_index_skip_users "
                 "search_maxsize search_maxtime search_normalisation_max search_query_language "
                 "search_queryscan search_skiphtml search_snippet_length search_stopword_path "
                 "searchpartition-",
                 "SEARCH reads the mail and has no index", ""},
    CyrusOptions{kMissed,
                 "conversations conversations_counted_flags conversations_expire_after "
                 "conversations_expire_days conversations_keep_existing "
                 "conversations_max_guidexists conversations_max_guidinfolder "
                 "conversations_max_guidrecords conversations_max_thread quota_use_conversations",
                 "there are no XCONVERSATIONS", ""},
    CyrusOptions{kMissed,
                 "mailbox_default_options mailbox_initial_flags mailbox_maxmessages_email "
                 "autoexpunge",
                 "mailboxes have no such setting", "a quota of messages, with setquota"},
    CyrusOptions{kNotNeeded, "mailbox_legacy_dirs reverseuniqueids",
                 "where a mailbox's files are has one rule here", ""},
    CyrusOptions{kNotNeeded, "partition_select_mode", "the partition with most room is chosen",
                 "defaultpartition: NAME for one of them"},
    CyrusOptions{kMissed, "partition_select_soft_usage_limit",
                 "the partition with most room is chosen, whatever it is",
                 "partition_select_exclude: NAME for those that are to get nothing new"},
    CyrusOptions{kNotNeeded, "partition_select_usage_reinit serverlist_select_usage_reinit",
                 "how full a partition or server is, is looked at each time", ""},

    // --- users and groups
    CyrusOptions{kNotNeeded, "auth_mech", "groups are those of the system, as with auth_mech: unix",
                 "unix_group_enable: no where they are not to count"},
    CyrusOptions{kMissed, "crossdomains crossdomains_onlyother",
                 "domains do not see each other's mailboxes", ""},
    CyrusOptions{kNotNeeded, "loginrealms", "a realm is part of a user's name",
                 "virtdomains: userid with defaultdomain: DOMAIN"},
    CyrusOptions{kMissed, "loginuseacl", "nobody logs in for another by an ACL",
                 "a right on the mailbox, with setacl"},
    CyrusOptions{kNotNeeded, "srvtab", "Kerberos 4 is gone", "sasl_keytab: FILE for GSSAPI"},
    CyrusOptions{kMissed, "imapmagicplus", "a login name has no +namespace",
                 "LSUB, or a client that lists subscribed mailboxes"},
    CyrusOptions{kMissed, "disable_shared_namespace disable_user_namespace fastmailsharing",
                 "each user sees what his rights let him see", "rights, with setacl"},
    CyrusOptions{kNotNeeded, "reverseacls improved_mboxlist_sort",
                 "the mailbox list is sorted and searched as it is needed", ""},

    // --- IMAP
    CyrusOptions{kMissed, "annotation_allow_undefined annotation_definitions",
                 "the entries of METADATA are those that are built in", ""},
    CyrusOptions{kMissed, "annotation_callout annotation_callout_disable_append",
                 "no program is asked when a message comes",
                 "a Sieve script, or a filter in the MTA"},
    CyrusOptions{kMissed, "annotation_enable_legacy_commands",
                 "GETANNOTATION and SETANNOTATION are gone", "GETMETADATA and SETMETADATA"},
    CyrusOptions{kMissed, "allowdeleted", "what was deleted is not shown under /vendor/cmu",
                 "undelete as an administrator: rename it from DELETED"},
    CyrusOptions{kNotNeeded,
                 "flushseenstate ignorereference literalminus netscapeurl "
                 "foolstupidclients boundary_limit rfc2046_strict rfc2047_utf8",
                 "the protocol is kept to in one way, whoever asks", ""},
    CyrusOptions{kMissed, "notesmailbox", "there is no mailbox of notes by itself",
                 "autocreate_inbox_folders: Notes"},
    CyrusOptions{kMissed, "readonly", "a server cannot be made read-only as a whole",
                 "rights, with setacl"},
    CyrusOptions{kMissed, "specialuse_extra specialuse_nochildren",
                 "the special uses are those of RFC 6154", ""},
    CyrusOptions{kMissed, "xlist- xlist-flag",
                 "folders that are made get no special use by imapd.conf",
                 "CREATE with USE in the client"},
    CyrusOptions{kMissed, "commandmintimer", "slow commands are not logged", "murder metrics"},

    // --- mail and scripts
    CyrusOptions{kMissed, "autocreate_subscribe_sharedfolders_all autosubscribe_all_sharedfolders",
                 "a new user is subscribed to named folders only",
                 "autocreate_subscribe_sharedfolders: NAME|NAME"},
    CyrusOptions{kNotNeeded,
                 "autocreate_sieve_compiled_script autocreate_sieve_script_compile "
                 "autocreate_sieve_script_compiled generate_compiled_sieve_script",
                 "a script is compiled when it is put in place", "autocreate_sieve_script: FILE"},
    CyrusOptions{kMissed, "lmtp_exclude_specialuse", "mail may go to any folder", ""},
    CyrusOptions{kNotNeeded, "lmtp_preparse lmtp_strict_rfc2821 lmtp_allowquota",
                 "the protocol is kept to in one way, whoever asks", ""},
    CyrusOptions{kMissed, "sieve_folder sieveusehomedir",
                 "scripts are in sievedir, whoever they belong to", "sievedir: DIRECTORY"},
    CyrusOptions{kNotNeeded, "sieve_sasl_send_unsolicited_capability",
                 "capabilities are told after a login under a layer, as RFC 5804 says", ""},
    CyrusOptions{kNotNeeded, "sieve_use_lmtp_reject sieve_utf8fileinto rfc3028_strict",
                 "scripts mean what RFC 5228 and RFC 5429 say", ""},
    CyrusOptions{kNotNeeded,
                 "sieve_vacation_max_response sieve_vacation_min_response "
                 "sieve_duplicate_max_expiration",
                 "the limits are built in", ""},
    CyrusOptions{kMissed,
                 "smtp_auth_authname smtp_auth_password smtp_auth_realm smtp_backend smtp_host "
                 "sendmail_auth_id",
                 "mail of scripts goes out by the sendmail command",
                 "sendmail: /usr/sbin/sendmail, of any MTA"},
    CyrusOptions{kMissed, "srs_alwaysrewrite srs_domain srs_hashlength srs_secrets srs_separator",
                 "senders are not rewritten", "SRS in the MTA"},

    // --- the network and the log
    CyrusOptions{kMissed, "tls_crl_file", "lists of revoked certificates are not read",
                 "a CA of your own in tls_client_ca_file, made anew without the certificate"},
    CyrusOptions{kNotNeeded, "tls_server_dhparam", "OpenSSL chooses the group",
                 "tls_eccurve: NAME"},
    CyrusOptions{
        kNotNeeded, "tcp_keepalive tcp_keepalive_cnt tcp_keepalive_idle tcp_keepalive_intvl",
        "keep-alive is on, at the system's own times", "sysctl net.ipv4.tcp_keepalive_time"},
    CyrusOptions{kMissed, "qosmarking", "packets are not marked", "a rule of the packet filter"},
    CyrusOptions{kNotNeeded, "auditlog", "what a session changes is logged",
                 "chatty: yes for more"},
    CyrusOptions{kMissed,
                 "debug_command debug_writefail_guid iolog lock_debugtime logtimestamps "
                 "telemetry_bysessionid",
                 "it was for finding faults in Cyrus", "debug: yes"},
    CyrusOptions{kNotNeeded,
                 "prometheus_enabled prometheus_need_auth prometheus_stats_dir "
                 "prometheus_update_freq",
                 "the figures are always counted", "murder metrics, with the textfile collector"},
};

struct StockLine {
    std::string_view name;
    std::string_view value;
};

// Of Debian's.
constexpr std::array kStock = {
    StockLine{"newsspool", "/var/spool/news"},
    StockLine{"sieveusehomedir", "false"},
    StockLine{"httpmodules", "caldav carddav"},
    StockLine{"notifysocket", "/run/cyrus/socket/notify"},
};

bool fits(std::string_view word, std::string_view name)
{
    if (word == name) return true;
    const bool is_family = word.ends_with('-') || word.ends_with('*');
    if (word.ends_with('*')) word.remove_suffix(1);
    return is_family && name.size() > word.size() && name.starts_with(word);
}

}  // namespace

std::span<const CyrusOptions> cyrus_options()
{
    return kGroups;
}

const CyrusOptions* find_cyrus_option(std::string_view name)
{
    for (const CyrusOptions& group : kGroups)
        for (std::string_view word : split_words(group.names))
            if (fits(word, name)) return &group;
    return nullptr;
}

bool is_stock_line(std::string_view name, std::string_view value)
{
    return std::any_of(kStock.begin(), kStock.end(), [&](const StockLine& line) {
        return line.name == name && line.value == value;
    });
}

}  // namespace rookery::config
