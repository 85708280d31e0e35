/* ntk::loss. See ntk.hpp and loss.h. */
#ifndef NTK_LOSS_HPP
#define NTK_LOSS_HPP

#include <cstdint>
#include <vector>

#include <ntk/loss.h>
#include <ntk/owner.hpp>

namespace ntk {

/* A loss, by kind or by functions of the caller. See loss.h. */
class loss : public detail::owner<ntk_loss, ntk_loss_destroy> {
  public:
    explicit loss(const context &where, std::int32_t kind = NTK_LOSS_SQUARED,
                  const std::vector<double> &parameters = {})
        : owner(where) {
        check(ntk_loss_create(where.get(), kind, parameters.data(), static_cast<std::int64_t>(parameters.size()),
                              slot()));
    }
    /* The functions are C functions and must not throw; `user` must outlive all that is made with the loss. */
    static loss from_function(const context &where, ntk_loss_gradient_function gradient,
                              ntk_loss_value_function value = nullptr, void *user = nullptr) {
        loss result(where, empty());
        result.check(ntk_loss_create_function(where.get(), gradient, value, user, result.slot()));
        return result;
    }
    std::int32_t kind() const { return read(ntk_loss_get_kind); }
    void evaluate(std::int64_t n, std::int64_t c, const double *f, std::int64_t ldf, const double *y, std::int64_t ldy,
                  double *value, double *gradient, std::int64_t ldg) const {
        check(ntk_loss_evaluate(get(), n, c, f, ldf, y, ldy, value, gradient, ldg));
    }
    /* What the loss makes of each of the rows of c outputs, and its gradient, n x c. */
    std::vector<double> values(const std::vector<double> &f, const std::vector<double> &y, std::int64_t c) const {
        const std::int64_t n = detail::rows(f.size(), c, "f");
        detail::same(y.size(), n, c, "y");
        std::vector<double> value = detail::matrix(n, 1);
        evaluate(n, c, f.data(), c, y.data(), c, value.data(), nullptr, 0);
        return value;
    }
    std::vector<double> gradient(const std::vector<double> &f, const std::vector<double> &y, std::int64_t c) const {
        const std::int64_t n = detail::rows(f.size(), c, "f");
        detail::same(y.size(), n, c, "y");
        std::vector<double> slopes = detail::matrix(n, c);
        evaluate(n, c, f.data(), c, y.data(), c, nullptr, slopes.data(), c);
        return slopes;
    }

  private:
    struct empty {};
    loss(const context &where, empty) : owner(where) {}
};

} // namespace ntk

#endif
