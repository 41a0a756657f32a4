// Values of the replication dialect: what is taken, what is refused, and where memory ends.
#include "imap/sync/dlist.h"

#include "lib/stream/memory_layer.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::sync;

namespace {

// A value as text: lists "(a b)", maps "%(K v)", texts in "<>", NIL.
std::string shown(const Dlist& value)
{
    std::string out;
    switch (value.kind) {
        case Dlist::Kind::nil: return "NIL";
        case Dlist::Kind::text: return cat('<', value.text, '>');
        case Dlist::Kind::list:
            for (const Dlist& item : value.items) cat_to(out, out.empty() ? "" : " ", shown(item));
            return cat('(', out, ')');
        case Dlist::Kind::map:
            for (size_t i = 0; i < value.keys.size(); ++i)
                cat_to(out, i == 0 ? "" : " ", value.keys[i], ' ', shown(value.items[i]));
            return cat("%(", out, ')');
    }
    return out;
}

struct Peer {
    explicit Peer(std::string_view says, size_t chunk = 65536)
        : ends{std::string(says), {}, chunk, false, false}, stream(stream::memory_layer(ends))
    {
    }
    stream::MemoryEnds ends;
    stream::Stream stream;
};

Result<Dlist> read(DlistReader& reader)
{
    TRY_ASSIGN(Dlist value, reader.value());
    TRY(reader.end_of_line());
    return value;
}

Result<std::string> read(std::string_view text, size_t chunk = 65536)
{
    Peer peer(cat(text, "\r\n"), chunk);
    DlistReader reader(peer.stream, true);
    TRY_ASSIGN(const Dlist value, read(reader));
    return shown(value);
}

START_TEST(each_kind_of_value_is_taken)
{
    const struct {
        std::string_view text;
        std::string_view want;
    } table[] = {
        {"atom", "<atom>"},
        {"\\Seen", "<\\Seen>"},
        {"NIL", "NIL"},
        {"nil", "<nil>"},
        {"\"\"", "<>"},
        {"\"NIL\"", "<NIL>"},
        {"\"a b\\\"c\\\\\"", "<a b\"c\\>"},
        {"{3+}\r\na)b", "<a)b>"},
        {"{3}\r\na\r\n", "<a\r\n>"},
        {"{0+}\r\n", "<>"},
        {"()", "()"},
        {"(a \"b c\" {1+}\r\nd NIL ())", "(<a> <b c> <d> NIL ())"},
        {"%()", "%()"},
        {"%(A b C (d) E %(F g))", "%(A <b> C (<d>) E %(F <g>))"},
        {"%(A b A c)", "%(A <b> A <c>)"},
        {"(((((((())))))))", "(((((((())))))))"},
    };
    for (const auto& row : table) {
        for (const size_t chunk : {size_t{1}, size_t{65536}}) {
            auto got = read(row.text, chunk);
            ASSERT_OK(got);
            ASSERT_EQ_TEXT(*got, row.want);
        }
    }
}
END_TEST

START_TEST(what_breaks_the_grammar_fails_the_stream)
{
    for (const std::string_view text : {"",
                                        " a",
                                        "a ",
                                        "a b",
                                        ")",
                                        "(a",
                                        "(a b",
                                        "(a(b))",
                                        "(a\"b\")",
                                        "%",
                                        "%a",
                                        "%(",
                                        "%(A",
                                        "%(A)",
                                        "%(A )",
                                        "%(A b",
                                        "%(A b(c))",
                                        "%(\"A\" b)",
                                        "\"a",
                                        "\"a\r\nb\"",
                                        "{",
                                        "{}",
                                        "{x}",
                                        "{-1}",
                                        "{3+",
                                        "{3+}x",
                                        "{3+}\nabc",
                                        "{99999999999999999999+}\r\n",
                                        "%{",
                                        "%{default}",
                                        "%{default 00 1}\r\nx",
                                        "(((((((((a)))))))))"}) {
        Peer peer(cat(text, "\r\n"));
        DlistReader reader(peer.stream, true);
        const auto got = read(reader);
        ck_assert_msg(!got.ok() && !peer.stream.ok(), "%s", std::string(text).c_str());
    }
}
END_TEST

START_TEST(a_literal_of_a_client_is_asked_for_and_of_a_server_not)
{
    for (const bool client : {true, false}) {
        Peer peer("{3}\r\nabc\r\n");
        DlistReader reader(peer.stream, client);
        ASSERT_OK(read(reader));
        ASSERT_EQ_TEXT(peer.ends.output, client ? "+ go ahead\r\n" : "");
    }
}
END_TEST

// One piece over and over, with what is before and behind it.
struct Endless {
    std::string_view before;
    std::string_view piece;
    size_t times;
};

START_TEST(no_shape_of_value_takes_more_memory_than_the_limit)
{
    constexpr DlistLimits kLimits{.text = 5000, .held = 100'000};
    constexpr size_t kMany = kLimits.held / sizeof(Dlist) + 2;
    const Endless table[] = {
        {"(", "() ", kMany},           {"(", "%() ", kMany},        {"(", "a ", kMany},
        {"(", "NIL ", kMany},          {"(", "\"\" ", kMany},       {"(", "{0+}\r\n ", kMany},
        {"%(", "A () ", kMany},        {"%(", "A %() ", kMany},     {"%(", "A a ", kMany},
        {"%(A (", "() ", kMany},       {"", "a", kLimits.text + 2}, {"\"", "a", kLimits.text + 2},
        {"%(", "A", kLimits.text + 2}, {"((((((((", "() ", kMany},  {"%(RECORD (", "() ", kMany},
        {"%(RECORD ((", "() ", kMany},
    };
    for (const Endless& row : table) {
        std::string text(row.before);
        for (size_t n = 0; n < row.times; ++n) text += row.piece;
        Peer peer(text);
        DlistReader reader(peer.stream, true, kLimits);
        const auto got = reader.value();
        // Not the end of what the peer says: that is another code.
        ck_assert_msg(got.is(Code::limit) || got.is(Code::syntax), "%s%s...: %s",
                      std::string(row.before).c_str(), std::string(row.piece).c_str(),
                      got.ok() ? "taken" : got.error().text.c_str());
        ck_assert(!peer.stream.ok());
    }
    ck_assert(read(cat('{', DlistLimits().text + 1, "+}\r\n")).is(Code::syntax));
}
END_TEST

START_TEST(records_pass_by_and_are_not_held)
{
    Peer peer("%(A b RECORD (%(UID 1) %(UID 2)) C (d))\r\n");
    DlistReader reader(peer.stream, true);
    std::string seen;
    reader.on_record([&](const Dlist& record) {
        seen += shown(record);
        return success();
    });
    auto value = read(reader);
    ASSERT_OK(value);
    ASSERT_EQ_TEXT(seen, "%(UID <1>)%(UID <2>)");
    ASSERT_EQ_TEXT(shown(*value), "%(A <b> RECORD () C (<d>))");
}
END_TEST

START_TEST(a_record_that_is_refused_ends_no_value)
{
    Peer peer("%(RECORD (%(UID 1) %(UID 2) %(UID 3)) C d)\r\nnext\r\n");
    DlistReader reader(peer.stream, true);
    int seen = 0;
    reader.on_record([&](const Dlist&) -> Status {
        ++seen;
        return Error{Code::corrupt, cat("record ", seen)};
    });
    ASSERT_OK(reader.value());
    Status end = reader.end_of_line();
    ASSERT_CODE(end, Code::corrupt);
    ASSERT_EQ_TEXT(end.error().text, "record 1");
    ck_assert_int_eq(seen, 1);
    ck_assert(peer.stream.ok());
    ASSERT_EQ_TEXT(*peer.stream.read_line(100), "next");
}
END_TEST

START_TEST(a_file_goes_to_the_hook_byte_by_byte)
{
    Peer peer("(%{default 0123 4}\r\na)\r\n %{\"a b\" 4567 0}\r\n)\r\n");
    DlistReader reader(peer.stream, true);
    std::string seen;
    reader.on_file([&](const FileHead& head, stream::Stream& from) -> Status {
        std::string bytes(head.size, '\0');
        TRY(from.read_exact({bytes.data(), bytes.size()}));
        cat_to(seen, head.partition, ':', head.guid, ':', bytes, ';');
        return success();
    });
    auto value = read(reader);
    ASSERT_OK(value);
    ASSERT_EQ_TEXT(seen, "default:0123:a)\r\n;a b:4567:;");
    ASSERT_EQ_TEXT(shown(*value), "(<0123> <4567>)");
}
END_TEST

START_TEST(a_file_that_the_hook_refuses_ends_the_stream)
{
    Peer peer("(%{default 0123 4}\r\nabcd)\r\n");
    DlistReader reader(peer.stream, true);
    reader.on_file([](const FileHead&, stream::Stream&) -> Status {
        return Error{Code::no_space, "full"};
    });
    ASSERT_CODE(reader.value(), Code::no_space);
    ck_assert(!peer.stream.ok());
}
END_TEST

START_TEST(what_is_written_is_read_again)
{
    std::string all;
    for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
    for (const std::string& text :
         {std::string(), std::string("NIL"), std::string("nil"), std::string("a"),
          std::string("a b"), std::string("a\"b"), std::string("a\\b"), std::string("a\r\nb"),
          std::string("{3+}"), std::string("%(A"), std::string("\\Seen"), std::string(1, '\0'),
          std::string(2000, 'x'), std::string("\xc3\xbc"), all}) {
        DlistMap map;
        map.add("K", text).add("N", uint64_t{1} << 63).raw("L", to_list({text, text}));
        auto got = read(std::move(map).finish());
        ASSERT_OK(got);
        ASSERT_EQ_TEXT(
            *got, cat("%(K <", text, "> N <9223372036854775808> L (<", text, "> <", text, ">))"));
    }
}
END_TEST

START_TEST(a_map_is_asked_by_key)
{
    Peer peer("%(A a N 18446744073709551615 O 18446744073709551616 L (x (y) NIL z) A b Z NIL)\r\n");
    DlistReader reader(peer.stream, false);
    auto map = read(reader);
    ASSERT_OK(map);
    ASSERT_EQ_TEXT(*map->string("A"), "a");
    ASSERT_CODE(map->string("B"), Code::syntax);
    ASSERT_CODE(map->string("L"), Code::syntax);
    ASSERT_CODE(map->string("Z"), Code::syntax);
    ck_assert(*map->number("N") == UINT64_MAX);
    ck_assert(!map->number("O").ok() && !map->number("A").ok());
    ck_assert(map->number_or("O", 7) == 7);
    ASSERT_EQ_TEXT(map->string_or("Z", "else"), "else");
    ASSERT_EQ_TEXT(to_list(map->strings("L")), "(x z)");
    ck_assert(map->strings("A").empty() && map->strings("B").empty());
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/sync/dlist");
    TCase* c = tcase_create("all");
    tcase_add_test(c, each_kind_of_value_is_taken);
    tcase_add_test(c, what_breaks_the_grammar_fails_the_stream);
    tcase_add_test(c, a_literal_of_a_client_is_asked_for_and_of_a_server_not);
    tcase_add_test(c, no_shape_of_value_takes_more_memory_than_the_limit);
    tcase_add_test(c, records_pass_by_and_are_not_held);
    tcase_add_test(c, a_record_that_is_refused_ends_no_value);
    tcase_add_test(c, a_file_goes_to_the_hook_byte_by_byte);
    tcase_add_test(c, a_file_that_the_hook_refuses_ends_the_stream);
    tcase_add_test(c, what_is_written_is_read_again);
    tcase_add_test(c, a_map_is_asked_by_key);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
