#include "lib/stream/stream.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <iterator>
#include <utility>

#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/stream/memory_layer.h"
#include "lib/stream/outbox_layer.h"
#include "lib/stream/unread.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using stream::MemoryEnds;
using stream::Stream;

std::pair<Fd, Fd> socket_pair()
{
    int ends[2];
    ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    return {Fd(ends[0]), Fd(ends[1])};
}

START_TEST(lines_end_with_crlf_or_lf)
{
    MemoryEnds ends{"a\r\nb\n\r\nlast", {}, static_cast<size_t>(_i), false, false};
    Stream s(stream::memory_layer(ends));
    ASSERT_EQ_TEXT(*s.read_line(10), "a");
    ASSERT_EQ_TEXT(*s.read_line(10), "b");
    ASSERT_EQ_TEXT(*s.read_line(10), "");
    ASSERT_CODE(s.read_line(10), Code::closed);
    ck_assert(!s.ok());
}
END_TEST

START_TEST(a_long_line_is_refused_and_can_be_skipped)
{
    MemoryEnds ends{"12345\r\n123456\r\n12345\n" + std::string(30000, 'x') + "\r\nz\r\n",
                    {},
                    static_cast<size_t>(_i),
                    false,
                    false};
    Stream s(stream::memory_layer(ends));
    ASSERT_EQ_TEXT(*s.read_line(5), "12345");
    ASSERT_CODE(s.read_line(5), Code::limit);
    ck_assert(s.ok());
    ASSERT_OK(s.skip_line(100));
    ASSERT_EQ_TEXT(*s.read_line(5), "12345");
    ASSERT_CODE(s.read_line(5), Code::limit);
    ASSERT_CODE(s.skip_line(1000), Code::limit);
    ck_assert(s.ok());
    ASSERT_OK(s.skip_line(100000));
    ASSERT_EQ_TEXT(*s.read_line(5), "z");
}
END_TEST

START_TEST(the_first_failure_stays)
{
    MemoryEnds ends{"abc\r\n", {}, 65536, false, false};
    Stream s(stream::memory_layer(ends));
    s.put("x");
    s.fail(Error{Code::syntax, "first"});
    s.fail(Error{Code::io, "second"});
    ASSERT_CODE(s.read_line(10), Code::syntax);
    ASSERT_CODE(s.flush(), Code::syntax);
    s.put("y");
    ck_assert_uint_eq(s.unflushed(), 0);
    ASSERT_EQ_TEXT(ends.output, "");
}
END_TEST

START_TEST(output_is_collected_until_flush_or_a_full_buffer)
{
    MemoryEnds ends;
    Stream s(stream::memory_layer(ends));
    s.put("* ", 1, ' ', "EXISTS", "\r\n");
    ASSERT_EQ_TEXT(ends.output, "");
    ASSERT_OK(s.flush());
    ASSERT_EQ_TEXT(ends.output, "* 1 EXISTS\r\n");
    s.put(std::string(Stream::kWriteBuffer, 'x'));
    ck_assert_uint_eq(s.unflushed(), 0);
}
END_TEST

START_TEST(a_flush_that_would_wait_is_known)
{
    auto [ours, theirs] = socket_pair();
    Stream s(std::move(ours));
    s.put("x");
    ck_assert(s.can_flush());
    const std::string much(65536, 'x');
    size_t unread = 0;
    for (ssize_t n = 0; n >= 0; n = ::send(s.fd(), much.data(), much.size(), MSG_DONTWAIT))
        unread += static_cast<size_t>(n);
    ck_assert(!s.can_flush());
    std::string taken(unread, '\0');
    for (size_t have = 0; have < unread;) {
        const ssize_t n = ::read(theirs.get(), taken.data() + have, unread - have);
        ck_assert(n > 0);
        have += static_cast<size_t>(n);
    }
    ck_assert(s.can_flush());
    // More than a line is more than may be counted on.
    s.put(std::string(2000, 'x'));
    ck_assert(!s.can_flush());
    theirs = Fd();
    s.fail(Error{Code::closed, {}});
    ck_assert(!s.can_flush());
}
END_TEST

START_TEST(a_silent_peer_is_a_timeout)
{
    auto [mine, theirs] = socket_pair();
    Stream s(std::move(mine));
    s.set_timeout(Milliseconds(30));
    ASSERT_CODE(s.read_line(10), Code::timeout);

    auto [mine2, theirs2] = socket_pair();
    Stream t(std::move(mine2));
    t.set_deadline(Deadline::after(Milliseconds(30)));
    ASSERT_CODE(t.get(), Code::timeout);

    // A peer that takes nothing: the write ends too.
    auto [mine3, theirs3] = socket_pair();
    Stream u(std::move(mine3));
    u.set_timeout(Milliseconds(30));
    u.put(std::string(8 << 20, 'x'));
    ASSERT_CODE(u.flush(), Code::timeout);
}
END_TEST

START_TEST(a_peer_that_is_gone_is_closed)
{
    auto [mine, theirs] = socket_pair();
    theirs.reset();
    Stream s(std::move(mine));
    s.put("x");
    ASSERT_CODE(s.flush(), Code::closed);
    ASSERT_CODE(s.read_line(10), Code::closed);
}
END_TEST

START_TEST(input_is_waited_for_and_a_request_to_end_stops_the_wait)
{
    signals::install();
    auto [mine, theirs] = socket_pair();
    Stream s(std::move(mine));
    auto none = s.wait_input(Deadline::after(Milliseconds(20)));
    ASSERT_OK(none);
    ck_assert(!*none);
    ck_assert(s.ok());
    ck_assert_int_eq(::write(theirs.get(), "a\r\nb\r\n", 6), 6);
    ck_assert(*s.wait_input(Deadline::never()));
    ASSERT_EQ_TEXT(*s.read_line(10), "a");
    ck_assert(s.has_input());
    ck_assert(*s.wait_input(Deadline::never()));
    ASSERT_EQ_TEXT(*s.read_line(10), "b");
    ck_assert(!s.has_input());
    ck_assert_int_eq(::kill(::getpid(), SIGTERM), 0);
    ck_assert(!*s.wait_input(Deadline::never()));
    ck_assert(signals::terminate_seen());
    // A read is not cut short by the same signal.
    s.set_timeout(Milliseconds(30));
    ASSERT_CODE(s.read_line(10), Code::timeout);
}
END_TEST

START_TEST(an_end_of_file_counts_as_input)
{
    auto [mine, theirs] = socket_pair();
    Stream s(std::move(mine));
    theirs.reset();
    ck_assert(*s.wait_input(Deadline::never()));
    char c;
    ck_assert_uint_eq(*s.read_some({&c, 1}), 0);
}
END_TEST

START_TEST(copies_exactly_so_many_bytes)
{
    const size_t sizes[] = {0, 1, 4095, 8192, 8193, 70000, 300001};
    for (size_t n : sizes) {
        std::string body(n, 'q');
        MemoryEnds from{"{9}\r\n" + body + "tail\r\n", {}, 5000, false, false};
        MemoryEnds to;
        Stream in(stream::memory_layer(from));
        Stream out(stream::memory_layer(to));
        ASSERT_EQ_TEXT(*in.read_line(10), "{9}");
        out.put("<");
        ASSERT_OK(stream::copy(in, out, n));
        out.put(">");
        ASSERT_OK(out.flush());
        ck_assert(to.output == "<" + body + ">");
        ASSERT_EQ_TEXT(*in.read_line(10), "tail");
    }
    MemoryEnds cut{"abc", {}, 5000, false, false};
    MemoryEnds to;
    Stream in(stream::memory_layer(cut));
    Stream out(stream::memory_layer(to));
    ASSERT_CODE(stream::copy(in, out, 4), Code::closed);
    ck_assert(out.ok());
}
END_TEST

START_TEST(plaintext_left_over_stops_a_new_layer)
{
    MemoryEnds ends{"STARTTLS\r\nNOOP\r\n", {}, 65536, false, false};
    Stream s(stream::memory_layer(ends));
    ASSERT_EQ_TEXT(*s.read_line(10), "STARTTLS");
    bool made = false;
    auto pushed = s.push_layer(
        [&](std::unique_ptr<stream::Layer> below) -> Result<std::unique_ptr<stream::Layer>> {
            made = true;
            return below;
        });
    ASSERT_CODE(pushed, Code::syntax);
    ck_assert(!made);
    ck_assert(!s.ok());
}
END_TEST

// A layer that takes what it is given as its own, one byte at a time in another case.
class Shout final : public stream::Layer {
 public:
    explicit Shout(std::unique_ptr<stream::Layer> below) : below_(std::move(below)) {}
    Result<size_t> read(std::span<char> into, Deadline deadline) override
    {
        TRY_ASSIGN(const size_t n, below_->read(into, deadline));
        for (char& c : into.first(n)) c = to_upper(c);
        return n;
    }
    Status write(std::string_view bytes, Deadline deadline) override
    {
        return below_->write(bytes, deadline);
    }
    Status flush(Deadline deadline) override { return below_->flush(deadline); }
    bool has_pending() const override { return below_->has_pending(); }
    Result<bool> can_read() override { return below_->can_read(); }
    void shut_down() override { below_->shut_down(); }
    int fd() const override { return below_->fd(); }

 private:
    std::unique_ptr<stream::Layer> below_;
};

START_TEST(what_nobody_has_read_can_go_to_a_new_layer)
{
    MemoryEnds ends{"ok\r\nearly\r\nlate\r\n", {}, static_cast<size_t>(_i), false, false};
    Stream s(stream::memory_layer(ends));
    ASSERT_EQ_TEXT(*s.read_line(10), "ok");
    stream::unread(s);
    ASSERT_OK(s.push_layer([](std::unique_ptr<stream::Layer> below) {
        return Result<std::unique_ptr<stream::Layer>>(std::make_unique<Shout>(std::move(below)));
    }));
    s.put("said");
    ASSERT_OK(s.flush());
    ASSERT_EQ_TEXT(*s.read_line(10), "EARLY");
    ASSERT_EQ_TEXT(*s.read_line(10), "LATE");
    ASSERT_CODE(s.read_line(10), Code::closed);
    ASSERT_EQ_TEXT(ends.output, "said");
}
END_TEST

START_TEST(buffers_come_and_go_without_losing_bytes)
{
    MemoryEnds ends{"a\r\nb\r\n", {}, 65536, true, false};
    Stream s(stream::memory_layer(ends));
    ASSERT_EQ_TEXT(*s.read_line(10), "a");
    s.put("x");
    s.release_buffers();
    ASSERT_EQ_TEXT(*s.read_line(10), "b");
    ASSERT_OK(s.flush());
    ASSERT_EQ_TEXT(ends.output, "x");
    s.release_buffers();
    ends.input = "c\r\n";
    ASSERT_EQ_TEXT(*s.read_line(10), "c");
    s.put("bye");
    s.close();
    ASSERT_EQ_TEXT(ends.output, "xbye");
    ck_assert(ends.shut_down);
    ck_assert(!s.is_open());
    ASSERT_CODE(s.read_line(10), Code::closed);
}
END_TEST

// Every way to read, each for a peer that has more to say at once.
Status (*const kReads[])(Stream&) = {
    [](Stream& s) -> Status {
        TRY(s.peek());
        return success();
    },
    [](Stream& s) -> Status {
        TRY(s.get());
        return success();
    },
    [](Stream& s) -> Status {
        TRY(s.read_line(100));
        return success();
    },
    [](Stream& s) { return s.skip_line(100); },
    [](Stream& s) -> Status {
        char some[3];
        return s.read_exact(some);
    },
    [](Stream& s) -> Status {
        char some[3];
        TRY(s.read_some(some));
        return success();
    },
};

START_TEST(after_its_time_nothing_more_is_read)
{
    MemoryEnds ends{"a\r\nbcd\r\nefg\r\n", {}, 65536, false, false};
    Stream s(stream::memory_layer(ends));
    if (_i % 2 == 0) ASSERT_EQ_TEXT(*s.read_line(10), "a");  // the rest is in the buffer
    s.set_deadline(Deadline::at(monotonic_now()));
    // What was to be said goes out, and a last word after it, once.
    s.put("said;");
    ASSERT_OK(s.flush());
    s.put("unsaid;");
    ASSERT_CODE(kReads[_i / 2](s), Code::timeout);
    ck_assert(!s.ok());
    s.last_word("bye;");
    s.last_word("bye;");
    ASSERT_EQ_TEXT(ends.output, "said;bye;");
}
END_TEST

START_TEST(beyond_what_a_peer_may_say_nothing_more_is_read)
{
    MemoryEnds ends{"a\r\nbcd\r\nefg\r\n", {}, 8, false, false};
    Stream s(stream::memory_layer(ends));
    s.set_allowance(8);
    ASSERT_EQ_TEXT(*s.read_line(10), "a");
    if (_i == 0) {
        ASSERT_EQ_TEXT(*s.read_line(10), "bcd");
        ASSERT_CODE(s.read_line(10), Code::limit);
        ck_assert(!s.ok());
        s.last_word("bye;");
        ASSERT_EQ_TEXT(ends.output, "bye;");
    } else {
        s.set_allowance(UINT64_MAX);
        ASSERT_EQ_TEXT(*s.read_line(10), "bcd");
        ASSERT_EQ_TEXT(*s.read_line(10), "efg");
    }
}
END_TEST

START_TEST(a_request_to_end_ends_reading_where_it_is_to)
{
    signals::install();
    auto [mine, theirs] = socket_pair();
    ASSERT_OK(write_all(theirs.get(), "a\r\nbcd\r\nefg\r\n"));
    Stream s(std::move(mine));
    s.set_deadline(Deadline::after(Seconds(60)).or_told_to_end());
    ASSERT_EQ_TEXT(*s.read_line(10), "a");
    ck_assert_int_eq(::kill(::getpid(), SIGTERM), 0);
    // What was taken in already is there; no wait begins, no byte more is taken in.
    ASSERT_EQ_TEXT(*s.read_line(10), "bcd");
    ASSERT_EQ_TEXT(*s.read_line(10), "efg");
    if (_i == 1) ASSERT_OK(write_all(theirs.get(), "h\r\n"));
    s.put("said;");
    ASSERT_OK(s.flush());
    ASSERT_CODE(s.read_line(10), Code::timeout);
    s.last_word("bye;");
    char got[20];
    ck_assert_int_eq(::read(theirs.get(), got, sizeof got), 9);
    ASSERT_EQ_TEXT(std::string(got, 9), "said;bye;");
}
END_TEST

START_TEST(who_is_gone_or_wrong_gets_no_last_word)
{
    MemoryEnds ends{"abc", {}, 65536, false, false};
    Stream s(stream::memory_layer(ends));
    if (_i == 0) ASSERT_CODE(s.read_line(10), Code::closed);
    if (_i == 1) s.fail(Error{Code::syntax, "wrong"});
    s.last_word("bye;");
    ASSERT_EQ_TEXT(ends.output, "");
}
END_TEST

START_TEST(an_outbox_waits_for_nobody_and_loses_nothing)
{
    auto [mine, theirs] = socket_pair();
    auto bottom = std::make_unique<stream::OutboxLayer>(std::move(mine));
    stream::OutboxLayer& outbox = *bottom;
    Stream s(std::move(bottom));
    s.set_timeout(Milliseconds(0));
    std::string all;
    for (int i = 0; i < 200'000; ++i) cat_to(all, i, ' ');
    s.put(all);
    ASSERT_OK(s.flush());
    ck_assert_uint_gt(outbox.held(), 0);
    ck_assert_uint_lt(outbox.held(), all.size());
    s.put("end");
    std::string got;
    while (got.size() < all.size() + 3) {
        char some[50'000];
        const ssize_t n = ::read(theirs.get(), some, sizeof some);
        ck_assert_int_gt(n, 0);
        got.append(some, static_cast<size_t>(n));
        ASSERT_OK(s.flush());
    }
    ck_assert_uint_eq(outbox.held(), 0);
    ck_assert(got == all + "end");
    // Something is held for one that has gone: that is seen at the next attempt.
    s.put(all);
    ASSERT_OK(s.flush());
    theirs.reset();
    ASSERT_CODE(s.flush(), Code::closed);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/stream/stream");
    TCase* c = tcase_create("all");
    tcase_add_loop_test(c, lines_end_with_crlf_or_lf, 1, 8);
    tcase_add_loop_test(c, a_long_line_is_refused_and_can_be_skipped, 1, 12);
    tcase_add_test(c, the_first_failure_stays);
    tcase_add_test(c, output_is_collected_until_flush_or_a_full_buffer);
    tcase_add_test(c, a_flush_that_would_wait_is_known);
    tcase_add_test(c, a_silent_peer_is_a_timeout);
    tcase_add_test(c, a_peer_that_is_gone_is_closed);
    tcase_add_test(c, input_is_waited_for_and_a_request_to_end_stops_the_wait);
    tcase_add_test(c, an_end_of_file_counts_as_input);
    tcase_add_test(c, copies_exactly_so_many_bytes);
    tcase_add_test(c, plaintext_left_over_stops_a_new_layer);
    tcase_add_loop_test(c, what_nobody_has_read_can_go_to_a_new_layer, 1, 12);
    tcase_add_test(c, buffers_come_and_go_without_losing_bytes);
    tcase_add_loop_test(c, after_its_time_nothing_more_is_read, 0, 2 * std::ssize(kReads));
    tcase_add_loop_test(c, beyond_what_a_peer_may_say_nothing_more_is_read, 0, 2);
    tcase_add_loop_test(c, a_request_to_end_ends_reading_where_it_is_to, 0, 2);
    tcase_add_loop_test(c, who_is_gone_or_wrong_gets_no_last_word, 0, 2);
    tcase_add_test(c, an_outbox_waits_for_nobody_and_loses_nothing);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
