// The values of Cyrus' replication dialect: atoms, strings, NIL, lists "(a b)", maps "%(KEY a KEY
// b)" and files "%{partition guid size}CRLF<bytes>" (doc/protocols/sync.md).
//
// DlistReader takes them from a stream. Two things may be too many to be held and go to hooks: the
// items of a list that is the value of the key RECORD, and the bytes of files. Writing is appending
// text: DlistMap, put_string(). Limits: DlistLimits, kMaxDepth. A value that breaks them, or the
// grammar, fails the stream: what follows cannot be told from data any more. A record that its hook
// refuses does not: the value is read to its end, and end_of_line() tells. Codes: syntax, limit,
// the hooks' and the stream's own. One thread.
#ifndef ROOKERY_IMAP_SYNC_DLIST_H
#define ROOKERY_IMAP_SYNC_DLIST_H

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/strings.h"
#include "lib/stream/stream.h"

namespace rookery::sync {

struct Dlist {
    enum class Kind : unsigned char { nil, text, list, map } kind = Kind::nil;
    std::string text;               // of a file: its guid
    std::vector<std::string> keys;  // map: of the items
    std::vector<Dlist> items;

    // Of a map. nullptr: there is no such key.
    const Dlist* find(std::string_view key) const;
    // Code::syntax if it is missing or something else.
    Result<std::string> string(std::string_view key) const;
    Result<uint64_t> number(std::string_view key) const;
    // The fallback where it is missing or something else.
    std::string string_or(std::string_view key, std::string_view fallback) const;
    uint64_t number_or(std::string_view key, uint64_t fallback) const;
    // A list of strings; an empty list where it is missing.
    std::vector<std::string> strings(std::string_view key) const;
    std::vector<std::string> strings() const;
};

struct FileHead {
    std::string partition;
    std::string guid;  // 40 hexadecimal digits
    uint64_t size = 0;
};

struct DlistLimits {
    size_t text = 4u << 20;   // one string
    size_t held = 64u << 20;  // all values of one command
};

class DlistReader {
 public:
    static constexpr size_t kMaxDepth = 8;

    // Not called any more for this value after it refused one.
    using RecordHook = std::function<Status(const Dlist&)>;
    // Must take exactly size bytes from the stream.
    using FileHook = std::function<Status(const FileHead&, stream::Stream&)>;

    // answer_literals: the peer is a client, whose {n} waits for "+".
    DlistReader(stream::Stream& from, bool answer_literals, const DlistLimits& limits = {})
        : from_(from), answer_literals_(answer_literals), limits_(limits)
    {
    }
    void on_record(RecordHook hook) { record_ = std::move(hook); }
    void on_file(FileHook hook) { file_ = std::move(hook); }

    Result<std::string> atom();
    Status space();
    Result<Dlist> value();
    // CRLF; then what the record hook refused, if it did.
    Status end_of_line();

 private:
    Result<Dlist> any(size_t depth, bool records);
    Result<Dlist> list(size_t depth, bool records);
    Result<Dlist> map(size_t depth);
    Result<Dlist> file();
    Result<std::string> word();
    Result<std::string> quoted();
    Result<std::string> literal();
    Result<uint64_t> digits();
    Status expect(char c);
    Status line_end();
    Status hold(size_t bytes);
    Error broken(std::string_view what);

    stream::Stream& from_;
    bool answer_literals_;
    DlistLimits limits_;
    RecordHook record_;
    FileHook file_;
    Status refused_ = success();
    size_t held_ = 0;
};

// An atom, quoted or {n+}, as the text needs it.
void put_string(std::string& out, std::string_view text);

class DlistMap {
 public:
    DlistMap& add(std::string_view key, std::string_view text);
    template <std::unsigned_integral T>
    DlistMap& add(std::string_view key, T n)
    {
        begin(key);
        cat_to(out_, n);
        return *this;
    }
    // A value that is rendered already.
    DlistMap& raw(std::string_view key, std::string_view rendered);
    std::string finish() &&;

 private:
    void begin(std::string_view key);
    std::string out_ = "%(";
};

// "(a b c)"
std::string to_list(const std::vector<std::string>& texts);

}  // namespace rookery::sync

#endif
