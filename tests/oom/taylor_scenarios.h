/* The scenarios of Taylor series. Included by test_oom.c after network_scenarios.h. */

static ntk_status network_taylor(world *w) {
    static const double delta[PARAMETERS] = {1, -2, 3};
    return ntk_network_taylor(w->network, 2, N, w->x, D, PARAMETERS, delta, w->out, C);
}

static ntk_status network_taylor_f32(world *w) {
    static floats f;
    static const float delta[PARAMETERS] = {1, -2, 3};
    floats_of(w, &f);
    return keep(w, ntk_network_taylor_f32(w->network, 2, N, f.x, D, PARAMETERS, delta, f.out, C), N * C, &f);
}
