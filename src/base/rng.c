#include <errno.h>
#include <math.h>
#include <string.h>

#include <sys/random.h>

#include "base/rng.h"

__extension__ typedef unsigned __int128 u128;

enum err_code
rng_secret(void *p, size_t n, struct err *e)
{
	uint8_t *out = p;

	while (n > 0) {
		ssize_t got = getrandom(out, n, 0);

		if (got < 0) {
			if (errno == EINTR)
				continue;
			return err_set(e, ERR_IO, "could not read random bytes: %s",
			               strerror(errno));
		}
		out += got;
		n -= (size_t)got;
	}
	return ERR_OK;
}

/* Steele, Lea, Flood: Fast splittable pseudorandom number generators (2014). */
static uint64_t
splitmix64(uint64_t *x)
{
	uint64_t z = (*x += 0x9E3779B97F4A7C15u);

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

void
rng_seed(struct rng *r, uint64_t seed, uint64_t stream)
{
	uint64_t x = seed;
	uint64_t y = stream ^ 0xD1B54A32D192ED03u;

	/* Both are mixed before they meet, so that (1, 2) and (2, 1) differ. */
	x = splitmix64(&x) + 3 * splitmix64(&y);
	for (int i = 0; i < 4; i++)
		r->s[i] = splitmix64(&x);
}

static uint64_t
rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

/* xoshiro256++ 1.0, Blackman and Vigna (2019). */
uint64_t
rng_u64(struct rng *r)
{
	uint64_t *s = r->s;
	uint64_t result = rotl(s[0] + s[3], 23) + s[0];
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

double
rng_f64(struct rng *r)
{
	return (double)(rng_u64(r) >> 11) * 0x1p-53;
}

/* Lemire: Fast random integer generation in an interval (2019). */
uint64_t
rng_below(struct rng *r, uint64_t n)
{
	u128 m;

	if (n < 2)
		return 0;
	m = (u128)rng_u64(r) * n;
	if ((uint64_t)m < n) {
		uint64_t threshold = (0 - n) % n;

		while ((uint64_t)m < threshold)
			m = (u128)rng_u64(r) * n;
	}
	return (uint64_t)(m >> 64);
}

/* Marsaglia's polar method; the second value is dropped so that the stream has no hidden state. */
double
rng_normal(struct rng *r)
{
	double u, v, s;

	do {
		u = 2.0 * rng_f64(r) - 1.0;
		v = 2.0 * rng_f64(r) - 1.0;
		s = u * u + v * v;
	} while (s >= 1.0 || s <= 0.0);
	return u * sqrt(-2.0 * log(s) / s);
}
