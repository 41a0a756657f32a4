#include "imap/imapd/selected/search_parse.h"

#include <algorithm>
#include <array>

#include "imap/model/flags.h"
#include "lib/base/strings.h"
#include "lib/text/charset.h"
#include "lib/text/imap_date.h"
#include "lib/text/utf8.h"

namespace rookery::imapd {
namespace {

using Kind = SearchKey::Kind;

// Keys without an argument but flags.
struct FlagKey {
    std::string_view name;
    Kind kind;
    uint32_t bits;
};
constexpr std::array kFlagKeys = {
    FlagKey{"ALL", Kind::all, 0},
    FlagKey{"ANSWERED", Kind::flags_set, model::kAnswered},
    FlagKey{"DELETED", Kind::flags_set, model::kDeleted},
    FlagKey{"DRAFT", Kind::flags_set, model::kDraft},
    FlagKey{"FLAGGED", Kind::flags_set, model::kFlagged},
    FlagKey{"OLD", Kind::old, 0},
    FlagKey{"RECENT", Kind::recent, 0},
    FlagKey{"SAVEDATESUPPORTED", Kind::all, 0},
    FlagKey{"SEEN", Kind::flags_set, model::kSeen},
    FlagKey{"UNANSWERED", Kind::flags_clear, model::kAnswered},
    FlagKey{"UNDELETED", Kind::flags_clear, model::kDeleted},
    FlagKey{"UNDRAFT", Kind::flags_clear, model::kDraft},
    FlagKey{"UNFLAGGED", Kind::flags_clear, model::kFlagged},
    FlagKey{"UNSEEN", Kind::flags_clear, model::kSeen},
};

enum class Argument { modseq, objectid, field, string, keyword, date, number, nz_number, set };
struct ArgumentKey {
    std::string_view name;
    Kind kind;
    Argument argument;
};
constexpr std::array kArgumentKeys = {
    ArgumentKey{"BCC", Kind::addresses, Argument::string},
    ArgumentKey{"BEFORE", Kind::before, Argument::date},
    ArgumentKey{"BODY", Kind::body, Argument::string},
    ArgumentKey{"CC", Kind::addresses, Argument::string},
    ArgumentKey{"EMAILID", Kind::emailid, Argument::objectid},
    ArgumentKey{"FROM", Kind::addresses, Argument::string},
    ArgumentKey{"HEADER", Kind::header, Argument::field},
    ArgumentKey{"KEYWORD", Kind::keyword, Argument::keyword},
    ArgumentKey{"LARGER", Kind::larger, Argument::number},
    ArgumentKey{"MODSEQ", Kind::modseq, Argument::modseq},
    ArgumentKey{"OLDER", Kind::older, Argument::nz_number},
    ArgumentKey{"ON", Kind::on, Argument::date},
    ArgumentKey{"SAVEDBEFORE", Kind::saved_before, Argument::date},
    ArgumentKey{"SAVEDON", Kind::saved_on, Argument::date},
    ArgumentKey{"SAVEDSINCE", Kind::saved_since, Argument::date},
    ArgumentKey{"SENTBEFORE", Kind::sent_before, Argument::date},
    ArgumentKey{"SENTON", Kind::sent_on, Argument::date},
    ArgumentKey{"SENTSINCE", Kind::sent_since, Argument::date},
    ArgumentKey{"SINCE", Kind::since, Argument::date},
    ArgumentKey{"SMALLER", Kind::smaller, Argument::number},
    ArgumentKey{"SUBJECT", Kind::header, Argument::string},
    ArgumentKey{"TEXT", Kind::text, Argument::string},
    ArgumentKey{"THREADID", Kind::nothing, Argument::objectid},
    ArgumentKey{"TO", Kind::addresses, Argument::string},
    ArgumentKey{"UID", Kind::uid, Argument::set},
    ArgumentKey{"UNKEYWORD", Kind::unkeyword, Argument::keyword},
    ArgumentKey{"YOUNGER", Kind::younger, Argument::nz_number},
};

struct SortName {
    std::string_view name;
    SortField field;
};
constexpr std::array kSortNames = {
    SortName{"ARRIVAL", SortField::arrival},
    SortName{"CC", SortField::cc},
    SortName{"DATE", SortField::date},
    SortName{"DISPLAYFROM", SortField::display_from},
    SortName{"DISPLAYTO", SortField::display_to},
    SortName{"FROM", SortField::from},
    SortName{"SIZE", SortField::size},
    SortName{"SUBJECT", SortField::subject},
    SortName{"TO", SortField::to},
};

struct ThreadName {
    std::string_view name;
    ThreadAlgorithm algorithm;
};
constexpr std::array kThreadNames = {
    ThreadName{"ORDEREDSUBJECT", ThreadAlgorithm::ordered_subject},
    ThreadName{"REFERENCES", ThreadAlgorithm::references},
    ThreadName{"REFS", ThreadAlgorithm::refs},
};

SearchKey key_of(Kind kind)
{
    SearchKey key;
    key.kind = kind;
    return key;
}

class Parser {
 public:
    explicit Parser(CommandReader& reader) : reader_(reader) {}

    Result<SearchRequest> run()
    {
        SearchRequest request;
        TRY(reader_.space());
        TRY_ASSIGN(bool more, first(request));
        TRY(keys(request, more));
        return request;
    }

    Result<EsearchRequest> run_recorded(bool may_have_sources)
    {
        EsearchRequest request;
        if (may_have_sources) sources_ = &request.sources;
        program_ = &request.program;
        reader_.record(program_);
        auto search = run();
        reader_.record(nullptr);
        TRY_ASSIGN(request.search, std::move(search));
        return request;
    }

    Result<EsearchRequest> run_esearch()
    {
        TRY_ASSIGN(EsearchRequest request, run_recorded(true));
        if (!request.search.extended) request.search.extended = request.search.all = true;
        return request;
    }

    Result<SortRequest> run_sort()
    {
        SortRequest request;
        TRY(reader_.space());
        TRY_ASSIGN(const char next, reader_.peek());
        if (next != '(') {
            TRY_ASSIGN(const std::string word, reader_.attribute());
            if (word != "RETURN") return Error{Code::syntax, "Missing sort criteria"};
            TRY(return_options(request.search));
        }
        TRY(reader_.expect('('));
        size_t criteria = 0;
        for (bool end = false; !end;) {
            TRY_ASSIGN(const SortKey key, sort_key());
            if (++criteria > kMaxSortKeys) return Error{Code::limit, "Too many sort criteria"};
            // What was compared already is equal.
            const bool known = std::any_of(request.order.begin(), request.order.end(),
                                           [&](const SortKey& k) { return k.field == key.field; });
            if (!known) request.order.push_back(key);
            TRY_ASSIGN(end, reader_.accept(')'));
            if (!end) TRY(reader_.space());
        }
        TRY(charset_and_keys(request.search));
        return request;
    }

    Result<ThreadRequest> run_thread()
    {
        ThreadRequest request;
        TRY(reader_.space());
        TRY_ASSIGN(const std::string word, reader_.attribute());
        const auto* found = std::find_if(kThreadNames.begin(), kThreadNames.end(),
                                         [&](const ThreadName& row) { return row.name == word; });
        if (found == kThreadNames.end())
            return Error{Code::syntax, "Unrecognized THREAD algorithm"};
        request.algorithm = found->algorithm;
        TRY(charset_and_keys(request.search));
        return request;
    }

 private:
    Status keys(SearchRequest& request, bool more)
    {
        while (more) {
            TRY_ASSIGN(SearchKey key, search_key(0));
            request.root.children.push_back(std::move(key));
            TRY_ASSIGN(more, reader_.accept(' '));
        }
        TRY(reader_.end_of_line());
        request.bad_charset = bad_charset_;
        request.has_modseq = has_modseq_;
        request.has_numbers = has_numbers_;
        return success();
    }

    // SP charset SP keys: of SORT and THREAD
    Status charset_and_keys(SearchRequest& request)
    {
        TRY(reader_.space());
        TRY_ASSIGN(charset_, reader_.astring());
        bad_charset_ = !text::is_known_charset(charset_);
        TRY(reader_.space());
        return keys(request, true);
    }

    // ["REVERSE" SP] sort-key
    Result<SortKey> sort_key()
    {
        SortKey key;
        TRY_ASSIGN(std::string word, reader_.attribute());
        if (word == "REVERSE") {
            key.reverse = true;
            TRY(reader_.space());
            TRY_ASSIGN(word, reader_.attribute());
        }
        for (const SortName& row : kSortNames) {
            if (row.name != word) continue;
            key.field = row.field;
            return key;
        }
        return Error{Code::syntax, "Invalid sort criterion"};
    }

    // The first word, which may be CHARSET. True if another key follows.
    Result<bool> first(SearchRequest& request)
    {
        TRY_ASSIGN(const char next, reader_.peek());
        if (next == '(' || is_set_begin(next)) return true;
        TRY_ASSIGN(const std::string word, reader_.attribute());
        if (word == "IN" && sources_ != nullptr && sources_->empty() && !request.extended) {
            TRY(reader_.space());
            TRY_ASSIGN(*sources_, parse_search_sources(reader_));
            program_->clear();
            TRY(reader_.space());
            return first(request);
        }
        if (word == "RETURN" && !request.extended) {
            TRY(return_options(request));
            if (program_ != nullptr) program_->assign(" ");
            return first(request);
        }
        if (word == "CHARSET") {
            request.has_charset = true;
            TRY(reader_.space());
            TRY_ASSIGN(charset_, reader_.astring());
            bad_charset_ = !text::is_known_charset(charset_);
            TRY(reader_.space());
            return true;
        }
        TRY_ASSIGN(SearchKey key, named_key(word, 0));
        request.root.children.push_back(std::move(key));
        return reader_.accept(' ');
    }

    Status return_option(std::string_view option, SearchRequest& request)
    {
        if (option == "MIN") {
            request.min = true;
        } else if (option == "MAX") {
            request.max = true;
        } else if (option == "ALL") {
            request.all = true;
        } else if (option == "COUNT") {
            request.count = true;
        } else if (option == "SAVE") {
            request.save = true;
        } else if (option == "UPDATE") {
            request.update = true;
        } else if (option == "CONTEXT") {
            // A hint that the same will be asked again (RFC 5267 4.2).
        } else if (option == "PARTIAL" && !request.partial) {
            TRY(reader_.space());
            TRY_ASSIGN(request.partial, parse_partial_range(reader_));
        } else {
            return Error{Code::syntax, "Unknown SEARCH return option"};
        }
        return success();
    }

    // What may stand behind UPDATE, "(" fetch-att *(SP fetch-att) ")". True: the list ends here.
    Result<bool> update_fetch(SearchRequest& request)
    {
        TRY_ASSIGN(const char next, reader_.peek());
        if (next != '(') return false;
        const size_t begin = program_ == nullptr ? 0 : program_->size();
        TRY_ASSIGN(request.update_fetch, parse_pushed_fetch(reader_));
        if (program_ != nullptr) request.update_fetch_text = program_->substr(begin);
        TRY_ASSIGN(const bool end, reader_.accept(')'));
        if (!end) TRY(reader_.space());
        return end;
    }

    // SP "(" [option *(SP option)] ")" SP; none is ALL
    Status return_options(SearchRequest& request)
    {
        request.extended = true;
        TRY(reader_.space());
        TRY(reader_.expect('('));
        TRY_ASSIGN(bool end, reader_.accept(')'));
        while (!end) {
            TRY_ASSIGN(const std::string option, reader_.attribute());
            TRY(return_option(option, request));
            TRY_ASSIGN(end, reader_.accept(')'));
            if (end) break;
            TRY(reader_.space());
            if (option == "UPDATE") {
                TRY_ASSIGN(end, update_fetch(request));
            }
        }
        if (request.partial && request.all)
            return Error{Code::syntax, "PARTIAL and ALL exclude each other"};
        const bool asks_for_part = request.min || request.max || request.count || request.partial;
        if (!asks_for_part && !request.save && !request.update) request.all = true;
        return reader_.space();
    }

    // [entry-name SP entry-type SP] mod-sequence: all flags have one modseq
    Status modseq_argument(SearchKey& key)
    {
        has_modseq_ = true;
        TRY_ASSIGN(const char next, reader_.peek());
        if (next == '"') {
            TRY(reader_.string());
            TRY(reader_.space());
            TRY_ASSIGN(const std::string type, reader_.attribute());
            if (type != "ALL" && type != "PRIV" && type != "SHARED")
                return Error{Code::syntax, "Invalid MODSEQ entry type"};
            TRY(reader_.space());
        }
        TRY_ASSIGN(key.modseq, reader_.number64());
        return success();
    }

    static bool is_set_begin(char c) { return (c >= '0' && c <= '9') || c == '*' || c == '$'; }

    // search-key
    Result<SearchKey> search_key(size_t depth)
    {
        TRY_ASSIGN(const char next, reader_.peek());
        if (next == '(') return list(depth);
        if (is_set_begin(next)) {
            TRY(count());
            SearchKey key = key_of(Kind::sequence);
            TRY_ASSIGN(key.set, reader_.message_set());
            has_numbers_ = has_numbers_ || !key.set.is_saved_result();
            return key;
        }
        TRY_ASSIGN(const std::string word, reader_.attribute());
        return named_key(word, depth);
    }

    Status count()
    {
        if (++keys_ > kMaxSearchKeys) return Error{Code::limit, "Too many search keys"};
        return success();
    }

    Status check_depth(size_t depth) const
    {
        if (depth >= reader_.limits().max_depth)
            return Error{Code::limit, "Search keys nested too deeply"};
        return success();
    }

    // "(" search-key *(SP search-key) ")"
    Result<SearchKey> list(size_t depth)
    {
        TRY(check_depth(depth));
        TRY(count());
        TRY(reader_.expect('('));
        SearchKey all;
        for (;;) {
            TRY_ASSIGN(SearchKey key, search_key(depth + 1));
            all.children.push_back(std::move(key));
            TRY_ASSIGN(const bool end, reader_.accept(')'));
            if (end) return all;
            TRY(reader_.space());
        }
    }

    Result<SearchKey> named_key(const std::string& word, size_t depth)
    {
        TRY(check_depth(depth));
        TRY(count());
        for (const auto& row : kFlagKeys) {
            if (row.name != word) continue;
            SearchKey key = key_of(row.kind);
            key.bits = row.bits;
            return key;
        }
        if (word == "NEW") return new_key();
        if (word == "NOT") return operands(Kind::negated, 1, depth);
        if (word == "OR") return operands(Kind::either, 2, depth);
        for (const auto& row : kArgumentKeys) {
            if (row.name != word) continue;
            SearchKey key = key_of(row.kind);
            key.name = row.name;
            TRY(reader_.space());
            TRY(argument(row.argument, key));
            return key;
        }
        return Error{Code::syntax, "Invalid SEARCH key"};
    }

    // NEW = RECENT UNSEEN
    static SearchKey new_key()
    {
        SearchKey both;
        SearchKey unseen = key_of(Kind::flags_clear);
        unseen.bits = model::kSeen;
        both.children.push_back(key_of(Kind::recent));
        both.children.push_back(std::move(unseen));
        return both;
    }

    Result<SearchKey> operands(Kind kind, size_t n, size_t depth)
    {
        SearchKey key = key_of(kind);
        for (size_t i = 0; i < n; i++) {
            TRY(reader_.space());
            TRY_ASSIGN(SearchKey operand, search_key(depth + 1));
            key.children.push_back(std::move(operand));
        }
        return key;
    }

    Result<std::string> converted_string()
    {
        TRY_ASSIGN(const std::string raw, reader_.astring());
        return text::to_utf8(charset_, raw);
    }

    Status argument(Argument kind, SearchKey& key)
    {
        switch (kind) {
            case Argument::modseq: return modseq_argument(key);
            case Argument::objectid: {
                TRY_ASSIGN(key.text, reader_.astring());
                if (!text::is_ascii(key.text)) return Error{Code::syntax, "Invalid object id"};
                return success();
            }
            case Argument::field: {
                TRY_ASSIGN(key.name, reader_.astring());
                TRY(reader_.space());
                TRY_ASSIGN(key.text, converted_string());
                return success();
            }
            case Argument::string: {
                TRY_ASSIGN(key.text, converted_string());
                return success();
            }
            case Argument::keyword: {
                TRY_ASSIGN(key.text, reader_.atom());
                return success();
            }
            case Argument::date: {
                TRY_ASSIGN(const std::string date, reader_.astring());
                TRY_ASSIGN(key.day, text::parse_date(date));
                return success();
            }
            case Argument::number: {
                TRY_ASSIGN(key.number, reader_.number());
                return success();
            }
            case Argument::nz_number: {
                TRY_ASSIGN(key.number, reader_.nz_number());
                return success();
            }
            case Argument::set: {
                TRY_ASSIGN(key.set, reader_.message_set());
                return success();
            }
        }
        return success();
    }

    CommandReader& reader_;
    std::string charset_ = "UTF-8";
    bool bad_charset_ = false;
    bool has_modseq_ = false;
    bool has_numbers_ = false;
    size_t keys_ = 0;
    std::vector<SearchSource>* sources_ = nullptr;  // of ESEARCH
    std::string* program_ = nullptr;                // the same
};

}  // namespace

Result<SearchRequest> parse_search(CommandReader& reader)
{
    return Parser(reader).run();
}

Result<EsearchRequest> parse_esearch(CommandReader& reader)
{
    return Parser(reader).run_esearch();
}

Result<EsearchRequest> parse_recorded_search(CommandReader& reader)
{
    return Parser(reader).run_recorded(false);
}

Result<SortRequest> parse_sort(CommandReader& reader)
{
    return Parser(reader).run_sort();
}

Result<ThreadRequest> parse_thread(CommandReader& reader)
{
    return Parser(reader).run_thread();
}

}  // namespace rookery::imapd
