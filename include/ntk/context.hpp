/* Errors, the library's version and ntk::context. See ntk.hpp and context.h. */
#ifndef NTK_CONTEXT_HPP
#define NTK_CONTEXT_HPP

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include <ntk/context.h>
#include <ntk/version.h>

namespace ntk {

/* What a failed call throws: what() is the library's sentence, status() its code. */
class error : public std::runtime_error {
  public:
    error(ntk_status status, const std::string &sentence) : std::runtime_error(sentence), status_(status) {}
    ntk_status status() const noexcept { return status_; }

  private:
    ntk_status status_;
};

/* The version of the library that runs. */
inline std::string version() { return ntk_version(); }

/* Where memory comes from, how many threads work, who hears of progress. Copies share one ntk_context. */
class context {
  public:
    context() : shared_(create(nullptr)) {}
    explicit context(const ntk_allocator &allocator) : shared_(create(&allocator)) {}

    void set_threads(std::int32_t threads) { check(ntk_context_set_threads(get(), threads)); }
    std::int32_t threads() const {
        std::int32_t value = 0;
        check(ntk_context_get_threads(get(), &value));
        return value;
    }
    /* The callbacks are C functions and must not throw. */
    void set_log(ntk_log_callback callback, void *user) { check(ntk_context_set_log(get(), callback, user)); }
    void set_progress(ntk_progress_callback callback, void *user) {
        check(ntk_context_set_progress(get(), callback, user));
    }
    void cancel() noexcept { ntk_context_cancel(get()); }
    void clear_cancel() noexcept { ntk_context_clear_cancel(get()); }

    std::int32_t blas_integer_bits() const {
        std::int32_t value = 0;
        check(ntk_context_get_blas_integer_bits(get(), &value));
        return value;
    }
    std::string blas_description() const { return ntk_context_blas_description(get()); }
    std::string cpu_path() const { return ntk_context_cpu_path(get()); }

    ntk_context *get() const noexcept { return shared_.get(); }

    /* Throws ntk::error unless `status` is NTK_SUCCESS: for calls of the C functions with this context's handles. */
    void check(ntk_status status) const {
        if (status != NTK_SUCCESS)
            throw error(status, ntk_context_last_status(get()) == status ? ntk_context_last_error(get())
                                                                         : ntk_status_string(status));
    }

  private:
    static std::shared_ptr<ntk_context> create(const ntk_allocator *allocator) {
        ntk_context *raw = nullptr;
        const ntk_status status =
            allocator ? ntk_context_create_with_allocator(allocator, &raw) : ntk_context_create(&raw);
        if (status != NTK_SUCCESS)
            throw error(status, std::string("ntk_context_create: ") + ntk_status_string(status));
        return std::shared_ptr<ntk_context>(raw, ntk_context_destroy);
    }

    std::shared_ptr<ntk_context> shared_;
};

} // namespace ntk

#endif
