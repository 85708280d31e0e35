"""Finds and loads the shared library and declares its functions."""

import ctypes
import ctypes.util
import os
import pathlib
import sys

_NAMES = {"darwin": ["libntk.dylib", "libntk.0.dylib"], "win32": ["ntk.dll", "libntk.dll"]}.get(
    sys.platform, ["libntk.so", "libntk.so.0"])


def _candidates():
    named = os.environ.get("NTK_LIBRARY")
    if named:
        yield named  # and nothing else: a wrong path must not load another library silently
        return
    package = pathlib.Path(__file__).resolve().parent
    for folder in (package, package.parents[1] / "build"):
        for name in _NAMES:
            if (folder / name).exists():
                yield str(folder / name)
    found = ctypes.util.find_library("ntk")
    if found:
        yield found


def _load():
    for path in _candidates():
        try:
            return path, ctypes.CDLL(path)
        except OSError as reason:
            raise ImportError(f"cannot load libntk from {path}: {reason}") from reason
    raise ImportError("libntk was not found: build it with `make`, or set NTK_LIBRARY to the path of libntk.so")


_pointer, _size, _int, _real = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int32, ctypes.c_double
_out = ctypes.POINTER
PROGRESS_CALLBACK = ctypes.CFUNCTYPE(_int, _real, ctypes.c_char_p, _pointer)
LOG_CALLBACK = ctypes.CFUNCTYPE(None, _int, ctypes.c_char_p, _pointer)
_reals = ctypes.POINTER(_real)
ACTIVATION_FUNCTION = ctypes.CFUNCTYPE(_int, _pointer, _size, _reals, _reals)
DUAL_FUNCTION = ctypes.CFUNCTYPE(_int, _pointer, _size, _reals, _reals, _reals, _reals, _reals)
LOSS_FUNCTION = ctypes.CFUNCTYPE(_int, _pointer, _size, _size, _reals, _reals, _reals)  # gradient and value alike
FLOW_VISIT = ctypes.CFUNCTYPE(_int, _pointer, _real, _size, _size, _reals, _reals, _real, _real)
_MATRIX = (_pointer, _size)  # address, leading dimension
_ROWS = (_size,) + _MATRIX


class LayerValues(ctypes.Structure):
    """ntk_layer_values"""
    _fields_ = [("struct_size", ctypes.c_size_t), ("layer", _size), ("nngp", _pointer), ("ntk", _pointer)]


_LAYERS = (_size, _out(LayerValues))
_ESTIMATES = (_size, _pointer) + _MATRIX + _MATRIX

# name: argument types, of the functions that return a status
_STATUS_FUNCTIONS = {
    "ntk_context_create": (_out(_pointer),),
    "ntk_context_set_threads": (_pointer, _int),
    "ntk_context_get_threads": (_pointer, _out(_int)),
    "ntk_context_set_progress": (_pointer, PROGRESS_CALLBACK, _pointer),
    "ntk_context_set_log": (_pointer, LOG_CALLBACK, _pointer),
    "ntk_context_last_status": (_pointer,),
    "ntk_context_get_blas_integer_bits": (_pointer, _out(_int)),
    "ntk_activation_create": (_pointer, _int, _pointer, _size, _out(_pointer)),
    "ntk_activation_create_function": (_pointer, ACTIVATION_FUNCTION, ACTIVATION_FUNCTION, _pointer, _out(_pointer)),
    "ntk_activation_create_dual": (_pointer, DUAL_FUNCTION, _pointer, _out(_pointer)),
    "ntk_activation_set_kinks": (_pointer, _size, _pointer),
    "ntk_activation_set_parity": (_pointer, _int),
    "ntk_activation_evaluate": (_pointer, _size, _pointer, _pointer, _pointer),
    "ntk_activation_kind_from_name": (ctypes.c_char_p, _out(_int)),
    "ntk_mlp_create": (_pointer, _size, _pointer, _int, _out(_pointer)),
    "ntk_mlp_set_weight_std": (_pointer, _real),
    "ntk_mlp_set_bias_std": (_pointer, _real),
    "ntk_mlp_set_layer_weight_std": (_pointer, _size, _real),
    "ntk_mlp_set_layer_bias_std": (_pointer, _size, _real),
    "ntk_mlp_set_activation": (_pointer, _size, _pointer),
    "ntk_mlp_set_parameterisation": (_pointer, _int),
    "ntk_mlp_set_learning_rates": (_pointer, _size, _real, _real),
    "ntk_mlp_set_layer_normalisation": (_pointer, _size, _int, _real),
    "ntk_mlp_set_skip": (_pointer, _size, _size),
    "ntk_mlp_set_dropout": (_pointer, _size, _real),
    "ntk_mlp_set_initialisation": (_pointer, _int),
    "ntk_mlp_get_depth": (_pointer, _out(_size)),
    "ntk_mlp_get_width": (_pointer, _size, _out(_size)),
    "ntk_mlp_get_layer_weight_std": (_pointer, _size, _out(_real)),
    "ntk_mlp_get_layer_bias_std": (_pointer, _size, _out(_real)),
    "ntk_mlp_get_activation_kind": (_pointer, _size, _out(_int)),
    "ntk_mlp_get_parameterisation": (_pointer, _out(_int)),
    "ntk_mlp_get_learning_rates": (_pointer, _size, _out(_real), _out(_real)),
    "ntk_mlp_get_layer_normalisation": (_pointer, _size, _out(_int), _out(_real)),
    "ntk_mlp_get_skip": (_pointer, _size, _out(_size)),
    "ntk_mlp_get_dropout": (_pointer, _size, _out(_real)),
    "ntk_mlp_get_parameter_count": (_pointer, _out(_size)),
    "ntk_kernel_create_analytic": (_pointer, _pointer, _int, _out(_pointer)),
    "ntk_kernel_get_type": (_pointer, _out(_int)),
    "ntk_kernel_get_input_dimension": (_pointer, _out(_size)),
    "ntk_kernel_gram": (_pointer,) + _ROWS + _MATRIX,
    "ntk_kernel_cross": (_pointer,) + _ROWS + _ROWS + _MATRIX,
    "ntk_kernel_diagonal": (_pointer,) + _ROWS + (_pointer,),
    "ntk_kernel_apply": (_pointer,) + _ROWS + _ROWS + _ROWS + _MATRIX,
    "ntk_kernel_set_tolerance": (_pointer, _real),
    "ntk_kernel_set_most_terms": (_pointer, _size),
    "ntk_kernel_get_error_bound": (_pointer, _out(_real)),
    "ntk_kernel_gram_layers": (_pointer,) + _ROWS + _LAYERS + (_size,),
    "ntk_kernel_cross_layers": (_pointer,) + _ROWS + _ROWS + _LAYERS + (_size,),
    "ntk_kernel_diagonal_layers": (_pointer,) + _ROWS + _LAYERS,
    "ntk_kernel_cross_gradient": (_pointer,) + _ROWS + _ROWS + (_pointer,),
    "ntk_kernel_apply_gradient": (_pointer,) + _ROWS + _ROWS + _ROWS + (_pointer,),
    "ntk_kernel_gram_derivative": (_pointer, _int, _size) + _ROWS + _MATRIX,
    "ntk_kernel_cross_derivative": (_pointer, _int, _size) + _ROWS + _ROWS + _MATRIX,
    "ntk_kernel_diagonal_derivative": (_pointer, _int, _size) + _ROWS + (_pointer,),
    "ntk_kernel_gram_packed": (_pointer,) + _ROWS + (_pointer,),
    "ntk_kernel_gram_f32": (_pointer,) + _ROWS + _MATRIX,
    "ntk_kernel_cross_f32": (_pointer,) + _ROWS + _ROWS + _MATRIX,
    "ntk_kernel_diagonal_f32": (_pointer,) + _ROWS + (_pointer,),
    "ntk_kernel_apply_f32": (_pointer,) + _ROWS + _ROWS + _ROWS + _MATRIX,
    "ntk_kernel_create_empirical": (_pointer, _pointer, _int, _int, _out(_pointer)),
    "ntk_kernel_create_monte_carlo": (_pointer, _pointer, _int, _size, ctypes.c_uint64, _out(_pointer)),
    "ntk_kernel_gram_estimates": (_pointer,) + _ROWS + _ESTIMATES,
    "ntk_kernel_cross_estimates": (_pointer,) + _ROWS + _ROWS + _ESTIMATES,
    "ntk_kernel_set_outputs": (_pointer, _size, _size),
    "ntk_kernel_get_block": (_pointer, _out(_size)),
    "ntk_network_create": (_pointer, _pointer, ctypes.c_uint64, _out(_pointer)),
    "ntk_network_copy": (_pointer, _out(_pointer)),
    "ntk_network_randomise": (_pointer, ctypes.c_uint64),
    "ntk_network_get_mlp": (_pointer, _out(_pointer)),
    "ntk_network_get_sizes": (_pointer, _out(_size), _out(_size), _out(_size)),
    "ntk_network_get_parameters": (_pointer, _size, _pointer),
    "ntk_network_set_parameters": (_pointer, _size, _pointer),
    "ntk_network_get_parameters_f32": (_pointer, _size, _pointer),
    "ntk_network_set_parameters_f32": (_pointer, _size, _pointer),
    "ntk_network_forward": (_pointer,) + _ROWS + _MATRIX,
    "ntk_network_forward_f32": (_pointer,) + _ROWS + _MATRIX,
    "ntk_network_get_layer": (_pointer, _size) + _ROWS + _MATRIX,
    "ntk_network_jacobian": (_pointer,) + _ROWS + _MATRIX,
    "ntk_network_jvp": (_pointer,) + _ROWS + (_size, _pointer) + _MATRIX,
    "ntk_network_jvp_f32": (_pointer,) + _ROWS + (_size, _pointer) + _MATRIX,
    "ntk_network_vjp": (_pointer,) + _ROWS + _MATRIX + (_size, _pointer),
    "ntk_network_vjp_f32": (_pointer,) + _ROWS + _MATRIX + (_size, _pointer),
    "ntk_network_taylor": (_pointer, _int) + _ROWS + (_size, _pointer) + _MATRIX,
    "ntk_network_taylor_f32": (_pointer, _int) + _ROWS + (_size, _pointer) + _MATRIX,
    "ntk_network_save": (_pointer, ctypes.c_char_p),
    "ntk_network_load": (_pointer, ctypes.c_char_p, _out(_pointer)),
    "ntk_network_import_safetensors": (_pointer, ctypes.c_char_p, _pointer),
    "ntk_network_export_safetensors": (_pointer, ctypes.c_char_p, _pointer, _int),
    "ntk_loss_create": (_pointer, _int, _pointer, _size, _out(_pointer)),
    "ntk_loss_create_function": (_pointer, LOSS_FUNCTION, LOSS_FUNCTION, _pointer, _out(_pointer)),
    "ntk_loss_evaluate": (_pointer, _size, _size) + _MATRIX + _MATRIX + (_pointer,) + _MATRIX,
    "ntk_loss_get_kind": (_pointer, _out(_int)),
    "ntk_loss_kind_from_name": (ctypes.c_char_p, _out(_int)),
    "ntk_trainer_create": (_pointer,) + _ROWS + _MATRIX + (_pointer, _out(_pointer)),
    "ntk_trainer_set_method": (_pointer, _int),
    "ntk_trainer_set_model": (_pointer, _int),
    "ntk_trainer_set_learning_rate": (_pointer, _real),
    "ntk_trainer_get_learning_rate": (_pointer, _out(_real)),
    "ntk_trainer_set_momentum": (_pointer, _real),
    "ntk_trainer_set_batch": (_pointer, _size, ctypes.c_uint64),
    "ntk_trainer_set_weight_decay": (_pointer, _real),
    "ntk_trainer_set_initial_decay": (_pointer, _real),
    "ntk_trainer_set_sample_weights": (_pointer, _size, _pointer),
    "ntk_trainer_set_centred": (_pointer, _int),
    "ntk_trainer_set_tolerance": (_pointer, _real),
    "ntk_trainer_advance": (_pointer, _real),
    "ntk_trainer_get_time": (_pointer, _out(_real), _out(_size), _out(_size)),
    "ntk_trainer_get_loss": (_pointer, _out(_real)),
    "ntk_trainer_predict": (_pointer,) + _ROWS + _MATRIX,
    "ntk_trainer_get_distance": (_pointer, _out(_real)),
    "ntk_trainer_get_kernel_drift": (_pointer,) + _ROWS + (_out(_real),),
    "ntk_trainer_get_parameters": (_pointer, _size, _pointer),
    "ntk_trainer_get_network": (_pointer, _out(_pointer)),
    "ntk_trainer_record": (_pointer, _size, _pointer) + _ROWS + (_pointer,) + _MATRIX +
                          (_pointer, _pointer, _out(_size)),
    "ntk_trainer_compare_linearised": (_pointer, _size, _pointer) + _ROWS + (_pointer, _pointer),
    "ntk_trainer_save": (_pointer, ctypes.c_char_p),
    "ntk_trainer_restore": (_pointer, ctypes.c_char_p),
    "ntk_flow_create": (_pointer, _size, _size) + _MATRIX + _MATRIX + (_int, _out(_pointer)),
    "ntk_flow_create_from_kernel": (_pointer,) + _ROWS + _ROWS + (_int, _out(_pointer)),
    "ntk_flow_set_learning_rate": (_pointer, _real),
    "ntk_flow_get_learning_rate": (_pointer, _out(_real)),
    "ntk_flow_set_weight_decay": (_pointer, _real),
    "ntk_flow_get_weight_decay": (_pointer, _out(_real)),
    "ntk_flow_set_initial": (_pointer,) + _MATRIX,
    "ntk_flow_train": (_pointer, _real) + _MATRIX,
    "ntk_flow_get_coefficients": (_pointer, _real) + _MATRIX,
    "ntk_flow_predict": (_pointer, _real) + _ROWS + _MATRIX + _MATRIX,
    "ntk_flow_predict_at": (_pointer, _real) + _ROWS + _MATRIX + _MATRIX,
    "ntk_flow_get_rank": (_pointer, _out(_size)),
    "ntk_flow_set_loss": (_pointer, _pointer),
    "ntk_flow_set_reduction": (_pointer, _int),
    "ntk_flow_set_sample_weights": (_pointer, _size, _pointer),
    "ntk_flow_set_dynamics": (_pointer, _int),
    "ntk_flow_set_momentum": (_pointer, _real),
    "ntk_flow_get_largest_learning_rate": (_pointer, _out(_real)),
    "ntk_flow_set_solver": (_pointer, _int),
    "ntk_flow_set_tolerance": (_pointer, _real),
    "ntk_flow_get_tolerance": (_pointer, _out(_real)),
    "ntk_flow_get_work": (_pointer, _out(_real), _out(_size), _out(_size)),
    "ntk_flow_set_start": (_pointer,) + _MATRIX,
    "ntk_flow_train_times": (_pointer, _size, _pointer) + _MATRIX,
    "ntk_flow_predict_times": (_pointer, _size, _pointer) + _ROWS + _MATRIX + _MATRIX,
    "ntk_flow_predict_at_times": (_pointer, _size, _pointer) + _ROWS + _MATRIX + _MATRIX,
    "ntk_flow_get_cost": (_pointer, _real, _out(_real), _out(_real)),
    "ntk_flow_follow": (_pointer, _size, _pointer, _real, _real, FLOW_VISIT, _pointer, _out(_size)),
    "ntk_ensemble_create": (_pointer, _size, _size) + _MATRIX + _MATRIX + _MATRIX + (_out(_pointer),),
    "ntk_ensemble_create_from_kernels": (_pointer, _pointer) + _ROWS + _ROWS + (_out(_pointer),),
    "ntk_ensemble_set_learning_rate": (_pointer, _real),
    "ntk_ensemble_set_weight_decay": (_pointer, _real),
    "ntk_ensemble_set_reduction": (_pointer, _int),
    "ntk_ensemble_set_dynamics": (_pointer, _int),
    "ntk_ensemble_set_momentum": (_pointer, _real),
    "ntk_ensemble_train": (_pointer, _real) + _MATRIX + _MATRIX + (_pointer,),
    "ntk_ensemble_predict": (_pointer, _real) + _ROWS + _MATRIX + _MATRIX + (_pointer,) + _MATRIX + _MATRIX +
                            (_pointer,),
    "ntk_ensemble_predict_at": (_pointer, _real) + _ROWS + _MATRIX + _MATRIX + (_pointer,),
    "ntk_svm_create": (_pointer, _int, _size) + _MATRIX + (_pointer, _out(_pointer)),
    "ntk_svm_create_from_kernel": (_pointer, _int) + _ROWS + (_pointer, _out(_pointer)),
    "ntk_svm_set_cost": (_pointer, _real),
    "ntk_svm_set_class_cost": (_pointer, _size, _real),
    "ntk_svm_set_sample_weights": (_pointer, _size, _pointer),
    "ntk_svm_set_bias": (_pointer, _int),
    "ntk_svm_set_multiclass": (_pointer, _int),
    "ntk_svm_set_epsilon": (_pointer, _real),
    "ntk_svm_set_tolerance": (_pointer, _real),
    "ntk_svm_set_cache": (_pointer, _size),
    "ntk_svm_set_shrinking": (_pointer, _int),
    "ntk_svm_set_most_iterations": (_pointer, _size),
    "ntk_svm_fit": (_pointer,),
    "ntk_svm_get_classes": (_pointer, _out(_size)),
    "ntk_svm_get_labels": (_pointer, _size, _pointer),
    "ntk_svm_get_machines": (_pointer, _out(_size)),
    "ntk_svm_get_solution": (_pointer,) + _MATRIX + (_pointer,),
    "ntk_svm_get_report": (_pointer, _size, _out(_real), _out(_real), _out(_real), _out(_size), _out(_size)),
    "ntk_svm_decide": (_pointer,) + _ROWS + _MATRIX,
    "ntk_svm_decide_at": (_pointer,) + _ROWS + _MATRIX,
    "ntk_svm_predict": (_pointer,) + _ROWS + (_pointer,),
    "ntk_svm_predict_at": (_pointer,) + _ROWS + (_pointer,),
    "ntk_svm_get_bound": (_pointer, _size, _real, _out(_real)),
    "ntk_kernel_certificate": (_pointer,) + _ROWS + (_pointer, _real) + _ROWS + (_int, _pointer),
    "ntk_gp_create": (_pointer, _size, _size) + _MATRIX + _MATRIX + (_real, _out(_pointer)),
    "ntk_gp_create_from_kernel": (_pointer,) + _ROWS + _ROWS + (_real, _out(_pointer)),
    "ntk_gp_predict": (_pointer,) + _ROWS + (_pointer,) + _MATRIX + (_pointer,),
    "ntk_gp_predict_at": (_pointer,) + _ROWS + _MATRIX + (_pointer,),
    "ntk_gp_log_evidence": (_pointer, _out(_real)),
}
_VOID_FUNCTIONS = ["ntk_context_destroy", "ntk_context_cancel", "ntk_context_clear_cancel", "ntk_activation_destroy",
                   "ntk_mlp_destroy", "ntk_network_destroy", "ntk_kernel_destroy", "ntk_flow_destroy",
                   "ntk_gp_destroy", "ntk_loss_destroy", "ntk_trainer_destroy", "ntk_ensemble_destroy",
                   "ntk_svm_destroy"]
_TEXT_FUNCTIONS = {
    "ntk_version": (),
    "ntk_status_string": (_int,),
    "ntk_status_name": (_int,),
    "ntk_context_last_error": (_pointer,),
    "ntk_context_blas_description": (_pointer,),
    "ntk_context_cpu_path": (_pointer,),
    "ntk_activation_kind_name": (_int,),
    "ntk_loss_kind_name": (_int,),
}


def _declare(path, library):
    functions = {name: (_int, arguments) for name, arguments in _STATUS_FUNCTIONS.items()}
    functions.update({name: (None, (_pointer,)) for name in _VOID_FUNCTIONS})
    functions.update({name: (ctypes.c_char_p, arguments) for name, arguments in _TEXT_FUNCTIONS.items()})
    for name, (result, arguments) in functions.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise ImportError(f"{path} has no {name}: it is older than this package, or no libntk") from None
        function.restype, function.argtypes = result, arguments


_path, library = _load()
_declare(_path, library)


def library_path():
    """The path from which the library was loaded."""
    return _path


def version():
    """The version of the library that runs."""
    return library.ntk_version().decode()


class Error(Exception):
    """A call of the library failed. `status` is its number, `name` its enumerator, str() the sentence."""

    def __init__(self, status, sentence):
        super().__init__(sentence)
        self.status = status
        self.name = library.ntk_status_name(status).decode()

    def __reduce__(self):
        return type(self), (self.status, str(self))


class InvalidValue(Error, ValueError):
    """The failure is the fault of an argument's value. It can be caught as an Error and as a ValueError."""


SIZE, SHAPE, DOMAIN, ENUM = -2, -5, -7, -8
_OF_VALUES = {"NTK_ERR_SIZE", "NTK_ERR_LEADING_DIMENSION", "NTK_ERR_NOT_FINITE", "NTK_ERR_SHAPE", "NTK_ERR_OVERFLOW",
              "NTK_ERR_DOMAIN", "NTK_ERR_ENUM", "NTK_ERR_ALIAS", "NTK_ERR_NOT_SYMMETRIC", "NTK_ERR_NOT_POSITIVE"}


def failure(status, sentence):
    """The exception for a status."""
    by_value = library.ntk_status_name(status).decode() in _OF_VALUES
    return (InvalidValue if by_value else Error)(status, sentence)
