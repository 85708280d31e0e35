import ctypes, os
import numpy as np

ntk = ctypes.CDLL(os.environ.get("NTK_LIBRARY", "build/libntk.so"))
ntk.ntk_context_last_error.restype = ctypes.c_char_p
context, mlp, kernel = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()

def check(status):
    if status != 0:
        raise RuntimeError(ntk.ntk_context_last_error(context).decode())

def matrix(a):  # address and row stride of a float64 array: the library reads and writes it in place
    return ctypes.c_void_p(a.ctypes.data), ctypes.c_int64(a.strides[0] // 8)

x, k = np.random.default_rng(0).normal(size=(5, 3)), np.empty((5, 5))
widths = (ctypes.c_int64 * 3)(3, 512, 1)
check(ntk.ntk_context_create(ctypes.byref(context)))
check(ntk.ntk_mlp_create(context, ctypes.c_int64(2), widths, 1, ctypes.byref(mlp)))  # 1: NTK_ACTIVATION_RELU
check(ntk.ntk_kernel_create_analytic(context, mlp, 0, ctypes.byref(kernel)))  # 0: NTK_KERNEL_NTK
check(ntk.ntk_kernel_gram(kernel, ctypes.c_int64(5), *matrix(x), *matrix(k)))
print(k)
ntk.ntk_kernel_destroy(kernel), ntk.ntk_mlp_destroy(mlp), ntk.ntk_context_destroy(context)
