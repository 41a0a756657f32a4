// A unit test file registers its Check suites; tests/unit/main.cc runs those of one folder.
//
//   namespace { Suite* make() {...}  const rookery::test::Registered suite(make); }
#ifndef ROOKERY_TESTS_UNIT_UNIT_H
#define ROOKERY_TESTS_UNIT_UNIT_H

#include <check.h>

#include <string>

// Check's old name for ck_abort_msg; ours is a member function.
#undef fail

namespace rookery::test {

class Registered {
 public:
    explicit Registered(Suite* (*make)());
    static Registered* first;
    Suite* (*make)();
    Registered* next;
};

// A new directory under TMPDIR (or /tmp), removed with its contents at the end of the process that
// made it. Not shared between tests.
class TempDir {
 public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    const std::string& path() const { return path_; }
    std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
    std::string path_;
    int owner_;
};

// Nothing if they are equal, otherwise a text that shows both.
std::string difference(const std::string& got, const std::string& want);

}  // namespace rookery::test

#define ASSERT_EQ_TEXT(got, want)                                                                 \
    do {                                                                                          \
        const std::string text_ = rookery::test::difference(std::string(got), std::string(want)); \
        ck_assert_msg(text_.empty(), "%s", text_.c_str());                                        \
    } while (false)
// The expression is a Result or Status and holds a value.
#define ASSERT_OK(expr)                                                        \
    do {                                                                       \
        const auto& assert_ok_ = (expr);                                       \
        ck_assert_msg(assert_ok_.ok(), "%s: %s", #expr,                        \
                      assert_ok_.ok() ? "" : assert_ok_.error().text.c_str()); \
    } while (false)
#define ASSERT_CODE(expr, wanted)                                                         \
    do {                                                                                  \
        const auto& assert_code_ = (expr);                                                \
        ck_assert_msg(assert_code_.is(wanted), "%s: wanted %s, got %s", #expr,            \
                      std::string(rookery::code_name(wanted)).c_str(),                    \
                      assert_code_.ok() ? "a value" : assert_code_.error().text.c_str()); \
    } while (false)

#endif
