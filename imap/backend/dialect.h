// Dialect: what differs between the protocols when one of our servers logs in to another
// (doc/protocols/cyrus.md 3). Constant data and a few hooks; Backend holds the one state machine.
#ifndef ROOKERY_IMAP_BACKEND_DIALECT_H
#define ROOKERY_IMAP_BACKEND_DIALECT_H

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/stream/stream.h"

namespace rookery::backend {

struct Dialect {
    std::string_view service;  // port name: "imap", "lmtp", ...
    std::string_view sasl_service;
    std::string_view implicit_tls_port;  // where TLS comes first; "" = there is no such port
    // Reads the banner; appends capabilities that it carries.
    Status (*read_banner)(stream::Stream&, std::string& banner, std::vector<std::string>& caps);
    // Asks for capabilities; replaces caps. "AUTH=PLAIN" style names for mechanisms in every
    // dialect, so that one piece of code picks one.
    Status (*ask_capabilities)(stream::Stream&, std::vector<std::string>& caps);
    // STARTTLS up to the point where the handshake begins. unsupported: the server answers no, and
    // the connection is as it was.
    Status (*start_tls)(stream::Stream&);
    bool capabilities_after_tls_come_by_themselves = false;
    bool capabilities_after_layer_come_by_themselves = false;  // of SASL, as the banner
    // One AUTHENTICATE exchange.
    Status (*begin_auth)(stream::Stream&, std::string_view mechanism, const std::string* initial);
    // Reads the server's next step: challenge (decoded) or the end. done: code ok/denied.
    struct AuthStep {
        enum class Kind { challenge, success, failure } kind;
        std::string data;                       // challenge, success data, or failure text
        std::vector<std::string> capabilities;  // announced together with success, else empty
        std::string text = {};                  // of the success, where a relay's client is told it
    };
    // An error other than the stream's own and the protocol's is what the server says of the user,
    // not of the login: its own line, of no concern to the server's health.
    Result<AuthStep> (*next_auth)(stream::Stream&);
    Status (*answer_auth)(stream::Stream&, std::string_view data);
    Status (*cancel_auth)(stream::Stream&);
    // Tells one of our servers, by this capability, which session of ours logs in there: put before
    // the first line of the login, and answered before it. Null: the login itself says so, or
    // nothing does.
    std::string_view session_capability = {};
    void (*put_session)(stream::Stream&, std::string_view id) = nullptr;
    Status (*session_taken)(stream::Stream&) = nullptr;
    bool initial_response_always = true;  // else only if SASL-IR is announced
    // Of begin_auth with a response, and its CRLF; 0: no limit. A longer one is kept for an empty
    // challenge, which mechanisms in which the server begins do not give.
    size_t max_auth_line = 0;
    Status (*ping)(stream::Stream&);
    // UNAUTHENTICATE with this tag (RFC 8437), or what does the same; replaces caps, by none if the
    // server tells none. Gives its line. Anything but the OK is an error; denied: the server says
    // no, and its line is the text. unselect: the tag of an UNSELECT that goes before it, in the
    // same write; "" where nothing is selected. Null: the protocol has no such thing.
    Result<std::string> (*unauthenticate)(stream::Stream&, std::string_view tag,
                                          std::string_view unselect,
                                          std::vector<std::string>& caps) = nullptr;
    std::string_view unauthenticate_capability = {};  // who announces it has it
    // It does what the session was for, and may take as long as any command.
    bool unauthenticate_commits = false;
    // What a login that tells no capabilities has changed is asked for.
    bool asks_after_login = false;
    // What was announced before and after the first login on a connection counts for the next ones.
    // It is the same process to its end, and so the same configuration; TLS stays, and a SASL layer
    // is never handed on. And where it is wrong all the same, a command is refused.
    bool capabilities_stay = false;
    // A login by the protocol's own command, without SASL. denied: the server says no. Null: there
    // is none.
    Status (*login_command)(stream::Stream&, std::string_view user,
                            std::string_view password) = nullptr;
    // COMPRESS=DEFLATE up to the point where the layer begins. unsupported: the server says no, and
    // the connection is as it was. Null: the protocol has no such thing.
    Status (*start_compress)(stream::Stream&) = nullptr;
    bool heeds_proxy_compress = false;  // the option is about its connections
    std::string_view logout;            // the line that ends a session, with CRLF
    // Who announces that capability serves those who read and post only once told so (RFC 3977
    // 5.3). Null: the protocol has no such thing.
    std::string_view reader_capability = {};
    Status (*become_reader)(stream::Stream&) = nullptr;
};

const Dialect& imap_dialect();
const Dialect& lmtp_dialect();
const Dialect& mupdate_dialect();
const Dialect& sieve_dialect();
const Dialect& pop3_dialect();
const Dialect& nntp_dialect();
// Of no server of ours; for those who look at others (imtest).
const Dialect& smtp_dialect();
const Dialect& csync_dialect();

}  // namespace rookery::backend

#endif
