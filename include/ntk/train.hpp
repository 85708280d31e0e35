/* ntk::trainer. See ntk.hpp and train.h. */
#ifndef NTK_TRAIN_HPP
#define NTK_TRAIN_HPP

#include <cstdint>
#include <string>
#include <vector>

#include <ntk/loss.hpp>
#include <ntk/network.hpp>
#include <ntk/train.h>

namespace ntk {

/* Training of a network or its linearisation. See train.h. */
class trainer : public detail::owner<ntk_trainer, ntk_trainer_destroy> {
  public:
    /* x is n x N_0, y is n x c. Network, data and loss are copied. */
    trainer(const network &of, std::int64_t n, const double *x, std::int64_t ldx, const double *y, std::int64_t ldy,
            const loss &with)
        : owner(of.where()), samples_(n), inputs_(of.inputs()), outputs_(of.outputs()),
          parameters_(of.parameter_count()) {
        check(ntk_trainer_create(of.get(), n, x, ldx, y, ldy, with.get(), slot()));
    }
    trainer(const network &of, const std::vector<double> &x, const std::vector<double> &y, const loss &with)
        : owner(of.where()), samples_(detail::rows(x.size(), of.inputs(), "x")), inputs_(of.inputs()),
          outputs_(of.outputs()), parameters_(of.parameter_count()) {
        detail::same(y.size(), samples_, outputs_, "y");
        check(ntk_trainer_create(of.get(), samples_, x.data(), inputs_, y.data(), outputs_, with.get(), slot()));
    }

    /* NTK_TRAIN_DESCENT or _FLOW; NTK_MODEL_NETWORK or _LINEARISED. */
    void set_method(std::int32_t method) { check(ntk_trainer_set_method(get(), method)); }
    void set_model(std::int32_t model) { check(ntk_trainer_set_model(get(), model)); }
    /* 0 for the default. */
    void set_learning_rate(double rate) { check(ntk_trainer_set_learning_rate(get(), rate)); }
    void set_momentum(double momentum) { check(ntk_trainer_set_momentum(get(), momentum)); }
    void set_batch(std::int64_t size, std::uint64_t seed) { check(ntk_trainer_set_batch(get(), size, seed)); }
    void set_weight_decay(double decay) { check(ntk_trainer_set_weight_decay(get(), decay)); }
    void set_initial_decay(double decay) { check(ntk_trainer_set_initial_decay(get(), decay)); }
    /* n entries; an empty vector stands for ones. */
    void set_sample_weights(const std::vector<double> &w) {
        if (!w.empty())
            detail::same(w.size(), samples_, "w");
        check(ntk_trainer_set_sample_weights(get(), samples_, w.empty() ? nullptr : w.data()));
    }
    void set_centred(bool on) { check(ntk_trainer_set_centred(get(), on ? 1 : 0)); }
    void set_tolerance(double tolerance) { check(ntk_trainer_set_tolerance(get(), tolerance)); }

    void advance(double t) { check(ntk_trainer_advance(get(), t)); }

    struct progress {
        double time;
        std::int64_t steps, evaluations;
    };
    progress reached() const {
        progress value = {0, 0, 0};
        check(ntk_trainer_get_time(get(), &value.time, &value.steps, &value.evaluations));
        return value;
    }
    double learning_rate() { return read(ntk_trainer_get_learning_rate); }
    /* On the training set, without decay terms. */
    double training_loss() { return read(ntk_trainer_get_loss); }
    /* |theta - theta_0| */
    double distance() const { return read(ntk_trainer_get_distance); }
    double kernel_drift(const std::vector<double> &z) {
        double value = 0;
        check(ntk_trainer_get_kernel_drift(get(), detail::rows(z.size(), inputs_, "z"), z.data(), inputs_, &value));
        return value;
    }
    void predict(std::int64_t m, const double *z, std::int64_t ldz, double *f, std::int64_t ldf) {
        check(ntk_trainer_predict(get(), m, z, ldz, f, ldf));
    }
    /* The model's outputs, m x c. */
    std::vector<double> predict(const std::vector<double> &z) {
        const std::int64_t m = detail::rows(z.size(), inputs_, "z");
        std::vector<double> f = detail::matrix(m, outputs_);
        predict(m, z.data(), inputs_, f.data(), outputs_);
        return f;
    }
    /* theta, P entries. */
    std::vector<double> parameters() const {
        std::vector<double> theta = detail::matrix(parameters_, 1);
        check(ntk_trainer_get_parameters(get(), parameters_, theta.data()));
        return theta;
    }
    network trained() const {
        network result(where());
        check(ntk_trainer_get_network(get(), result.slot()));
        return result;
    }

    /* As the C function: what was reached before a failure is there. */
    void record(std::int64_t count, const double *times, std::int64_t m, const double *z, std::int64_t ldz,
                double *losses, double *f, std::int64_t ldf, double *distances, double *drifts, std::int64_t *done) {
        check(ntk_trainer_record(get(), count, times, m, z, ldz, losses, f, ldf, distances, drifts, done));
    }
    /* One entry for each time; f: one m x c matrix. */
    struct history {
        std::vector<double> loss, f, distance, drift;
    };
    /* drift stays empty unless it is wanted: it costs Gram matrices of z. */
    history record(const std::vector<double> &times, const std::vector<double> &z, bool drift = false) {
        const std::int64_t count = static_cast<std::int64_t>(times.size()), m = detail::rows(z.size(), inputs_, "z");
        history result = {detail::matrix(count, 1), detail::matrix(count * m, outputs_), detail::matrix(count, 1),
                          detail::matrix(drift ? count : 0, 1)};
        record(count, times.data(), m, z.data(), inputs_, result.loss.data(), result.f.data(), outputs_,
               result.distance.data(), drift ? result.drift.data() : nullptr, nullptr);
        return result;
    }
    /* Root mean square and maximum of |f_t - f_t^lin| over the points z, at each time. */
    struct difference {
        std::vector<double> rms, largest;
    };
    difference compare_linearised(const std::vector<double> &times, const std::vector<double> &z) {
        const std::int64_t count = static_cast<std::int64_t>(times.size()), m = detail::rows(z.size(), inputs_, "z");
        difference result = {detail::matrix(count, 1), detail::matrix(count, 1)};
        check(ntk_trainer_compare_linearised(get(), count, times.data(), m, z.data(), inputs_, result.rms.data(),
                                             result.largest.data()));
        return result;
    }

    void save(const std::string &path) const { check(ntk_trainer_save(get(), path.c_str())); }
    void restore(const std::string &path) { check(ntk_trainer_restore(get(), path.c_str())); }

  private:
    std::int64_t samples_, inputs_, outputs_, parameters_;
};

} // namespace ntk

#endif
