// Messages with parts in binary, as they are kept.
#include "lib/text/binary_parts.h"

#include "lib/base/strings.h"
#include "lib/text/base64.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::text;

namespace {

std::string without(std::string_view message)
{
    std::string out;
    ASSERT_OK(write_without_binary(message, parse_message(message), [&](std::string_view bytes) {
        out += bytes;
        return success();
    }));
    return out;
}

START_TEST(what_is_not_binary_stays)
{
    for (const std::string_view message :
         {std::string_view(""), std::string_view("no header"),
          std::string_view("Subject: x\r\n\r\nbody\r\n"),
          std::string_view("Content-Type: multipart/mixed; boundary=b\r\n\r\nfront\r\n--b\r\n\r\n"
                           "one\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: "
                           "y\r\n\r\ntwo\r\n--b--\r\nback\r\n")})
        ASSERT_EQ_TEXT(without(message), std::string(message));
}
END_TEST

START_TEST(binary_parts_become_base64)
{
    const std::string bytes("\0\r\n\xff--x\n", 9);
    const std::string code = base64_encode(bytes);
    ASSERT_EQ_TEXT(without("content-transfer-encoding:\r\n BINARY (x)\r\nX: y\r\n\r\n" + bytes),
                   "Content-Transfer-Encoding: base64\r\nX: y\r\n\r\n" + code + "\r\n");
    const std::string front =
        "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: ";
    const std::string middle = "\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Transfer-Encoding: ";
    ASSERT_EQ_TEXT(without(front + "binary" + middle + "binary\r\n\r\n" + bytes + "\r\n--b--\r\n"),
                   front + "8bit" + middle + "base64\r\n\r\n" + code + "\r\n--b--\r\n");
    const std::string large(100000, '\0');
    const std::string lines = without("Content-Transfer-Encoding: binary\r\n\r\n" + large);
    size_t longest = 0;
    for (size_t at = 0, end = 0; (end = lines.find("\r\n", at)) != lines.npos; at = end + 2)
        longest = std::max(longest, end - at);
    ck_assert_uint_eq(longest, 76);
    ck_assert(base64_decode_lenient(lines.substr(lines.find("\r\n\r\n")), large.size() + 1) ==
              large);
}
END_TEST

START_TEST(the_sinks_error_is_the_answer)
{
    const Message message = parse_message("X: y\r\n\r\nbody");
    ASSERT_CODE(write_without_binary("X: y\r\n\r\nbody", message,
                                     [](std::string_view) -> Status {
                                         return Error{Code::no_space, "full"};
                                     }),
                Code::no_space);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/binary_parts");
    TCase* c = tcase_create("all");
    tcase_add_test(c, what_is_not_binary_stays);
    tcase_add_test(c, binary_parts_become_base64);
    tcase_add_test(c, the_sinks_error_is_the_answer);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
