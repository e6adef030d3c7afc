#include <stdbool.h>

#include "base/fold.h"
#include "base/text.h"

/* The ASCII letter under each Latin one, '.' where there is none (Unicode 14, NFKD). */
static const char latin_c0[] = /* U+00C0 .. U+024F */
	"aaaaaaaceeeeiiiidnooooo.ouuuuytsaaaaaaaceeeeiiiidnooooo.ouuuuyty"
	"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
	"lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"
	"bb..............................oo.............uu..............."
	"....dddlllnnnaaiioouuuuuuuuuu.aaaa....ggkkoooo..jdddgg..nnaa...."
	"aaaaeeeeiiiioooorrrruuuusstt..hh......aaeeooooooooyy............"
	"...b............";
static const char latin_1e00[] = /* U+1E00 .. U+1EFF */
	"aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmm"
	"mmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv"
	"wwwwwwwwwwxxxxyyzzzzzzhtwyas..s.aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee"
	"eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy......";

/* Letters that fold to two. */
static size_t
fold_pair(uint32_t cp, char out[4])
{
	static const struct {
		uint32_t cp;
		char text[2];
	} pairs[] = {
		{ 0xDF, { 's', 's' } },  { 0x1E9E, { 's', 's' } }, { 0xC6, { 'a', 'e' } },
		{ 0xE6, { 'a', 'e' } },  { 0x152, { 'o', 'e' } },  { 0x153, { 'o', 'e' } },
		{ 0xDE, { 't', 'h' } },  { 0xFE, { 't', 'h' } },   { 0x132, { 'i', 'j' } },
		{ 0x133, { 'i', 'j' } },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (pairs[i].cp == cp) {
			out[0] = pairs[i].text[0];
			out[1] = pairs[i].text[1];
			return 2;
		}
	}
	return 0;
}

static uint32_t
lower_greek(uint32_t cp)
{
	if (cp >= 0x391 && cp <= 0x3AB && cp != 0x3A2)
		return cp + 0x20;
	switch (cp) {
	case 0x386:
		return 0x3AC;
	case 0x388:
	case 0x389:
	case 0x38A:
		return cp + 0x25;
	case 0x38C:
		return 0x3CC;
	case 0x38E:
	case 0x38F:
		return cp + 0x3F;
	case 0x3C2: /* final sigma */
		return 0x3C3;
	default:
		return cp;
	}
}

static uint32_t
lower_cyrillic(uint32_t cp)
{
	if (cp >= 0x410 && cp <= 0x42F)
		return cp + 0x20;
	if (cp >= 0x400 && cp <= 0x40F)
		return cp + 0x50;
	if ((cp >= 0x460 && cp <= 0x481) || (cp >= 0x48A && cp <= 0x4BF) ||
	    (cp >= 0x4D0 && cp <= 0x52F))
		return cp | 1;
	if (cp == 0x4C0)
		return 0x4CF;
	if (cp >= 0x4C1 && cp <= 0x4CE)
		return cp + (cp & 1);
	return cp;
}

/* Beyond the alphabets above: what is not a letter of some other script. */
static bool
parts_words(uint32_t cp)
{
	return cp < 0xC0 || cp == 0xD7 || cp == 0xF7 || (cp >= 0x2B0 && cp <= 0x2FF) ||
	       cp == 0x37E || cp == 0x387 || cp == 0x482 || (cp >= 0x55A && cp <= 0x55F) ||
	       cp == 0x589 || cp == 0x58A || (cp >= 0x600 && cp <= 0x61F) || cp == 0x66A ||
	       (cp >= 0x2000 && cp <= 0x2BFF) || (cp >= 0x2E00 && cp <= 0x2E7F) ||
	       (cp >= 0x3000 && cp <= 0x3004) || (cp >= 0x3008 && cp <= 0x3020) ||
	       (cp >= 0xE000 && cp <= 0xF8FF) || (cp >= 0xFE00 && cp <= 0xFE6F) ||
	       (cp >= 0xFF01 && cp <= 0xFF0F) || cp == 0xFEFF || (cp >= 0xFFF0 && cp <= 0xFFFF);
}

size_t
fold_code_point(uint32_t cp, char out[4])
{
	char base = '.';
	size_t n;

	if (cp < 0x80) {
		if (cp >= 'A' && cp <= 'Z')
			cp += 'a' - 'A';
		out[0] = (char)cp;
		return (cp >= 'a' && cp <= 'z') || (cp >= '0' && cp <= '9') ? 1 : 0;
	}
	if ((cp >= 0x300 && cp <= 0x36F) || (cp >= 0x483 && cp <= 0x489))
		return FOLD_DROP;
	if (parts_words(cp))
		return 0;
	n = fold_pair(cp, out);
	if (n > 0)
		return n;
	if (cp >= 0xC0 && cp < 0x250)
		base = latin_c0[cp - 0xC0];
	else if (cp >= 0x1E00 && cp < 0x1F00)
		base = latin_1e00[cp - 0x1E00];
	if (base != '.') {
		out[0] = base;
		return 1;
	}
	if (cp == 0x18F) /* Azerbaijani schwa */
		cp = 0x259;
	else if (cp >= 0x370 && cp < 0x400)
		cp = lower_greek(cp);
	else if (cp >= 0x400 && cp < 0x530)
		cp = lower_cyrillic(cp);
	return text_utf8_put(cp, out);
}
