#include "log/fast.h"

#include <stdbool.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define LANES 16
#define BLOCK 64
#define FEW 5 /* so many messages are quicker one after the other */

/* The last rest < 16 of n bytes, zeros behind them. */
__attribute__((target("ssse3"))) static __m128i
load_last(const uint8_t *p, size_t n, size_t rest)
{
	static const uint8_t move[32] = {
		0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,
		11,   12,   13,   14,   15,   0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
		0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	};
	uint8_t few[16] = { 0 };

	if (n >= 16)
		return _mm_shuffle_epi8(
			_mm_loadu_si128((const __m128i *)(const void *)(p + n - 16)),
			_mm_loadu_si128((const __m128i *)(const void *)(move + 16 - rest)));
	memcpy(few, p + n - rest, rest);
	return _mm_loadu_si128((const __m128i *)(const void *)few);
}

/* W. Mula and D. Lemire, "Faster Base64 Encoding and Decoding Using AVX2 Instructions" (2018),
 * section 3, in its 16-byte form: 12 bytes become 16 characters. */
__attribute__((target("ssse3"))) static size_t
base64url_ssse3(const uint8_t *p, size_t n, char *out)
{
	const __m128i spread = _mm_set_epi8(10, 11, 9, 10, 7, 8, 6, 7, 4, 5, 3, 4, 1, 2, 0, 1);
	const __m128i offset = _mm_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
	                                     '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
	                                     '0' - 52, '-' - 62, '_' - 63, 'A', 0, 0);
	const size_t length = (4 * n + 2) / 3;
	char *to = out;

	for (size_t done = 0; done < n; done += 12) {
		__m128i v = n - done < 16
		                    ? load_last(p, n, n - done)
		                    : _mm_loadu_si128((const __m128i *)(const void *)(p + done));
		__m128i high;
		__m128i low;
		__m128i which;

		v = _mm_shuffle_epi8(v, spread);
		high = _mm_mulhi_epu16(_mm_and_si128(v, _mm_set1_epi32(0x0fc0fc00)),
		                       _mm_set1_epi32(0x04000040));
		low = _mm_mullo_epi16(_mm_and_si128(v, _mm_set1_epi32(0x003f03f0)),
		                      _mm_set1_epi32(0x01000010));
		v = _mm_or_si128(high, low);
		which = _mm_or_si128(
			_mm_subs_epu8(v, _mm_set1_epi8(51)),
			_mm_and_si128(_mm_cmpgt_epi8(_mm_set1_epi8(26), v), _mm_set1_epi8(13)));
		v = _mm_add_epi8(v, _mm_shuffle_epi8(offset, which));
		_mm_storeu_si128((__m128i *)(void *)to, v);
		to += 16;
	}
	out[length] = '\0';
	return length;
}

static const uint32_t round_constant[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static const uint32_t start_value[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

/* One message in its lane: whole blocks where they lie, the padded rest in tail. */
struct lane {
	const uint8_t *p;
	size_t whole;  /* blocks read from p */
	size_t blocks; /* with the tail's */
	uint8_t tail[2 * BLOCK];
};

static void
lane_init(struct lane *l, const struct fast_message *m)
{
	const size_t rest = m->size % BLOCK;
	const size_t tail = rest + 9 > BLOCK ? 2 * BLOCK : BLOCK;
	uint64_t bits = (uint64_t)m->size * 8;

	l->p = m->p;
	l->whole = m->size / BLOCK;
	l->blocks = l->whole + tail / BLOCK;
	memset(l->tail, 0, tail);
	if (rest > 0)
		memcpy(l->tail, l->p + l->whole * BLOCK, rest);
	l->tail[rest] = 0x80;
	bits = __builtin_bswap64(bits);
	memcpy(l->tail + tail - 8, &bits, 8);
}

static const uint8_t *
lane_block(const struct lane *l, size_t block)
{
	if (block < l->whole)
		return l->p + block * BLOCK;
	return block < l->blocks ? l->tail + (block - l->whole) * BLOCK : l->tail;
}

#define AVX512 __attribute__((target("avx512f,avx512bw")))
#define INLINE_AVX512 AVX512 static inline __attribute__((always_inline))

/* Rows and columns of a 16 x 16 matrix of 32-bit words change places. */
INLINE_AVX512 void
transpose(__m512i *r)
{
	__m512i t[LANES];

	for (int i = 0; i < LANES; i += 2) {
		t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
		t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
	}
	for (int i = 0; i < LANES; i += 4) {
		r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
		r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
		r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
		r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
	}
	for (int i = 0; i < 4; i++) {
		t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
		t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
		t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
		t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
	}
	for (int i = 0; i < 4; i++) {
		r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
		r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
		r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
		r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
	}
}

INLINE_AVX512 __m512i
xor3(__m512i a, __m512i b, __m512i c)
{
	return _mm512_ternarylogic_epi32(a, b, c, 0x96);
}

INLINE_AVX512 __m512i
add(__m512i a, __m512i b)
{
	return _mm512_add_epi32(a, b);
}

/* Word i of the message schedule, i >= 16, in place of word i - 16. */
INLINE_AVX512 void
schedule(__m512i *w, int i)
{
	const __m512i w15 = w[(i - 15) & 15];
	const __m512i w2 = w[(i - 2) & 15];
	const __m512i s0 = xor3(_mm512_ror_epi32(w15, 7), _mm512_ror_epi32(w15, 18),
	                        _mm512_srli_epi32(w15, 3));
	const __m512i s1 =
		xor3(_mm512_ror_epi32(w2, 17), _mm512_ror_epi32(w2, 19), _mm512_srli_epi32(w2, 10));

	w[i & 15] = add(add(w[i & 15], s0), add(w[(i - 7) & 15], s1));
}

/* Round i. s holds a .. h turned by i places, so that nothing has to move. */
INLINE_AVX512 void
one_round(__m512i *s, const __m512i *w, int i, int k)
{
	const __m512i a = s[(0 - i) & 7];
	const __m512i e = s[(4 - i) & 7];
	__m512i *const d = &s[(3 - i) & 7];
	__m512i *const h = &s[(7 - i) & 7];
	const __m512i t1 =
		add(add(*h, xor3(_mm512_ror_epi32(e, 6), _mm512_ror_epi32(e, 11),
	                         _mm512_ror_epi32(e, 25))),
	            add(_mm512_ternarylogic_epi32(e, s[(5 - i) & 7], s[(6 - i) & 7], 0xca),
	                add(_mm512_set1_epi32((int)round_constant[k]), w[i & 15])));
	const __m512i t2 =
		add(xor3(_mm512_ror_epi32(a, 2), _mm512_ror_epi32(a, 13), _mm512_ror_epi32(a, 22)),
	            _mm512_ternarylogic_epi32(a, s[(1 - i) & 7], s[(2 - i) & 7], 0xe8));

	*d = add(*d, t1);
	*h = add(t1, t2);
}

/* Sixteen rounds from round k on, spelled out so that every index is known to the compiler. */
INLINE_AVX512 void
sixteen_rounds(__m512i *s, __m512i *w, int k)
{
	one_round(s, w, 0, k);
	one_round(s, w, 1, k + 1);
	one_round(s, w, 2, k + 2);
	one_round(s, w, 3, k + 3);
	one_round(s, w, 4, k + 4);
	one_round(s, w, 5, k + 5);
	one_round(s, w, 6, k + 6);
	one_round(s, w, 7, k + 7);
	one_round(s, w, 8, k + 8);
	one_round(s, w, 9, k + 9);
	one_round(s, w, 10, k + 10);
	one_round(s, w, 11, k + 11);
	one_round(s, w, 12, k + 12);
	one_round(s, w, 13, k + 13);
	one_round(s, w, 14, k + 14);
	one_round(s, w, 15, k + 15);
}

INLINE_AVX512 void
sixteen_words(__m512i *w)
{
	schedule(w, 16);
	schedule(w, 17);
	schedule(w, 18);
	schedule(w, 19);
	schedule(w, 20);
	schedule(w, 21);
	schedule(w, 22);
	schedule(w, 23);
	schedule(w, 24);
	schedule(w, 25);
	schedule(w, 26);
	schedule(w, 27);
	schedule(w, 28);
	schedule(w, 29);
	schedule(w, 30);
	schedule(w, 31);
}

/* One block in every lane of mask: FIPS 180-4, section 6.2.2. w: the block's words, word i of all
 * lanes. */
AVX512 static void
compress(__m512i *state, __m512i *w, __mmask16 mask)
{
	__m512i s[8];

	for (int i = 0; i < 8; i++)
		s[i] = state[i];
	sixteen_rounds(s, w, 0);
	for (int k = 16; k < 64; k += 16) {
		sixteen_words(w);
		sixteen_rounds(s, w, k);
	}
	for (int i = 0; i < 8; i++)
		state[i] = _mm512_mask_add_epi32(state[i], mask, state[i], s[i]);
}

/* At most sixteen messages. */
AVX512 static void
sha256_lanes(const struct fast_message *message, size_t count, uint8_t (*out)[32])
{
	const __m512i swap = _mm512_set4_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203);
	struct lane lane[LANES];
	__m512i state[LANES];
	size_t most = 0;

	for (size_t i = 0; i < count; i++) {
		lane_init(&lane[i], &message[i]);
		most = lane[i].blocks > most ? lane[i].blocks : most;
	}
	for (int i = 0; i < 8; i++)
		state[i] = _mm512_set1_epi32((int)start_value[i]);
	for (size_t block = 0; block < most; block++) {
		__m512i w[LANES];
		unsigned mask = 0;

		for (size_t i = 0; i < LANES; i++) {
			/* An empty lane reads the first one's block and is masked out. */
			const struct lane *l = &lane[i < count ? i : 0];

			w[i] = _mm512_loadu_si512(lane_block(l, block));
			mask |= (i < count && block < l->blocks ? 1u : 0u) << i;
		}
		transpose(w);
		for (int i = 0; i < LANES; i++)
			w[i] = _mm512_shuffle_epi8(w[i], swap);
		compress(state, w, (__mmask16)mask);
	}
	for (int i = 8; i < LANES; i++)
		state[i] = _mm512_setzero_si512();
	for (int i = 0; i < 8; i++)
		state[i] = _mm512_shuffle_epi8(state[i], swap);
	transpose(state);
	for (size_t i = 0; i < count; i++)
		_mm256_storeu_si256((__m256i *)(void *)out[i], _mm512_castsi512_si256(state[i]));
}

size_t
fast_base64url(const uint8_t *p, size_t n, char *out)
{
	if (__builtin_cpu_supports("ssse3"))
		return base64url_ssse3(p, n, out);
	return text_base64url(p, n, out);
}

void
fast_sha256(const struct fast_message *message, size_t count, uint8_t (*out)[32])
{
	size_t i = 0;

	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) {
		for (; count - i > FEW; i += count - i < LANES ? count - i : LANES)
			sha256_lanes(message + i, count - i < LANES ? count - i : LANES, out + i);
	}
	for (; i < count; i++)
		hash_sha256(message[i].p, message[i].size, out[i]);
}

#else

size_t
fast_base64url(const uint8_t *p, size_t n, char *out)
{
	return text_base64url(p, n, out);
}

void
fast_sha256(const struct fast_message *message, size_t count, uint8_t (*out)[32])
{
	for (size_t i = 0; i < count; i++)
		hash_sha256(message[i].p, message[i].size, out[i]);
}

#endif
