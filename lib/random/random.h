/* Random numbers that are functions of a seed and a place, so that any of them can be had without those before it, by
 * any thread: Philox 4x32-10 [Salmon11], and normals by inversion of the distribution function (AS 241, [Wichura88]).
 *
 * Normals have the same bits on every platform: they come from integers by additions, multiplications, divisions and
 * square roots of IEEE double precision, in an order that the source fixes. */
#ifndef NTKI_RANDOM_H
#define NTKI_RANDOM_H

#include <stdint.h>

/* Ten rounds of Philox: 128 random bits that belong to a counter and a key. */
void ntki_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* The N(0,1) quantile of (k + 1/2) / 2^52, where k is the upper 52 of the 64 bits. Symmetric: the complement of the
 * bits gives the negative. From -8.21 to 8.21; its error is below 1e-15 of its size. */
double ntki_normal_from_bits(uint64_t bits);

/* Normals number first ... first + count - 1 of a stream of a seed. Number i is made of words 2 (i mod 2) and
 * 2 (i mod 2) + 1 (the lower half first) of the block with counter (i / 2, stream) and key `seed`, all of them as
 * two words, the lower first. */
void ntki_random_normals(uint64_t seed, uint64_t stream, int64_t first, int64_t count, double *out);

#endif
