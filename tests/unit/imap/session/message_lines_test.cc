#include "imap/session/message_lines.h"

#include <string>

#include "lib/base/strings.h"
#include "lib/stream/memory_layer.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;

std::string sent(std::string_view message)
{
    stream::MemoryEnds ends;
    stream::Stream client(stream::memory_layer(ends));
    ck_assert(session::send_message(client, message));
    ASSERT_OK(client.flush());
    return ends.output;
}

START_TEST(a_dot_before_a_dot_and_an_end_of_the_last_line)
{
    const struct {
        const char* message;
        const char* sent;
    } kCases[] = {
        {"", "\r\n.\r\n"},
        {"a", "a\r\n.\r\n"},
        {"a\r\n", "a\r\n.\r\n"},
        {"\r\n", "\r\n.\r\n"},
        {".", "..\r\n.\r\n"},
        {".\r\n", "..\r\n.\r\n"},
        {"a\r\n.\r\n", "a\r\n..\r\n.\r\n"},
        {"a\r\n..\r\n.b\r\nc.\r\n", "a\r\n...\r\n..b\r\nc.\r\n.\r\n"},
        {"a.\r\n .b\r\n", "a.\r\n .b\r\n.\r\n"},
        // Servers and clients that end lines at a bare LF see no end of the message either.
        {"a\n.\nb\r\n", "a\n..\nb\r\n.\r\n"},
        {"a\n", "a\n\r\n.\r\n"},
        {"a\r", "a\r\r\n.\r\n"},
        {"a\r.b\r\n", "a\r.b\r\n.\r\n"},
        {"\n.\n.\n.", "\n..\n..\n..\r\n.\r\n"},
    };
    for (const auto& c : kCases) ASSERT_EQ_TEXT(sent(c.message), c.sent);
}
END_TEST

// The dot may be the first byte of a piece, the last one, or behind one that ends with its LF.
START_TEST(pieces_end_anywhere)
{
    constexpr size_t kPiece = stream::Stream::kWriteBuffer;
    for (size_t before = kPiece - 4; before <= kPiece + 4; ++before) {
        const std::string head(before, 'x');
        ASSERT_EQ_TEXT(sent(cat(head, "\r\n.y\r\n.")), cat(head, "\r\n..y\r\n..\r\n.\r\n"));
        ASSERT_EQ_TEXT(sent(cat(head, ".\r\n")), cat(head, ".\r\n.\r\n"));
        ASSERT_EQ_TEXT(sent(cat(head, "\n", head, "\n.z\r\n")),
                       cat(head, "\n", head, "\n..z\r\n.\r\n"));
    }
}
END_TEST

START_TEST(nobody_to_send_to)
{
    stream::MemoryEnds ends;
    stream::Stream client(stream::memory_layer(ends));
    client.fail(Error{Code::closed, "gone"});
    ck_assert(!session::send_message(client, std::string(100000, 'x')));
    ASSERT_EQ_TEXT(ends.output, "");
}
END_TEST

START_TEST(tops)
{
    const struct {
        const char* message;
        uint32_t lines;
        const char* top;
    } kCases[] = {
        {"A: b\r\n\r\n1\r\n2\r\n3\r\n", 0, "A: b\r\n\r\n"},
        {"A: b\r\n\r\n1\r\n2\r\n3\r\n", 1, "A: b\r\n\r\n1\r\n"},
        {"A: b\r\n\r\n1\r\n2\r\n3\r\n", 3, "A: b\r\n\r\n1\r\n2\r\n3\r\n"},
        {"A: b\r\n\r\n1\r\n2\r\n3\r\n", 4294967295U, "A: b\r\n\r\n1\r\n2\r\n3\r\n"},
        {"A: b\r\n\r\n1\r\n2", 2, "A: b\r\n\r\n1\r\n2"},
        {"A: b\r\n\r\n\r\n\r\n1\r\n", 2, "A: b\r\n\r\n\r\n\r\n"},
        {"A: b\r\nC: d\r\n", 5, "A: b\r\nC: d\r\n"},
        {"A: b\r\nC: d", 0, "A: b\r\nC: d"},
        {"\r\nno header\r\n", 0, "\r\n"},
        {"\r\nno header\r\n", 1, "\r\nno header\r\n"},
        {"A: b\n\n1\n2\n", 1, "A: b\n\n1\n"},
        {"A: b\r\n \r\nnot the body\r\n\r\n1\r\n", 0, "A: b\r\n \r\nnot the body\r\n\r\n"},
        {"", 3, ""},
    };
    for (const auto& c : kCases) ASSERT_EQ_TEXT(session::top_of(c.message, c.lines), c.top);
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("message_lines");
    TCase* c = tcase_create("message_lines");
    tcase_add_test(c, a_dot_before_a_dot_and_an_end_of_the_last_line);
    tcase_add_test(c, pieces_end_anywhere);
    tcase_add_test(c, nobody_to_send_to);
    tcase_add_test(c, tops);
    suite_add_tcase(suite, c);
    return suite;
}
const test::Registered registered(make);

}  // namespace
