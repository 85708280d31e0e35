/* Differences of hyperbolic functions, for duals whose odd parts are sinh of a covariance. */
#ifndef NTKI_HYPERBOLIC_H
#define NTKI_HYPERBOLIC_H

/* (cosh sqrt(x + y) - cosh sqrt x - cosh sqrt y + 1) / (x y), for x, y >= 0 with x + y <= 1: the sum over n >= 2 of
 * t_n / (2n)! with t_n = ((x + y)^n - x^n - y^n) / (x y), so t_2 = 2 and t_{n+1} = (x + y) t_n + x^{n-1} + y^{n-1}.
 * All terms are positive; those left out are below 1e-16 of the first. With x = 4 p q and y = (p - q)^2 it gives
 *   sinh p sinh q - sinh^2 sqrt(p q) = x y / 2 times this function. */
NTKI_INLINE ntki_real ntki_cosh_excess(ntki_real x, ntki_real y) {
    const ntki_real x2 = x * x, y2 = y * y, x4 = x2 * x2, y4 = y2 * y2, z = x + y;
    const ntki_real t3 = 3 * z;
    const ntki_real t4 = z * t3 + (x2 + y2);
    const ntki_real t5 = z * t4 + (x2 * x + y2 * y);
    const ntki_real t6 = z * t5 + (x4 + y4);
    const ntki_real t7 = z * t6 + (x4 * x + y4 * y);
    const ntki_real t8 = z * t7 + (x4 * x2 + y4 * y2);
    const ntki_real t9 = z * t8 + (x4 * x2 * x + y4 * y2 * y);
    return 1.0 / 12 + (t3 * (1.0 / 720) +
                       (t4 * (1.0 / 40320) +
                        (t5 * (1.0 / 3628800) +
                         (t6 * (1.0 / 479001600) + (t7 * (1.0 / 87178291200) +
                                                    (t8 * (1.0 / 20922789888000) + t9 * (1.0 / 6402373705728000)))))));
}

#endif
