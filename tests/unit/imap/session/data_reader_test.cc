// The text after DATA.
#include "imap/session/data_reader.h"

#include "lib/stream/memory_layer.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using session::DataReader;

std::string read_in_pieces(const std::string& wire, size_t piece, std::string& rest)
{
    std::string got;
    DataReader reader([&](std::string_view bytes) { got.append(bytes); });
    size_t at = 0;
    while (at < wire.size() && !reader.done())
        at += reader.feed(std::string_view(wire).substr(at, piece));
    rest = reader.done() ? wire.substr(at) : "?";
    return got;
}

struct DataCase {
    const char* wire;
    const char* text;
};

const DataCase kData[] = {
    {".\r\n", ""},
    {"a\r\n.\r\n", "a\r\n"},
    {"..a\r\n...\r\n.\r\n", ".a\r\n..\r\n"},
    {".a\r\n.\r\n", "a\r\n"},
    // No end: something else than CRLF before or behind the dot.
    {"a\n.\r\nb\r\n.\r\n", "a\r\n.\r\nb\r\n"},
    {"a\r\n.\nb\r\n.\r\n", "a\r\n\r\nb\r\n"},
    {"a\n.\nb\r\n.\r\n", "a\r\n.\r\nb\r\n"},
    {"a\r.\r\nb\r\n.\r\n", "a.\r\nb\r\n"},
    {"a\r\n.\rb\r\n.\r\n", "a\r\nb\r\n"},
    {"a\r\r\n.\r\n", "a\r\n"},
    {"\r\n\r\n.\r\n", "\r\n\r\n"},
};

START_TEST(only_the_true_end_ends)
{
    const DataCase& t = kData[_i];
    for (size_t piece = 1; piece < 12; ++piece) {
        std::string rest;
        ASSERT_EQ_TEXT(read_in_pieces(std::string(t.wire) + "QUIT\r\n", piece, rest), t.text);
        ASSERT_EQ_TEXT(rest, "QUIT\r\n");
    }
}
END_TEST

START_TEST(a_client_that_leaves_is_no_end)
{
    stream::MemoryEnds ends{"a\r\n.\r", {}, 3, false, false};
    stream::Stream client(stream::memory_layer(ends));
    DataReader reader([](std::string_view) {});
    ASSERT_CODE(reader.read(client), Code::closed);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/session/data_reader");
    TCase* c = tcase_create("all");
    tcase_add_loop_test(c, only_the_true_end_ends, 0, static_cast<int>(std::size(kData)));
    tcase_add_test(c, a_client_that_leaves_is_no_end);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
