/* libntk: the Neural Tangent Kernel of multi-layer perceptrons. This header includes all others.
 *
 * Data flows one way: spec (ntk_mlp) -> kernel (ntk_kernel) -> solver (ntk_flow, ntk_gp) -> prediction.
 * A network of real width (ntk_network) stands beside the kernel, and its training (ntk_trainer) beside the solvers.
 *
 * version.h    ntk_version                            version of the library that runs
 * status.h     ntk_status_string, _name               text and name of a status
 * context.h    ntk_context_create, _create_with_allocator, _destroy
 *              ntk_context_set_threads, _get_threads  threads of the library's own loops
 *              ntk_context_set_log, _set_progress     callbacks
 *              ntk_context_cancel, _clear_cancel      stop long work
 *              ntk_context_last_error, _last_status   what went wrong, as a sentence
 *              ntk_context_get_blas_integer_bits, ntk_context_blas_description, _cpu_path
 * mlp.h        ntk_activation_create, _destroy        an activation with parameters
 *              ntk_activation_create_function         the caller's phi
 *              ntk_activation_create_dual             the caller's duals
 *              ntk_activation_set_kinks, _set_parity  what is known of the caller's phi
 *              ntk_activation_evaluate                phi and phi' at points
 *              ntk_activation_kind_name, _kind_from_name
 *              ntk_mlp_create, _destroy               depth, widths, activation
 *              ntk_mlp_set_weight_std, _set_bias_std, _set_layer_weight_std, _set_layer_bias_std, _set_activation
 *              ntk_mlp_set_parameterisation, _set_learning_rates, _set_layer_normalisation, _set_skip, _set_dropout
 *              ntk_mlp_set_initialisation             weight standard deviations by a rule
 *              ntk_mlp_get_depth, _get_width, _get_layer_weight_std, _get_layer_bias_std, _get_activation_kind,
 *              ntk_mlp_get_parameterisation, _get_learning_rates, _get_layer_normalisation, _get_skip, _get_dropout,
 *              ntk_mlp_get_parameter_count
 * loss.h       ntk_loss_create, _create_function, _destroy
 *              ntk_loss_evaluate                      values and gradients
 *              ntk_loss_get_kind, _kind_name, _kind_from_name
 * network.h    ntk_network_create, _copy, _destroy     a network of real width with random parameters
 *              ntk_network_randomise, _get_parameters, _set_parameters, _get_mlp, _get_sizes
 *              ntk_network_forward, _get_layer        outputs, and what a layer sends on
 *              ntk_network_jvp, _vjp, _jacobian       derivatives in the parameters
 *              ntk_network_taylor                     linearised and quadratic models
 *              ntk_network_forward_f32, _jvp_f32, _vjp_f32, _taylor_f32, _get_parameters_f32, _set_parameters_f32
 *                                                     single precision
 *              ntk_network_save, _load, _import_safetensors, _export_safetensors
 *                                                     files
 * kernel.h     ntk_kernel_create_analytic, _destroy   NTK or NNGP of the infinitely wide network
 *              ntk_kernel_get_type, _get_input_dimension
 *              ntk_kernel_gram, _cross, _diagonal     kernel matrices
 *              ntk_kernel_apply                       K(X,Z) A without forming K
 *              ntk_kernel_gram_packed                 the Gram matrix in half the memory
 *              ntk_kernel_gram_layers, _cross_layers, _diagonal_layers
 *                                                     NNGP and NTK of several layers in one pass
 *              ntk_kernel_gram_f32, _cross_f32, _diagonal_f32, _apply_f32
 *                                                     single precision
 *              ntk_kernel_set_tolerance, _set_most_terms, _get_error_bound
 *                                                     accuracy of activations without a closed form
 * empirical.h  ntk_kernel_create_empirical            NTK or NNGP of a finite network
 *              ntk_kernel_set_outputs, _get_block     which outputs
 * monte_carlo.h
 *              ntk_kernel_create_monte_carlo          mean over random networks of their kernels
 *              ntk_kernel_gram_estimates, _cross_estimates
 *                                                     the mean and its standard error after some of them
 * derivative.h ntk_kernel_cross_gradient              dK/dx of pairs
 *              ntk_kernel_apply_gradient              the input gradient of a predictor
 *              ntk_kernel_gram_derivative, _cross_derivative, _diagonal_derivative
 *                                                     dK/dsw and dK/dsb of a layer
 * train.h      ntk_trainer_create, _destroy           training of a network, or of its linearisation
 *              ntk_trainer_set_method, _set_model, _set_learning_rate, _get_learning_rate, _set_momentum, _set_batch,
 *              ntk_trainer_set_weight_decay, _set_initial_decay, _set_sample_weights, _set_centred, _set_tolerance
 *              ntk_trainer_advance                    to a time
 *              ntk_trainer_get_time, _get_loss, _get_distance, _get_kernel_drift, _get_parameters, _get_network
 *              ntk_trainer_predict                    outputs now
 *              ntk_trainer_record                     the course of a run
 *              ntk_trainer_compare_linearised         distance to the linearised network's run
 *              ntk_trainer_save, _restore             files
 * flow.h       ntk_flow_create, _create_from_kernel, _destroy
 *              ntk_flow_set_learning_rate, _set_weight_decay, _set_initial, _get_learning_rate, _get_weight_decay
 *              ntk_flow_train                         outputs on the training set at time t
 *              ntk_flow_predict, _predict_at          outputs elsewhere at time t
 *              ntk_flow_train_times, _predict_times, _predict_at_times
 *                                                     the same at several times
 *              ntk_flow_follow                        a path with stop criteria
 *              ntk_flow_get_coefficients, _get_cost, _get_rank, _get_work
 *              ntk_flow_set_loss, _set_reduction, _set_sample_weights, _set_start
 *              ntk_flow_set_dynamics, _set_momentum   descent, heavy ball
 *              ntk_flow_get_largest_learning_rate     of stable descent
 *              ntk_flow_set_solver, _set_tolerance, _get_tolerance
 * ensemble.h   ntk_ensemble_create, _create_from_kernels, _destroy
 *              ntk_ensemble_set_learning_rate, _set_weight_decay, _set_reduction, _set_dynamics, _set_momentum
 *              ntk_ensemble_train, _predict, _predict_at
 *                                                     mean and covariance of trained networks at time t
 * svm.h        ntk_svm_create, _create_from_kernel, _destroy
 *              ntk_svm_set_cost, _set_class_cost, _set_sample_weights, _set_bias, _set_multiclass, _set_epsilon
 *              ntk_svm_set_tolerance, _set_cache, _set_shrinking, _set_most_iterations
 *              ntk_svm_fit                            support vector machines, ridge and logistic regression
 *              ntk_svm_get_classes, _get_labels, _get_machines, _get_solution, _get_report
 *              ntk_svm_decide, _decide_at, _predict, _predict_at
 *              ntk_svm_get_bound                      generalisation bound
 *              ntk_kernel_certificate                 robustness of a kernel machine
 * bayes.h      ntk_gp_create, _create_from_kernel, _destroy
 *              ntk_gp_predict, _predict_at            posterior mean and variance
 *              ntk_gp_log_evidence                    log p(y) */
#ifndef NTK_NTK_H
#define NTK_NTK_H

#include <ntk/version.h>
#include <ntk/status.h>
#include <ntk/context.h>
#include <ntk/mlp.h>
#include <ntk/loss.h>
#include <ntk/network.h>
#include <ntk/kernel.h>
#include <ntk/empirical.h>
#include <ntk/monte_carlo.h>
#include <ntk/derivative.h>
#include <ntk/train.h>
#include <ntk/flow.h>
#include <ntk/ensemble.h>
#include <ntk/svm.h>
#include <ntk/bayes.h>

#endif
