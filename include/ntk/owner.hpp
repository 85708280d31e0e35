/* What the classes of the other headers have in common; for them alone. */
#ifndef NTK_OWNER_HPP
#define NTK_OWNER_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ntk/context.hpp>

namespace ntk {

namespace detail {

/* One handle with the context that explains its failures. Destroy is the C function that takes the handle. */
template <typename Handle, void (*Destroy)(Handle *)> class owner {
  public:
    explicit owner(const context &where) : context_(where), handle_(nullptr) {}
    owner(owner &&other) noexcept : context_(other.context_), handle_(other.handle_) { other.handle_ = nullptr; }
    owner &operator=(owner &&other) noexcept {
        std::swap(handle_, other.handle_);
        std::swap(context_, other.context_);
        return *this;
    }
    owner(const owner &) = delete;
    owner &operator=(const owner &) = delete;
    ~owner() { Destroy(handle_); }

    Handle *get() const noexcept { return handle_; }
    const context &where() const noexcept { return context_; }

  protected:
    void check(ntk_status status) const { context_.check(status); }
    Handle **slot() noexcept { return &handle_; }
    /* What a getter of one value tells, of the whole or of a layer. */
    template <typename Of, typename Value> Value read(ntk_status (*getter)(Of *, Value *)) const {
        Value value = 0;
        check(getter(handle_, &value));
        return value;
    }
    template <typename Value>
    Value read(ntk_status (*getter)(const Handle *, std::int64_t, Value *), std::int64_t layer) const {
        Value value = 0;
        check(getter(handle_, layer, &value));
        return value;
    }

  private:
    context context_;
    Handle *handle_;
};

/* The number of rows of `width` entries in `size` entries. */
inline std::int64_t rows(std::size_t size, std::int64_t width, const char *name) {
    if (width < 1 || size % static_cast<std::size_t>(width) != 0)
        throw error(NTK_ERR_SHAPE, std::string("ntk.hpp: ") + name + " holds " + std::to_string(size) +
                                       " entries, which is no multiple of the row length " + std::to_string(width));
    return static_cast<std::int64_t>(size / static_cast<std::size_t>(width));
}

/* The number of columns of a matrix of `size` entries in `count` rows. */
inline std::int64_t columns(std::size_t size, std::int64_t count, const char *name) {
    if (count < 1 || size % static_cast<std::size_t>(count) != 0)
        throw error(NTK_ERR_SHAPE, std::string("ntk.hpp: ") + name + " holds " + std::to_string(size) +
                                       " entries, which is no multiple of the " + std::to_string(count) + " rows");
    return static_cast<std::int64_t>(size / static_cast<std::size_t>(count));
}

inline void same(std::size_t size, std::int64_t wanted, const char *name) {
    if (size != static_cast<std::size_t>(wanted))
        throw error(NTK_ERR_SHAPE, std::string("ntk.hpp: ") + name + " holds " + std::to_string(size) +
                                       " entries; expected " + std::to_string(wanted));
}

inline void same(std::size_t size, std::int64_t rows, std::int64_t columns, const char *name) {
    if (rows < 1 || columns < 1 || size / static_cast<std::size_t>(rows) != static_cast<std::size_t>(columns) ||
        size % static_cast<std::size_t>(rows) != 0)
        throw error(NTK_ERR_SHAPE, std::string("ntk.hpp: ") + name + " holds " + std::to_string(size) +
                                       " entries; expected " + std::to_string(rows) + " x " + std::to_string(columns));
}

template <typename Real = double> std::vector<Real> matrix(std::int64_t n, std::int64_t m) {
    return std::vector<Real>(static_cast<std::size_t>(n) * static_cast<std::size_t>(m));
}

} // namespace detail

} // namespace ntk

#endif
