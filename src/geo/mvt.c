#include "geo/mvt.h"

#include <string.h>

#include "base/mem.h"

/* Fields of the protocol buffers: (number << 3) | wire type. */
enum {
	TILE_LAYER = 3 << 3 | 2,
	LAYER_NAME = 1 << 3 | 2,
	LAYER_FEATURE = 2 << 3 | 2,
	LAYER_KEY = 3 << 3 | 2,
	LAYER_VALUE = 4 << 3 | 2,
	LAYER_EXTENT = 5 << 3,
	LAYER_VERSION = 15 << 3,
	FEATURE_ID = 1 << 3,
	FEATURE_TAGS = 2 << 3 | 2,
	FEATURE_TYPE = 3 << 3,
	FEATURE_GEOMETRY = 4 << 3 | 2,
	VALUE_STRING = 1 << 3 | 2,
	VALUE_INT = 4 << 3,
	VALUE_BOOL = 7 << 3
};
enum {
	TYPE_POINT = 1,
	TYPE_LINE = 2,
	TYPE_AREA = 3
};
enum {
	MOVE_TO = 1,
	LINE_TO = 2,
	CLOSE_PATH = 7
};
#define VARINT_MOST 10

static size_t
put_varint(uint8_t *p, uint64_t v)
{
	size_t n = 0;

	while (v >= 0x80) {
		p[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	p[n++] = (uint8_t)v;
	return n;
}

static void
add_varint(struct buf *b, uint64_t v)
{
	uint8_t p[VARINT_MOST];

	buf_add(b, p, put_varint(p, v));
}

static void
add_bytes(struct buf *b, unsigned field, const void *p, size_t n)
{
	add_varint(b, field);
	add_varint(b, n);
	buf_add(b, p, n);
}

static uint32_t
zigzag(int32_t v)
{
	return ((uint32_t)v << 1) ^ (uint32_t)(v < 0 ? -1 : 0);
}

void
mvt_init(struct mvt *m, struct buf *out)
{
	*m = (struct mvt){ .out = out };
	buf_init(&m->features, (size_t)256 << 20);
	buf_init(&m->values, (size_t)256 << 20);
	buf_init(&m->feature, (size_t)256 << 20);
	buf_init(&m->text, (size_t)1 << 20);
}

void
mvt_done(struct mvt *m)
{
	buf_done(&m->features);
	buf_done(&m->values);
	buf_done(&m->feature);
	buf_done(&m->text);
	mem_free(m->slot);
	mem_free(m->at);
	m->slot = m->at = NULL;
}

bool
mvt_ok(const struct mvt *m)
{
	return !m->failed && buf_ok(m->out) && buf_ok(&m->features) && buf_ok(&m->values) &&
	       buf_ok(&m->feature) && buf_ok(&m->text);
}

void
mvt_layer(struct mvt *m, const char *name, uint32_t extent)
{
	buf_reset(&m->features);
	buf_reset(&m->values);
	m->name = name;
	m->extent = extent;
	m->keys = m->value_count = 0;
	if (m->slot)
		memset(m->slot, 0, m->slots * sizeof(*m->slot));
}

void
mvt_layer_end(struct mvt *m)
{
	struct buf head;

	if (m->features.size == 0 || !mvt_ok(m))
		return;
	buf_init(&head, (size_t)1 << 20);
	add_varint(&head, LAYER_VERSION);
	add_varint(&head, 2);
	add_bytes(&head, LAYER_NAME, m->name, strlen(m->name));
	for (uint32_t i = 0; i < m->keys; i++)
		add_bytes(&head, LAYER_KEY, m->key[i], strlen(m->key[i]));
	add_varint(&head, LAYER_EXTENT);
	add_varint(&head, m->extent);
	add_varint(m->out, TILE_LAYER);
	add_varint(m->out, head.size + m->features.size + m->values.size);
	buf_add(m->out, head.data, head.size);
	buf_add(m->out, m->features.data, m->features.size);
	buf_add(m->out, m->values.data, m->values.size);
	m->failed = m->failed || !buf_ok(&head);
	buf_done(&head);
}

void
mvt_feature(struct mvt *m, uint64_t id)
{
	m->id = id;
	m->tags = 0;
}

static uint32_t
hash_of(const uint8_t *p, size_t n)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 16777619u;
	return h ^ h >> 15;
}

/* Twice as many slots, and a quarter as many values again. */
static bool
grow_values(struct mvt *m)
{
	uint32_t slots = m->slots ? 2 * m->slots : 4 * MVT_SLOTS;
	uint32_t *slot = mem_calloc(slots, sizeof(*slot));
	uint32_t *at = slot ? mem_realloc_array(m->at, slots / 2 + 1, sizeof(*at)) : NULL;

	if (!at) {
		mem_free(slot);
		m->failed = true;
		return false;
	}
	m->at = at;
	m->room = slots / 2;
	for (uint32_t v = 0; v < m->value_count; v++) {
		uint32_t end = v + 1 < m->value_count ? at[v + 1] : (uint32_t)m->values.size;
		uint32_t h = hash_of((uint8_t *)m->values.data + at[v], end - at[v]) & (slots - 1);

		while (slot[h])
			h = (h + 1) & (slots - 1);
		slot[h] = v + 1;
	}
	mem_free(m->slot);
	m->slot = slot;
	m->slots = slots;
	return true;
}

/* The number of a value, given as the bytes that stand in the layer. */
static uint32_t
value_of(struct mvt *m, const uint8_t *p, size_t n)
{
	uint32_t h;

	if (m->value_count >= m->room && !grow_values(m))
		return 0;
	for (h = hash_of(p, n) & (m->slots - 1); m->slot[h]; h = (h + 1) & (m->slots - 1)) {
		uint32_t v = m->slot[h] - 1;
		size_t end = v + 1 < m->value_count ? m->at[v + 1] : m->values.size;

		if (end - m->at[v] == n && memcmp(m->values.data + m->at[v], p, n) == 0)
			return v;
	}
	m->at[m->value_count] = (uint32_t)m->values.size;
	buf_add(&m->values, p, n);
	m->slot[h] = ++m->value_count;
	return m->value_count - 1;
}

/* A value that nobody looks for again. */
static uint32_t
new_value(struct mvt *m, const uint8_t *p, size_t n)
{
	if (m->value_count >= m->room && !grow_values(m))
		return 0;
	m->at[m->value_count] = (uint32_t)m->values.size;
	buf_add(&m->values, p, n);
	return m->value_count++;
}

static void
add_tag(struct mvt *m, const char *key, const uint8_t *value, size_t n, bool once)
{
	uint32_t k = 0, v;

	while (k < m->keys && m->key[k] != key) /* names are mostly the same constants */
		k++;
	if (k == m->keys)
		for (k = 0; k < m->keys && strcmp(m->key[k], key) != 0;)
			k++;
	v = once ? new_value(m, value, n) : value_of(m, value, n);
	if (k == MVT_KEYS || m->tags == MVT_TAGS || m->failed) {
		m->failed = true;
		return;
	}
	if (k == m->keys)
		m->key[m->keys++] = key;
	m->tag[2 * (size_t)m->tags] = k;
	m->tag[2 * (size_t)m->tags + 1] = v;
	m->tags++;
}

static void
add_text(struct mvt *m, const char *key, const char *value, bool once)
{
	size_t n = value ? strlen(value) : 0;
	uint8_t small[160];
	uint8_t head[2 * VARINT_MOST], size[VARINT_MOST], *p = small;
	size_t s, h;

	if (!value)
		return;
	s = put_varint(size, n);
	h = put_varint(head, LAYER_VALUE);
	h += put_varint(head + h, 1 + s + n);
	if (h + 1 + s + n > sizeof(small)) {
		buf_reset(&m->text);
		p = (uint8_t *)buf_reserve(&m->text, h + 1 + s + n);
		if (!p)
			return;
	}
	memcpy(p, head, h);
	p[h] = VALUE_STRING;
	memcpy(p + h + 1, size, s);
	memcpy(p + h + 1 + s, value, n);
	add_tag(m, key, p, h + 1 + s + n, once);
}

void
mvt_text(struct mvt *m, const char *key, const char *value)
{
	add_text(m, key, value, false);
}

void
mvt_text_once(struct mvt *m, const char *key, const char *value)
{
	add_text(m, key, value, true);
}

static void
add_number(struct mvt *m, const char *key, uint8_t field, uint64_t v)
{
	uint8_t p[3 + VARINT_MOST] = { LAYER_VALUE, 0, field };
	size_t n = put_varint(p + 3, v);

	p[1] = (uint8_t)(1 + n);
	add_tag(m, key, p, 3 + n, false);
}

void
mvt_int(struct mvt *m, const char *key, int64_t value)
{
	add_number(m, key, VALUE_INT, (uint64_t)value);
}

void
mvt_bool(struct mvt *m, const char *key, bool value)
{
	add_number(m, key, VALUE_BOOL, value);
}

/* Room in m->feature for the words of n points and what stands around them. */
static uint8_t *
reserve_words(struct mvt *m, size_t n)
{
	buf_reset(&m->feature);
	return (uint8_t *)buf_reserve(&m->feature, 5 * n + 64);
}

static size_t
put_delta(uint8_t *p, const int32_t *xy, int32_t at[2])
{
	size_t n = put_varint(p, zigzag(xy[0] - at[0]));

	n += put_varint(p + n, zigzag(xy[1] - at[1]));
	at[0] = xy[0];
	at[1] = xy[1];
	return n;
}

static size_t
put_path(uint8_t *p, const int32_t *xy, size_t n, int32_t at[2])
{
	size_t used = put_varint(p, 1 << 3 | MOVE_TO);

	used += put_delta(p + used, xy, at);
	used += put_varint(p + used, (uint64_t)(n - 1) << 3 | LINE_TO);
	for (size_t i = 1; i < n; i++)
		used += put_delta(p + used, xy + 2 * i, at);
	return used;
}

/* The geometry's words stand in m->feature: write the feature. */
static void
end_feature(struct mvt *m, unsigned type, size_t words_size)
{
	uint8_t tags[2 * MVT_TAGS * 5], head[2 * MVT_TAGS * 5 + 64];
	size_t t = 0, h = 0;

	m->feature.size = words_size;
	for (uint32_t i = 0; i < 2 * m->tags; i++)
		t += put_varint(tags + t, m->tag[i]);
	if (m->id) {
		head[h++] = FEATURE_ID;
		h += put_varint(head + h, m->id);
	}
	if (t) {
		head[h++] = FEATURE_TAGS;
		h += put_varint(head + h, t);
		memcpy(head + h, tags, t);
		h += t;
	}
	head[h++] = FEATURE_TYPE;
	head[h++] = (uint8_t)type;
	head[h++] = FEATURE_GEOMETRY;
	h += put_varint(head + h, words_size);
	add_varint(&m->features, LAYER_FEATURE);
	add_varint(&m->features, h + words_size);
	buf_add(&m->features, head, h);
	buf_add(&m->features, m->feature.data, words_size);
}

void
mvt_points(struct mvt *m, const int32_t *xy, size_t n)
{
	uint8_t *p = reserve_words(m, 2 * n + 1);
	int32_t at[2] = { 0, 0 };
	size_t used;

	if (!p)
		return;
	used = put_varint(p, (uint64_t)n << 3 | MOVE_TO);
	for (size_t i = 0; i < n; i++)
		used += put_delta(p + used, xy + 2 * i, at);
	end_feature(m, TYPE_POINT, used);
}

void
mvt_line(struct mvt *m, const int32_t *xy, size_t n)
{
	uint8_t *p = reserve_words(m, 2 * n + 2);
	int32_t at[2] = { 0, 0 };

	if (p)
		end_feature(m, TYPE_LINE, put_path(p, xy, n, at));
}

void
mvt_area(struct mvt *m, const int32_t *xy, const uint32_t *ring_end, size_t rings)
{
	size_t n = rings ? ring_end[rings - 1] : 0, used = 0;
	uint8_t *p = reserve_words(m, 2 * n + 3 * rings);
	int32_t at[2] = { 0, 0 };

	for (size_t r = 0, from = 0; p && r < rings; from = ring_end[r++]) {
		used += put_path(p + used, xy + 2 * from, ring_end[r] - from, at);
		used += put_varint(p + used, 1 << 3 | CLOSE_PATH);
	}
	if (p && rings)
		end_feature(m, TYPE_AREA, used);
}
