/* Made by lib/polynomials/generate.py.
 *
 * arccos(1 - m) / pi      = sqrt(m) P(m),                  0 <= m <= 1
 * (sin t - t cos t) / pi  = m sqrt(m) Q(m), cos t = 1 - m, 0 <= m <= 1
 * arcsin(r)               = r + r z R(z), z = r^2,         0 <= z <= 1/4
 *
 * For loops that the compiler vectorises: straight code, no tables. The includer defines NTKI_FMA(a, b, c) = a b + c,
 * fused where its instruction set has it. */
#ifndef NTKI_INVERSE_TRIGONOMETRIC_H
#define NTKI_INVERSE_TRIGONOMETRIC_H

/* P; largest relative error 1.6e-17 before rounding */
static inline double ntki_polynomial_p(double m) {
    double sum = 0x1.abcb6cb9557cdp-20;
    sum = NTKI_FMA(sum, m, -0x1.8de72be7ade0bp-17);
    sum = NTKI_FMA(sum, m, 0x1.605ed7d18677dp-15);
    sum = NTKI_FMA(sum, m, -0x1.80a4b54ddaefcp-14);
    sum = NTKI_FMA(sum, m, 0x1.213dce111e546p-13);
    sum = NTKI_FMA(sum, m, -0x1.397cbbbbb262fp-13);
    sum = NTKI_FMA(sum, m, 0x1.002422bdd4e70p-13);
    sum = NTKI_FMA(sum, m, -0x1.31decf29a77d8p-14);
    sum = NTKI_FMA(sum, m, 0x1.435005cbe5a3dp-15);
    sum = NTKI_FMA(sum, m, -0x1.004d1dcb2b403p-18);
    sum = NTKI_FMA(sum, m, 0x1.8cad713bd4d9ap-16);
    sum = NTKI_FMA(sum, m, 0x1.966841a7b32e9p-15);
    sum = NTKI_FMA(sum, m, 0x1.002b34c75456bp-13);
    sum = NTKI_FMA(sum, m, 0x1.49ff22d8dcaeap-12);
    sum = NTKI_FMA(sum, m, 0x1.c028657a1c618p-11);
    sum = NTKI_FMA(sum, m, 0x1.49422f5917ea8p-9);
    sum = NTKI_FMA(sum, m, 0x1.1493c1910e9a5p-7);
    sum = NTKI_FMA(sum, m, 0x1.334ed712996a5p-5);
    sum = NTKI_FMA(sum, m, 0x1.ccf6429be6621p-2);
    return sum;
}

/* Q; largest relative error 5.7e-18 before rounding */
static inline double ntki_polynomial_q(double m) {
    double sum = 0x1.b4ac41a34c3a5p-24;
    sum = NTKI_FMA(sum, m, -0x1.7568f21f94402p-21);
    sum = NTKI_FMA(sum, m, 0x1.32f551e50b8f5p-19);
    sum = NTKI_FMA(sum, m, -0x1.34d21b3d9efdbp-18);
    sum = NTKI_FMA(sum, m, 0x1.ac6b4ba24aec9p-18);
    sum = NTKI_FMA(sum, m, -0x1.a412528fb95d7p-18);
    sum = NTKI_FMA(sum, m, 0x1.3f1dcf530d871p-18);
    sum = NTKI_FMA(sum, m, -0x1.29adf9c2760e4p-19);
    sum = NTKI_FMA(sum, m, 0x1.f43f274d8a167p-20);
    sum = NTKI_FMA(sum, m, 0x1.e77aed9325cb7p-20);
    sum = NTKI_FMA(sum, m, 0x1.88a99cbe75e75p-18);
    sum = NTKI_FMA(sum, m, 0x1.10d482c620d13p-16);
    sum = NTKI_FMA(sum, m, 0x1.962c7b69bc3eep-15);
    sum = NTKI_FMA(sum, m, 0x1.45eeb6e938433p-13);
    sum = NTKI_FMA(sum, m, 0x1.24ac9c3b312b5p-11);
    sum = NTKI_FMA(sum, m, 0x1.3c169412e1ad5p-9);
    sum = NTKI_FMA(sum, m, 0x1.ebb1581dc2b1dp-7);
    sum = NTKI_FMA(sum, m, 0x1.334ed7129996bp-2);
    return sum;
}

/* R; largest relative error 7.5e-17 before rounding */
static inline double ntki_polynomial_r(double z) {
    double sum = 0x1.d93882dd58211p-6;
    sum = NTKI_FMA(sum, z, -0x1.eccdeb3461e38p-7);
    sum = NTKI_FMA(sum, z, 0x1.1f1a74222f615p-6);
    sum = NTKI_FMA(sum, z, 0x1.62a5a87ea574bp-8);
    sum = NTKI_FMA(sum, z, 0x1.529df8aa670d8p-7);
    sum = NTKI_FMA(sum, z, 0x1.7817de0cad1f0p-7);
    sum = NTKI_FMA(sum, z, 0x1.c9d08b34f8f0ap-7);
    sum = NTKI_FMA(sum, z, 0x1.1c4d28709c77cp-6);
    sum = NTKI_FMA(sum, z, 0x1.6e8bb25da62a8p-6);
    sum = NTKI_FMA(sum, z, 0x1.f1c71c19d6c36p-6);
    sum = NTKI_FMA(sum, z, 0x1.6db6db6e387d7p-5);
    sum = NTKI_FMA(sum, z, 0x1.3333333332e84p-4);
    sum = NTKI_FMA(sum, z, 0x1.5555555555556p-3);
    return sum;
}

#endif
