/* Philox 4x32-10 [Salmon11, section 3.3 and table 2]: rounds of two multiplications whose high halves are mixed with
 * the other words and with a key that grows by a Weyl sequence. */
#include "lib/random/random.h"

enum { ROUNDS = 10 };

void ntki_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t word[4] = {counter[0], counter[1], counter[2], counter[3]};
    uint32_t key0 = key[0], key1 = key[1];
    for (int round = 0; round < ROUNDS; round++) {
        const uint64_t product0 = UINT64_C(0xD2511F53) * word[0], product1 = UINT64_C(0xCD9E8D57) * word[2];
        word[0] = (uint32_t)(product1 >> 32) ^ word[1] ^ key0;
        word[1] = (uint32_t)product1;
        word[2] = (uint32_t)(product0 >> 32) ^ word[3] ^ key1;
        word[3] = (uint32_t)product0;
        key0 += UINT32_C(0x9E3779B9); /* the golden ratio */
        key1 += UINT32_C(0xBB67AE85); /* the square root of 3, less 1 */
    }
    for (int i = 0; i < 4; i++)
        out[i] = word[i];
}
