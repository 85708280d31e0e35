/* libntk for C++11 and later: thin owners of the C handles, whose methods throw where the C functions return a status.
 *
 *     ntk::context context;
 *     ntk::mlp mlp(context, {2, 512, 512, 1}, NTK_ACTIVATION_RELU);
 *     mlp.set_weight_std(std::sqrt(2.0));
 *     ntk::kernel kernel = ntk::kernel::analytic(mlp, NTK_KERNEL_NTK);
 *     ntk::flow flow(kernel, x, y);                       // std::vector<double>, rows one after the other
 *     std::vector<double> f = flow.predict_at(ntk::infinity, z);
 *
 * - Every class owns one handle, can be moved and not copied; get() gives the handle for use with the C functions. A
 *   moved-from object can be destroyed or assigned to; its methods throw NTK_ERR_NULL.
 * - Methods that take pointers allocate nothing of their own and follow the C functions argument by argument. Methods
 *   that take vectors expect densely packed rows, find the number of rows by division, and return a new vector. So do
 *   the constructors, where the number of outputs c can be given, and y must then hold n x c entries. Without it c is
 *   what the entries of y leave for each of the n rows of x, and a y that cannot be divided so is refused.
 * - ntk::error carries the status and the library's sentence. std::bad_alloc comes from the vectors only.
 * - An object keeps its context alive: a context is one small shared block, and copies of ntk::context share it. One
 *   context, with all that was made in it, is used by one thread at a time. Only cancel() may come from another thread.
 *
 * One header for each class or two; this one includes all. They are not compiled into the library, so they are no part
 * of the ABI. Example: examples/quickstart.cpp.
 * Since 0.1. */
#ifndef NTK_NTK_HPP
#define NTK_NTK_HPP

#include <ntk/ntk.h>

#include <ntk/context.hpp>
#include <ntk/mlp.hpp>
#include <ntk/loss.hpp>
#include <ntk/network.hpp>
#include <ntk/kernel.hpp>
#include <ntk/train.hpp>
#include <ntk/flow.hpp>
#include <ntk/ensemble.hpp>
#include <ntk/svm.hpp>
#include <ntk/bayes.hpp>

#endif
