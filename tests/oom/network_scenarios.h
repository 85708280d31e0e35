/* The scenarios of finite networks. Included by test_oom.c after `world`. */

/* Of the network 4-5-3-2. */
enum { PARAMETERS = 5 * 5 + 6 * 3 + 4 * C };

static ntk_status network_create(world *w) { return ntk_network_create(w->context, w->mlp, 1, MADE(ntk_network)); }

static ntk_status network_copy(world *w) { return ntk_network_copy(w->network, MADE(ntk_network)); }

static ntk_status network_get_mlp(world *w) { return ntk_network_get_mlp(w->network, MADE(ntk_mlp)); }

static ntk_status network_load(world *w) { return ntk_network_load(w->context, w->files.own.path, MADE(ntk_network)); }

static ntk_status network_save(world *w) { return ntk_network_save(w->network, w->files.own.path); }

static ntk_status network_import_safetensors(world *w) {
    return ntk_network_import_safetensors(w->network, w->files.tensors.path, NULL);
}

static ntk_status network_export_safetensors(world *w) {
    return ntk_network_export_safetensors(w->network, w->files.tensors.path, NULL, 1);
}

static ntk_status network_forward(world *w) { return ntk_network_forward(w->network, N, w->x, D, w->out, C); }

static ntk_status network_get_layer(world *w) { return ntk_network_get_layer(w->network, 2, N, w->x, D, w->out, 3); }

static ntk_status network_jacobian(world *w) {
    return ntk_network_jacobian(w->network, 5, w->x, D, w->out, PARAMETERS);
}

static ntk_status network_jvp(world *w) {
    return ntk_network_jvp(w->network, N, w->x, D, PARAMETERS, w->gram, w->out, C);
}

static ntk_status network_vjp(world *w) { return ntk_network_vjp(w->network, N, w->x, D, w->y, C, PARAMETERS, w->out); }

static ntk_status network_forward_f32(world *w) {
    static floats f;
    floats_of(w, &f);
    return keep(w, ntk_network_forward_f32(w->network, N, f.x, D, f.out, C), N * C, &f);
}

static ntk_status network_jvp_f32(world *w) {
    static floats f;
    static float v[PARAMETERS];
    floats_of(w, &f);
    to_floats(PARAMETERS, w->gram, v);
    return keep(w, ntk_network_jvp_f32(w->network, N, f.x, D, PARAMETERS, v, f.out, C), N * C, &f);
}

static ntk_status network_vjp_f32(world *w) {
    static floats f;
    floats_of(w, &f);
    return keep(w, ntk_network_vjp_f32(w->network, N, f.x, D, f.y, C, PARAMETERS, f.out), PARAMETERS, &f);
}

static ntk_status kernel_create_empirical(world *w) {
    return ntk_kernel_create_empirical(w->context, w->network, NTK_KERNEL_NTK, NTK_OUTPUT_FULL, MADE(ntk_kernel));
}

static ntk_status empirical_gram(world *w) { return ntk_kernel_gram(w->empirical, N, w->x, D, w->out, N); }

static ntk_status empirical_apply(world *w) {
    return ntk_kernel_apply(w->empirical, M, w->z, D, N, w->x, D, C, w->y, C, w->out, C);
}
