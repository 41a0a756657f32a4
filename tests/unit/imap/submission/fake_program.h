// A sendmail program of a test: a shell script that records its words and its input, and ends as
// the test says.
#ifndef ROOKERY_TESTS_UNIT_IMAP_SUBMISSION_FAKE_PROGRAM_H
#define ROOKERY_TESTS_UNIT_IMAP_SUBMISSION_FAKE_PROGRAM_H

#include <string>

#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace rookery::test {

class FakeProgram {
 public:
    explicit FakeProgram(const TempDir& folder) : folder_(folder.path()) { becomes("exit 0"); }
    // What it does once it has recorded the call.
    void becomes(const std::string& end)
    {
        says(cat("d='", folder_, "'\nprintf '%s\\n' \"$@\" >\"$d/words\"\ncat >\"$d/input\"\n",
                 "echo >>\"$d/calls\"\n", end, '\n'));
    }
    void says(const std::string& script)
    {
        ASSERT_OK(replace_file(path(), cat("#!/bin/sh\n", script, '\n'), 0700));
    }
    std::string path() const { return folder_ + "/sendmail"; }
    std::string words() const { return recorded("words"); }
    std::string input() const { return recorded("input"); }
    size_t calls() const { return recorded("calls").size(); }

 private:
    std::string recorded(const std::string& what) const
    {
        return read_file(folder_ + "/" + what, 1u << 26).value_or("");
    }
    std::string folder_;
};

}  // namespace rookery::test

#endif
