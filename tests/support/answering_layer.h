// AnsweringLayer: a server for tests that says its next piece whenever it was written to.
//
// The ends live in the test and must outlive the layer. When nothing more is to be said it is end
// of file, or, with `silent`, the time-out of a peer that says nothing. One thread.
#ifndef ROOKERY_TESTS_SUPPORT_ANSWERING_LAYER_H
#define ROOKERY_TESTS_SUPPORT_ANSWERING_LAYER_H

#include <string.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "lib/stream/layer.h"

namespace rookery::test {

struct AnsweringEnds {
    std::vector<std::string> answers;  // one for each write
    size_t chunk = 65536;              // most bytes that one read gives
    bool silent = false;
    size_t writes = 0;
    std::string said;     // and not yet read
    std::string written;  // by the other side
};

class AnsweringLayer final : public stream::Layer {
 public:
    explicit AnsweringLayer(AnsweringEnds& ends) : ends_(ends) {}
    Result<size_t> read(std::span<char> into, Deadline) override
    {
        if (ends_.said.empty() && ends_.silent) return Error{Code::timeout, "silent"};
        const size_t n = std::min({into.size(), ends_.said.size(), ends_.chunk});
        ::memcpy(into.data(), ends_.said.data(), n);
        ends_.said.erase(0, n);
        return n;
    }
    Status write(std::string_view bytes, Deadline) override
    {
        ends_.written.append(bytes);
        if (ends_.writes < ends_.answers.size()) ends_.said += ends_.answers[ends_.writes];
        ++ends_.writes;
        return success();
    }
    Status flush(Deadline) override { return success(); }
    bool has_pending() const override { return !ends_.said.empty(); }
    Result<bool> can_read() override { return has_pending(); }
    void shut_down() override {}
    int fd() const override { return -1; }

 private:
    AnsweringEnds& ends_;
};

}  // namespace rookery::test

#endif
