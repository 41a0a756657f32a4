// deflate, SASL and telemetry layers, each over two strings.
#include <fcntl.h>

#include "lib/base/fd.h"
#include "lib/stream/deflate_layer.h"
#include "lib/stream/memory_layer.h"
#include "lib/stream/sasl_layer.h"
#include "lib/stream/stream.h"
#include "lib/stream/telemetry_layer.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using stream::Layer;
using stream::MemoryEnds;
using stream::Stream;

Stream deflated(MemoryEnds& ends)
{
    auto layer = stream::deflate_layer(stream::memory_layer(ends));
    ASSERT_OK(layer);
    return Stream(*std::move(layer));
}

START_TEST(what_was_deflated_comes_back)
{
    MemoryEnds a;
    Stream out = deflated(a);
    std::string big(200000, 'z');
    out.put("* OK\r\n");
    ASSERT_OK(out.flush());
    ck_assert(!a.output.empty());
    out.put(big, "\r\n");
    ASSERT_OK(out.flush());
    ck_assert_uint_lt(a.output.size(), 2000);

    MemoryEnds b{a.output, {}, static_cast<size_t>(_i), true, false};
    Stream in = deflated(b);
    ck_assert(*in.wait_input(Deadline::after(Milliseconds(0))));
    ASSERT_EQ_TEXT(*in.read_line(100), "* OK");
    ck_assert(*in.read_line(200000) == big);
    // Everything was given: no byte is pending, and the peer is silent.
    ck_assert(!*in.wait_input(Deadline::after(Milliseconds(0))));
    ASSERT_CODE(in.read_line(10), Code::timeout);
}
END_TEST

START_TEST(a_flush_with_nothing_new_sends_nothing)
{
    MemoryEnds a;
    Stream out = deflated(a);
    out.put("x");
    ASSERT_OK(out.flush());
    size_t before = a.output.size();
    ASSERT_OK(out.flush());
    ck_assert_uint_eq(a.output.size(), before);
}
END_TEST

START_TEST(bytes_that_are_not_deflate_are_refused)
{
    MemoryEnds b{"\xff\xff\xff\xff\xff\xff", {}, 65536, false, false};
    Stream in = deflated(b);
    ASSERT_CODE(in.read_line(10), Code::syntax);
}
END_TEST

// A codec with a length byte in front of each piece of at most 20, each byte turned.
Result<std::string> turn(std::string_view in)
{
    std::string out(1, static_cast<char>(in.size()));
    for (char c : in) out.push_back(static_cast<char>(c ^ 0x55));
    return out;
}

stream::SaslCodec turning_codec()
{
    auto held = std::make_shared<std::string>();  // decode is copied with its state
    return {turn,
            [held](std::string_view in) -> Result<std::string> {
                held->append(in);
                std::string out;
                while (!held->empty() && held->size() > static_cast<size_t>(held->front())) {
                    size_t n = static_cast<size_t>(held->front());
                    if (n > 20) return Error{Code::limit, "too long"};
                    for (char c : held->substr(1, n)) out.push_back(static_cast<char>(c ^ 0x55));
                    held->erase(0, n + 1);
                }
                return out;
            },
            20};
}

START_TEST(sasl_pieces_are_bounded_and_joined_again)
{
    MemoryEnds a;
    Stream out(stream::sasl_layer(turning_codec(), stream::memory_layer(a)));
    std::string text(97, 'm');
    out.put(text, "\r\n");
    ASSERT_OK(out.flush());
    ck_assert_uint_eq(a.output.size(), 99 + 5);
    MemoryEnds b{a.output, {}, static_cast<size_t>(_i), true, false};
    Stream in(stream::sasl_layer(turning_codec(), stream::memory_layer(b)));
    ASSERT_EQ_TEXT(*in.read_line(100), text);
    // Half a piece is no input.
    b.input = a.output.substr(0, 10);
    ASSERT_CODE(in.read_line(100), Code::timeout);
}
END_TEST

START_TEST(telemetry_shows_both_directions)
{
    test::TempDir dir;
    auto log = open_file(dir.file("log"), O_WRONLY | O_CREAT | O_APPEND);
    ASSERT_OK(log);
    MemoryEnds a{"a1 NOOP\r\n", {}, 65536, false, false};
    Stream s(stream::telemetry_layer(*std::move(log), stream::memory_layer(a)));
    ASSERT_EQ_TEXT(*s.read_line(100), "a1 NOOP");
    s.put("a1 OK\r\n");
    ASSERT_OK(s.flush());
    auto text = read_file(dir.file("log"), 4096);
    ASSERT_OK(text);
    ck_assert(text->starts_with("\n<"));
    ck_assert(text->find("<a1 NOOP\r\n\n>") != std::string::npos);
    ck_assert(text->ends_with(">a1 OK\r\n"));
    ASSERT_EQ_TEXT(a.output, "a1 OK\r\n");
    s.unwrap_layer();
    s.unwrap_layer();  // there is nothing more to take off
    s.put("a2 OK\r\n");
    ASSERT_OK(s.flush());
    ASSERT_EQ_TEXT(a.output, "a1 OK\r\na2 OK\r\n");
    ck_assert_uint_eq(read_file(dir.file("log"), 4096)->size(), text->size());
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/stream/layers");
    TCase* c = tcase_create("all");
    tcase_add_loop_test(c, what_was_deflated_comes_back, 1, 40);
    tcase_add_test(c, a_flush_with_nothing_new_sends_nothing);
    tcase_add_test(c, bytes_that_are_not_deflate_are_refused);
    tcase_add_loop_test(c, sasl_pieces_are_bounded_and_joined_again, 1, 30);
    tcase_add_test(c, telemetry_shows_both_directions);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
