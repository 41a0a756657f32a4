// Access control lists (RFC 4314) in the form in which mupdate carries them.
//
// An Acl is an ordered list of identifier and rights; "-id" are negative rights. Identifiers: user
// ids, "anyone", "anonymous", "group:name". Rights is a bit set with the RFC's letters as names;
// the legacy letters c and d are expanded when read and shown when written
// (doc/protocols/cyrus.md 9).
// Codes: syntax (an unknown letter, broken storage form), limit. Values.
#ifndef ROOKERY_IMAP_MODEL_ACL_H
#define ROOKERY_IMAP_MODEL_ACL_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "imap/model/flags.h"
#include "lib/auth/identity.h"
#include "lib/base/result.h"

namespace rookery::model {

class Rights {
 public:
    constexpr Rights() = default;
    explicit constexpr Rights(uint32_t bits) : bits_(bits) {}
    // RFC 4314 letters, with c -> k (and x), d -> t e (and x by deleteright). Code::syntax.
    static Result<Rights> parse(std::string_view letters, char deleteright = 'c');
    // In Cyrus' order: lrswipkxte, c, d, a, n, 0-9.
    std::string to_string() const;

    constexpr bool has(Rights r) const { return (bits_ & r.bits_) == r.bits_; }
    constexpr bool has_any(Rights r) const { return (bits_ & r.bits_) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr Rights operator|(Rights o) const { return Rights(bits_ | o.bits_); }
    constexpr Rights operator&(Rights o) const { return Rights(bits_ & o.bits_); }
    constexpr Rights operator-(Rights o) const { return Rights(bits_ & ~o.bits_); }
    constexpr bool operator==(const Rights&) const = default;
    constexpr uint32_t bits() const { return bits_; }

    static const Rights lookup, read, seen, write, insert, post, create, delete_mailbox,
        delete_message, expunge, administer, annotate, all;

 private:
    uint32_t bits_ = 0;
};
inline constexpr Rights Rights::lookup{1u << 0};
inline constexpr Rights Rights::read{1u << 1};
inline constexpr Rights Rights::seen{1u << 2};
inline constexpr Rights Rights::write{1u << 3};
inline constexpr Rights Rights::insert{1u << 4};
inline constexpr Rights Rights::post{1u << 5};
inline constexpr Rights Rights::create{1u << 6};          // k
inline constexpr Rights Rights::delete_mailbox{1u << 7};  // x
inline constexpr Rights Rights::delete_message{1u << 8};  // t
inline constexpr Rights Rights::expunge{1u << 9};         // e
inline constexpr Rights Rights::administer{1u << 10};
inline constexpr Rights Rights::annotate{1u << 11};
inline constexpr Rights Rights::all{(1u << 12) - 1};  // bits 12..21 are the user-defined 0-9

class Acl {
 public:
    struct Entry {
        std::string identifier;  // "-id" for negative rights
        Rights rights;
    };

    Acl() = default;
    // "id TAB rights TAB id TAB rights TAB". Code::syntax.
    static Result<Acl> parse(std::string_view stored);
    std::string to_string() const;
    const std::vector<Entry>& entries() const { return entries_; }
    bool empty() const { return entries_.empty(); }

    // Union of the positive entries that match minus union of the negative ones. Nothing implicit:
    // what somebody may do is model::rights_on's (access.h).
    Rights rights_of(const auth::Identity& who) const;
    // Sets (empty rights: removes) one identifier's entry.
    void set(std::string_view identifier, Rights rights);
    const Entry* find(std::string_view identifier) const;
    friend bool operator==(const Acl& a, const Acl& b) { return a.to_string() == b.to_string(); }

 private:
    std::vector<Entry> entries_;
};

// The flags that these rights allow to set and clear: s for \Seen, t for \Deleted, w for the others
// and keywords (RFC 4314 section 4).
FlagFilter settable_flags(Rights rights);
// SETACL's modification word: "lrs", "+i", "-i".
Result<Rights> modify_rights(Rights before, std::string_view modification, char deleteright = 'c');

}  // namespace rookery::model

#endif
