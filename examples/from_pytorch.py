"""A network trained in PyTorch, brought over to libntk through a safetensors file: both compute the same outputs."""
import ctypes, os, sys, tempfile

try:
    import torch
    from safetensors.torch import save_file
except ImportError as missing:
    print(f"skipped: no {missing.name} for Python")
    sys.exit()

ntk = ctypes.CDLL(os.environ.get("NTK_LIBRARY", "build/libntk.so"))
ntk.ntk_context_last_error.restype = ctypes.c_char_p
context, mlp, network = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
RELU, TANH, STANDARD = 1, 21, 1  # NTK_ACTIVATION_RELU, NTK_ACTIVATION_TANH, NTK_PARAMETERISATION_STANDARD

def check(status):
    if status != 0:
        raise RuntimeError(ntk.ntk_context_last_error(context).decode(errors="replace"))

# Two spirals, told apart by a network in single precision.
torch.manual_seed(0)
t = torch.linspace(0.5, 3, 200)
spiral = torch.stack([t * torch.cos(3 * t), t * torch.sin(3 * t)], 1)
x, y = torch.cat([spiral, -spiral]), torch.cat([torch.ones(200, 1), -torch.ones(200, 1)])
model = torch.nn.Sequential(torch.nn.Linear(2, 64), torch.nn.Tanh(), torch.nn.Linear(64, 64), torch.nn.ReLU(),
                            torch.nn.Linear(64, 1))
optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
for step in range(400):
    loss = torch.nn.functional.mse_loss(model(x), y)
    optimiser.zero_grad(), loss.backward(), optimiser.step()
print(f"loss {loss.item():.2g}, {(model(x).sign() == y).float().mean().item():.1%} on the right side")

# The same architecture in libntk; the parameters from the file, in the order of their names: 0.weight, 0.bias, 2.weight, ...
widths = (ctypes.c_int64 * 4)(2, 64, 64, 1)
activation = ctypes.c_void_p()
check(ntk.ntk_context_create(ctypes.byref(context)))
check(ntk.ntk_mlp_create(context, ctypes.c_int64(3), widths, RELU, ctypes.byref(mlp)))
check(ntk.ntk_activation_create(context, TANH, None, ctypes.c_int64(0), ctypes.byref(activation)))
check(ntk.ntk_mlp_set_activation(mlp, ctypes.c_int64(1), activation))
check(ntk.ntk_mlp_set_parameterisation(mlp, STANDARD))
check(ntk.ntk_network_create(context, mlp, ctypes.c_uint64(0), ctypes.byref(network)))
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "model.safetensors")
    save_file(model.state_dict(), path)
    check(ntk.ntk_network_import_safetensors(network, os.fsencode(path), None))

def outputs(call, z):
    f = torch.empty(len(z), 1, dtype=z.dtype)
    check(call(network, ctypes.c_int64(len(z)), ctypes.c_void_p(z.data_ptr()), ctypes.c_int64(2),
               ctypes.c_void_p(f.data_ptr()), ctypes.c_int64(1)))
    return f

with torch.no_grad():
    largest = model(x).abs().max().item()
    for call, theirs in (ntk.ntk_network_forward_f32, model(x)), (ntk.ntk_network_forward, model.double()(x.double())):
        z = x.to(theirs.dtype).contiguous()
        difference = (outputs(call, z) - theirs).abs().max().item()
        bound = 200 * torch.finfo(z.dtype).eps * largest  # sums of 65 terms, layer on layer
        print(f"{str(z.dtype)[6:]}: PyTorch's outputs and libntk's differ by {difference:.1e}, up to {largest:.2f} large")
        assert difference <= bound
ntk.ntk_network_destroy(network), ntk.ntk_activation_destroy(activation), ntk.ntk_mlp_destroy(mlp)
ntk.ntk_context_destroy(context)
