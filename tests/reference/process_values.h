/* Made by tests/reference/generate.py; do not edit. */
#ifndef NTK_REFERENCE_PROCESS_VALUES_H
#define NTK_REFERENCE_PROCESS_VALUES_H

#include <math.h>

enum { PROCESSES = 6 };

static const char *const process_name[6] = {
    "equal rows, noise 1/4",
    "equal rows, noise 1e-4",
    "equal rows, noise 1e4",
    "regular, noise 1e-8",
    "regular, noise 1",
    "one sample",
};

/* Per process: n, m, c. */
static const int process_sizes[18] = {
    8, 3, 2, 8, 3, 2, 8, 3, 2, 6, 3, 2, 6, 3, 2, 1, 1, 2,
};

/* Per process: noise variance, condition number of K + noise. */
static const double process_settings[12] = {
    0x1p-2, 0x1.1f8363bc5ce21p+6, 0x1.a36e2eb1c432dp-14, 0x1.5a16633f6f61fp+17, 0x1.388p+13, 0x1.007420849a288p+0,
    0x1.5798ee2308c3ap-27, 0x1.bc9238077bc8ap+3, 0x1p+0, 0x1.0030ea9b7ba9cp+3, 0x1p-1, 0x1p+0,
};

/* Per process: Gram (n x n), cross (m x n), prior variances (m), y (n x c). */
static const double process_inputs[464] = {
    0x1.063d70a3d70a6p+1, 0x1.b9428adc4864dp+0, 0x1.8dd98e4ed31a6p+0, 0x1.661d56dac21a1p+1, 0x1.200a677890bcfp+0,
    0x1.e9896c4573fbdp-1, 0x1.b9428adc4864dp+0, 0x1.9bebe613e244ep-1, 0x1.b9428adc4864dp+0, 0x1.316b851eb8521p+2,
    0x1.17d81f8ee37f6p+1, 0x1.0bd33ef6127f1p+1, 0x1.ce09a2c524b83p+0, 0x1.55c2eade3aa2ep+1, 0x1.316b851eb8521p+2,
    0x1.67344a0d7cc0bp+0, 0x1.8dd98e4ed31a6p+0, 0x1.17d81f8ee37f6p+1, 0x1.7f70a3d70a3dap+1, 0x1.1d82936ee1f6p+1,
    0x1.8c8b99ecffef6p+0, 0x1.4c252cc48972fp+0, 0x1.17d81f8ee37f6p+1, 0x1.f1b32557d4543p-1, 0x1.661d56dac21a1p+1,
    0x1.0bd33ef6127f1p+1, 0x1.1d82936ee1f6p+1, 0x1.54deb851eb854p+2, 0x1.22570e92a6123p+1, 0x1.8fbc20d5a5012p+0,
    0x1.0bd33ef6127f1p+1, 0x1.8e218610c12cap+0, 0x1.200a677890bcfp+0, 0x1.ce09a2c524b83p+0, 0x1.8c8b99ecffef6p+0,
    0x1.22570e92a6123p+1, 0x1.8af0a3d70a3dap+1, 0x1.de67bbc871cffp+0, 0x1.ce09a2c524b83p+0, 0x1.d366ecd99db1bp+0,
    0x1.e9896c4573fbdp-1, 0x1.55c2eade3aa2ep+1, 0x1.4c252cc48972fp+0, 0x1.8fbc20d5a5012p+0, 0x1.de67bbc871cffp+0,
    0x1.d370a3d70a3dap+1, 0x1.55c2eade3aa2ep+1, 0x1.260e258dc58cep+1, 0x1.b9428adc4864dp+0, 0x1.316b851eb8521p+2,
    0x1.17d81f8ee37f6p+1, 0x1.0bd33ef6127f1p+1, 0x1.ce09a2c524b83p+0, 0x1.55c2eade3aa2ep+1, 0x1.316b851eb8521p+2,
    0x1.67344a0d7cc0bp+0, 0x1.9bebe613e244ep-1, 0x1.67344a0d7cc0bp+0, 0x1.f1b32557d4543p-1, 0x1.8e218610c12cap+0,
    0x1.d366ecd99db1bp+0, 0x1.260e258dc58cep+1, 0x1.67344a0d7cc0bp+0, 0x1.5bca3d70a3d73p+1, 0x1.b614afe0225b1p-1,
    0x1.3e5102242af87p+1, 0x1.1f618f7182f47p+0, 0x1.4d8eecf58f5a8p+0, 0x1.aecf780f1f6a3p+0, 0x1.24f945655f1f7p+1,
    0x1.3e5102242af87p+1, 0x1.5cf1d64be89bdp+0, 0x1.675071ef34c21p+0, 0x1.50d89fd90ebe2p+1, 0x1.47f93cf2ee58bp+1,
    0x1.0d06d63e558f7p+1, 0x1.791e2daa35d0bp+0, 0x1.0f516b625c8b4p+1, 0x1.50d89fd90ebe2p+1, 0x1.4d32b28d9fc63p+0,
    0x1.661d56dac21a1p+1, 0x1.0bd33ef6127f1p+1, 0x1.1d82936ee1f6p+1, 0x1.54deb851eb854p+2, 0x1.22570e92a6123p+1,
    0x1.8fbc20d5a5012p+0, 0x1.0bd33ef6127f1p+1, 0x1.8e218610c12cap+0, 0x1.04ca3d70a3d73p+1, 0x1.faca3d70a3d74p+1,
    0x1.54deb851eb854p+2, -0x1.98p+0, 0x1p+0, 0x1.ep+0, 0x1.28p+0, 0x1.bp-1, 0x1p-2, 0x1.fp-1, -0x1p+1, 0x1.8p-2,
    0x1.cp-3, -0x1.08p+0, 0x1.7p+0, -0x1.1p-1, 0x1p-2, 0x1p-1, 0x1p-2, 0x1.063d70a3d70a6p+1, 0x1.b9428adc4864dp+0,
    0x1.8dd98e4ed31a6p+0, 0x1.661d56dac21a1p+1, 0x1.200a677890bcfp+0, 0x1.e9896c4573fbdp-1, 0x1.b9428adc4864dp+0,
    0x1.9bebe613e244ep-1, 0x1.b9428adc4864dp+0, 0x1.316b851eb8521p+2, 0x1.17d81f8ee37f6p+1, 0x1.0bd33ef6127f1p+1,
    0x1.ce09a2c524b83p+0, 0x1.55c2eade3aa2ep+1, 0x1.316b851eb8521p+2, 0x1.67344a0d7cc0bp+0, 0x1.8dd98e4ed31a6p+0,
    0x1.17d81f8ee37f6p+1, 0x1.7f70a3d70a3dap+1, 0x1.1d82936ee1f6p+1, 0x1.8c8b99ecffef6p+0, 0x1.4c252cc48972fp+0,
    0x1.17d81f8ee37f6p+1, 0x1.f1b32557d4543p-1, 0x1.661d56dac21a1p+1, 0x1.0bd33ef6127f1p+1, 0x1.1d82936ee1f6p+1,
    0x1.54deb851eb854p+2, 0x1.22570e92a6123p+1, 0x1.8fbc20d5a5012p+0, 0x1.0bd33ef6127f1p+1, 0x1.8e218610c12cap+0,
    0x1.200a677890bcfp+0, 0x1.ce09a2c524b83p+0, 0x1.8c8b99ecffef6p+0, 0x1.22570e92a6123p+1, 0x1.8af0a3d70a3dap+1,
    0x1.de67bbc871cffp+0, 0x1.ce09a2c524b83p+0, 0x1.d366ecd99db1bp+0, 0x1.e9896c4573fbdp-1, 0x1.55c2eade3aa2ep+1,
    0x1.4c252cc48972fp+0, 0x1.8fbc20d5a5012p+0, 0x1.de67bbc871cffp+0, 0x1.d370a3d70a3dap+1, 0x1.55c2eade3aa2ep+1,
    0x1.260e258dc58cep+1, 0x1.b9428adc4864dp+0, 0x1.316b851eb8521p+2, 0x1.17d81f8ee37f6p+1, 0x1.0bd33ef6127f1p+1,
    0x1.ce09a2c524b83p+0, 0x1.55c2eade3aa2ep+1, 0x1.316b851eb8521p+2, 0x1.67344a0d7cc0bp+0, 0x1.9bebe613e244ep-1,
    0x1.67344a0d7cc0bp+0, 0x1.f1b32557d4543p-1, 0x1.8e218610c12cap+0, 0x1.d366ecd99db1bp+0, 0x1.260e258dc58cep+1,
    0x1.67344a0d7cc0bp+0, 0x1.5bca3d70a3d73p+1, 0x1.b614afe0225b1p-1, 0x1.3e5102242af87p+1, 0x1.1f618f7182f47p+0,
    0x1.4d8eecf58f5a8p+0, 0x1.aecf780f1f6a3p+0, 0x1.24f945655f1f7p+1, 0x1.3e5102242af87p+1, 0x1.5cf1d64be89bdp+0,
    0x1.675071ef34c21p+0, 0x1.50d89fd90ebe2p+1, 0x1.47f93cf2ee58bp+1, 0x1.0d06d63e558f7p+1, 0x1.791e2daa35d0bp+0,
    0x1.0f516b625c8b4p+1, 0x1.50d89fd90ebe2p+1, 0x1.4d32b28d9fc63p+0, 0x1.661d56dac21a1p+1, 0x1.0bd33ef6127f1p+1,
    0x1.1d82936ee1f6p+1, 0x1.54deb851eb854p+2, 0x1.22570e92a6123p+1, 0x1.8fbc20d5a5012p+0, 0x1.0bd33ef6127f1p+1,
    0x1.8e218610c12cap+0, 0x1.04ca3d70a3d73p+1, 0x1.faca3d70a3d74p+1, 0x1.54deb851eb854p+2, -0x1.98p+0, 0x1p+0,
    0x1.ep+0, 0x1.28p+0, 0x1.bp-1, 0x1p-2, 0x1.fp-1, -0x1p+1, 0x1.8p-2, 0x1.cp-3, -0x1.08p+0, 0x1.7p+0, -0x1.1p-1,
    0x1p-2, 0x1p-1, 0x1p-2, 0x1.063d70a3d70a6p+1, 0x1.b9428adc4864dp+0, 0x1.8dd98e4ed31a6p+0, 0x1.661d56dac21a1p+1,
    0x1.200a677890bcfp+0, 0x1.e9896c4573fbdp-1, 0x1.b9428adc4864dp+0, 0x1.9bebe613e244ep-1, 0x1.b9428adc4864dp+0,
    0x1.316b851eb8521p+2, 0x1.17d81f8ee37f6p+1, 0x1.0bd33ef6127f1p+1, 0x1.ce09a2c524b83p+0, 0x1.55c2eade3aa2ep+1,
    0x1.316b851eb8521p+2, 0x1.67344a0d7cc0bp+0, 0x1.8dd98e4ed31a6p+0, 0x1.17d81f8ee37f6p+1, 0x1.7f70a3d70a3dap+1,
    0x1.1d82936ee1f6p+1, 0x1.8c8b99ecffef6p+0, 0x1.4c252cc48972fp+0, 0x1.17d81f8ee37f6p+1, 0x1.f1b32557d4543p-1,
    0x1.661d56dac21a1p+1, 0x1.0bd33ef6127f1p+1, 0x1.1d82936ee1f6p+1, 0x1.54deb851eb854p+2, 0x1.22570e92a6123p+1,
    0x1.8fbc20d5a5012p+0, 0x1.0bd33ef6127f1p+1, 0x1.8e218610c12cap+0, 0x1.200a677890bcfp+0, 0x1.ce09a2c524b83p+0,
    0x1.8c8b99ecffef6p+0, 0x1.22570e92a6123p+1, 0x1.8af0a3d70a3dap+1, 0x1.de67bbc871cffp+0, 0x1.ce09a2c524b83p+0,
    0x1.d366ecd99db1bp+0, 0x1.e9896c4573fbdp-1, 0x1.55c2eade3aa2ep+1, 0x1.4c252cc48972fp+0, 0x1.8fbc20d5a5012p+0,
    0x1.de67bbc871cffp+0, 0x1.d370a3d70a3dap+1, 0x1.55c2eade3aa2ep+1, 0x1.260e258dc58cep+1, 0x1.b9428adc4864dp+0,
    0x1.316b851eb8521p+2, 0x1.17d81f8ee37f6p+1, 0x1.0bd33ef6127f1p+1, 0x1.ce09a2c524b83p+0, 0x1.55c2eade3aa2ep+1,
    0x1.316b851eb8521p+2, 0x1.67344a0d7cc0bp+0, 0x1.9bebe613e244ep-1, 0x1.67344a0d7cc0bp+0, 0x1.f1b32557d4543p-1,
    0x1.8e218610c12cap+0, 0x1.d366ecd99db1bp+0, 0x1.260e258dc58cep+1, 0x1.67344a0d7cc0bp+0, 0x1.5bca3d70a3d73p+1,
    0x1.b614afe0225b1p-1, 0x1.3e5102242af87p+1, 0x1.1f618f7182f47p+0, 0x1.4d8eecf58f5a8p+0, 0x1.aecf780f1f6a3p+0,
    0x1.24f945655f1f7p+1, 0x1.3e5102242af87p+1, 0x1.5cf1d64be89bdp+0, 0x1.675071ef34c21p+0, 0x1.50d89fd90ebe2p+1,
    0x1.47f93cf2ee58bp+1, 0x1.0d06d63e558f7p+1, 0x1.791e2daa35d0bp+0, 0x1.0f516b625c8b4p+1, 0x1.50d89fd90ebe2p+1,
    0x1.4d32b28d9fc63p+0, 0x1.661d56dac21a1p+1, 0x1.0bd33ef6127f1p+1, 0x1.1d82936ee1f6p+1, 0x1.54deb851eb854p+2,
    0x1.22570e92a6123p+1, 0x1.8fbc20d5a5012p+0, 0x1.0bd33ef6127f1p+1, 0x1.8e218610c12cap+0, 0x1.04ca3d70a3d73p+1,
    0x1.faca3d70a3d74p+1, 0x1.54deb851eb854p+2, -0x1.98p+0, 0x1p+0, 0x1.ep+0, 0x1.28p+0, 0x1.bp-1, 0x1p-2, 0x1.fp-1,
    -0x1p+1, 0x1.8p-2, 0x1.cp-3, -0x1.08p+0, 0x1.7p+0, -0x1.1p-1, 0x1p-2, 0x1p-1, 0x1p-2, 0x1.13ae147ae147cp+2,
    0x1.c432aa5006968p+0, 0x1.082125e233851p+1, 0x1.40fb89e56e067p+2, 0x1.212a76c45e4a6p-1, -0x1.c924bb47deb9cp-3,
    0x1.c432aa5006968p+0, 0x1.3823d70a3d70cp+3, 0x1.381a09db806f6p+1, 0x1.c97be84a1a9e8p-2, 0x1.141ab3f47d58cp+0,
    0x1.c287f12306124p+1, 0x1.082125e233851p+1, 0x1.381a09db806f6p+1, 0x1.8ce147ae147bp+2, 0x1.26aa18fa96636p+1,
    0x1.4a1549bd47de1p+0, 0x1.96e52be0a5273p-4, 0x1.40fb89e56e067p+2, 0x1.c97be84a1a9e8p-2, 0x1.26aa18fa96636p+1,
    0x1.5b970a3d70a3fp+3, 0x1.2ca400257391bp+1, -0x1.81bd6efa27882p-2, 0x1.212a76c45e4a6p-1, 0x1.141ab3f47d58cp+0,
    0x1.4a1549bd47de1p+0, 0x1.2ca400257391bp+1, 0x1.986147ae147bp+2, 0x1.f10aa8dccb60cp+0, -0x1.c924bb47deb9cp-3,
    0x1.c287f12306124p+1, 0x1.96e52be0a5273p-4, -0x1.81bd6efa27882p-2, 0x1.f10aa8dccb60cp+0, 0x1.e0e147ae147bp+2,
    0x1.25f79b74f898cp-2, 0x1.10b18d063772ap+2, 0x1.3ae85cdf09e54p-1, 0x1.187bd0ea55421p-3, 0x1.3951ce99e8d38p+1,
    0x1.06f5a94ab7913p+2, 0x1.0f169b6a03046p+0, 0x1.958712037d8fdp+1, 0x1.0659c28063aa9p+2, 0x1.10aa97394af1p+0,
    0x1.b31d4b19458f2p-2, 0x1.17c46cac95a32p+1, 0x1.40fb89e56e067p+2, 0x1.c97be84a1a9e8p-2, 0x1.26aa18fa96636p+1,
    0x1.5b970a3d70a3fp+3, 0x1.2ca400257391bp+1, -0x1.81bd6efa27882p-2, 0x1.123ae147ae149p+2, 0x1.041d70a3d70a5p+3,
    0x1.5b970a3d70a3fp+3, -0x1.98p+0, 0x1p+0, 0x1.ep+0, 0x1.28p+0, 0x1.bp-1, 0x1p-2, 0x1.fp-1, -0x1p+1, 0x1.8p-2,
    0x1.cp-3, -0x1.08p+0, 0x1.7p+0, 0x1.13ae147ae147cp+2, 0x1.c432aa5006968p+0, 0x1.082125e233851p+1,
    0x1.40fb89e56e067p+2, 0x1.212a76c45e4a6p-1, -0x1.c924bb47deb9cp-3, 0x1.c432aa5006968p+0, 0x1.3823d70a3d70cp+3,
    0x1.381a09db806f6p+1, 0x1.c97be84a1a9e8p-2, 0x1.141ab3f47d58cp+0, 0x1.c287f12306124p+1, 0x1.082125e233851p+1,
    0x1.381a09db806f6p+1, 0x1.8ce147ae147bp+2, 0x1.26aa18fa96636p+1, 0x1.4a1549bd47de1p+0, 0x1.96e52be0a5273p-4,
    0x1.40fb89e56e067p+2, 0x1.c97be84a1a9e8p-2, 0x1.26aa18fa96636p+1, 0x1.5b970a3d70a3fp+3, 0x1.2ca400257391bp+1,
    -0x1.81bd6efa27882p-2, 0x1.212a76c45e4a6p-1, 0x1.141ab3f47d58cp+0, 0x1.4a1549bd47de1p+0, 0x1.2ca400257391bp+1,
    0x1.986147ae147bp+2, 0x1.f10aa8dccb60cp+0, -0x1.c924bb47deb9cp-3, 0x1.c287f12306124p+1, 0x1.96e52be0a5273p-4,
    -0x1.81bd6efa27882p-2, 0x1.f10aa8dccb60cp+0, 0x1.e0e147ae147bp+2, 0x1.25f79b74f898cp-2, 0x1.10b18d063772ap+2,
    0x1.3ae85cdf09e54p-1, 0x1.187bd0ea55421p-3, 0x1.3951ce99e8d38p+1, 0x1.06f5a94ab7913p+2, 0x1.0f169b6a03046p+0,
    0x1.958712037d8fdp+1, 0x1.0659c28063aa9p+2, 0x1.10aa97394af1p+0, 0x1.b31d4b19458f2p-2, 0x1.17c46cac95a32p+1,
    0x1.40fb89e56e067p+2, 0x1.c97be84a1a9e8p-2, 0x1.26aa18fa96636p+1, 0x1.5b970a3d70a3fp+3, 0x1.2ca400257391bp+1,
    -0x1.81bd6efa27882p-2, 0x1.123ae147ae149p+2, 0x1.041d70a3d70a5p+3, 0x1.5b970a3d70a3fp+3, -0x1.98p+0, 0x1p+0,
    0x1.ep+0, 0x1.28p+0, 0x1.bp-1, 0x1p-2, 0x1.fp-1, -0x1p+1, 0x1.8p-2, 0x1.cp-3, -0x1.08p+0, 0x1.7p+0, 0x1p+1,
    0x1p+0, 0x1.8p+1, -0x1.98p+0, 0x1p+0,
};

/* Per process: mean (m x c), variance (m), log evidence. */
static const double process_values[54] = {
    -0x1.875ac60f979e4p-4, 0x1.69dcb3e2c14dep-1, 0x1.de636dd7d1831p-2, 0x1.9efe8ca6bdddep-2, 0x1.3d13c4c296f8ep-1,
    -0x1.9333ce44a5a88p+0, 0x1.4a1410863892dp-2, 0x1.83b466a1100ep+0, 0x1.b9e0371c97bbfp-3, -0x1.0d0bdaa734721p+5,
    -0x1.c50b36370080fp-3, 0x1.95f98c5fa3c5fp-1, 0x1.5506921a75f75p-1, 0x1.2050a1118aac1p-2, 0x1.efde3e38e5298p-1,
    -0x1.ffedd97f8f52dp+0, 0x1.0b1f0b41a807cp-2, 0x1.5e4068573eb0dp+0, 0x1.a365314e684e4p-14, -0x1.029d641074ea2p+14,
    0x1.48904a4dff371p-12, 0x1.3b8ca19ce865ap-11, 0x1.d8984d366e36fp-12, 0x1.12127a85c20bap-11, 0x1.1b4809aa6c836p-11,
    -0x1.0252aa2ea215cp-13, 0x1.04753a947d773p+1, 0x1.fa5739942dcbfp+1, 0x1.547caf1d3f76ap+2, -0x1.618eedab95f2ap+6,
    0x1.29160c9cbed95p-2, 0x1.c93c5bf7e39bap-1, 0x1.8e49865ff33a6p-1, 0x1.37c67c1677534p-2, 0x1.efffffbe56464p-1,
    -0x1.ffffffe0bd894p+0, 0x1.054c0209631adp+0, 0x1.241fe7e49719fp+2, 0x1.5798ee15462c4p-27, -0x1.903d3fe3754bbp+4,
    0x1.135950d38f918p-2, 0x1.aaea47ce35952p-1, 0x1.17cdb7e69bf76p-1, 0x1.ba4db0154351p-2, 0x1.22d8d3e47fcd8p-1,
    -0x1.901447586cbd9p+0, 0x1.460ce050d1461p+0, 0x1.43f833bf7a24bp+2, 0x1.b0920514f27e6p-1, -0x1.8d0990570d3edp+4,
    -0x1.4666666666666p-1, 0x1.999999999999ap-2, 0x1.4cccccccccccdp+1, -0x1.bb289206a9778p+1,
};

#endif
