// Images of the map, drawn here from the table of looks: patterns of areas, symbols of points, the ground of "no information".
import { hazardLooks, minefieldLook, pointLooks, type HazardLook } from '../looks';

export const RATIO = 2; // of pixels drawn to pixels shown

export interface Drawn { name: string; data: ImageData }

function paper(w: number, h: number): [CanvasRenderingContext2D, () => ImageData] {
	const c = document.createElement('canvas');
	c.width = w;
	c.height = h;
	const g = c.getContext('2d', { willReadFrequently: true })!;
	return [g, () => g.getImageData(0, 0, w, h)];
}

// A tile that repeats without a seam: lines at 45 degrees need a square of gap * sqrt 2.
export function pattern(p: NonNullable<HazardLook['pattern']>): ImageData {
	const slant = p.angle % 90 !== 0;
	const gap = Math.max(6, p.gap_px), size = Math.max(4, Math.round(gap * (slant ? Math.SQRT2 : 1) * RATIO));
	const [g, done] = paper(size, size);
	g.strokeStyle = g.fillStyle = p.colour;
	g.lineWidth = Math.max(1.1, p.width_px) * RATIO;
	const line = (x1: number, y1: number, x2: number, y2: number) => { g.beginPath(); g.moveTo(x1, y1); g.lineTo(x2, y2); g.stroke(); };
	if (p.kind === 'dot') {
		const r = Math.max(1.2, p.width_px / 2) * RATIO;
		for (const [x, y] of [[size / 4, size / 4], [(3 * size) / 4, (3 * size) / 4]]) { g.beginPath(); g.arc(x, y, r, 0, 7); g.fill(); }
	} else if (slant) {
		const up = p.angle === 45 || p.kind === 'cross', down = p.angle === 135 || p.kind === 'cross';
		for (const d of [-size, 0, size]) {
			if (up) line(d - 2, size + 2, d + size + 2, -2);
			if (down) line(d - 2, -2, d + size + 2, size + 2);
		}
	} else {
		if (p.angle === 0 || p.kind === 'cross') line(0, size / 2, size, size / 2);
		if (p.angle === 90 || p.kind === 'cross') line(size / 2, 0, size / 2, size);
	}
	return done();
}

function shapePath(g: CanvasRenderingContext2D, shape: string, c: number, r: number) {
	const corner = (n: number, turn: number, k = r) => { for (let i = 0; i < n; i++) { const a = (i * 2 * Math.PI) / n + turn; g[i ? 'lineTo' : 'moveTo'](c + k * Math.sin(a), c - k * Math.cos(a)); } g.closePath(); };
	g.beginPath();
	switch (shape) {
	case 'triangle': corner(3, 0, r * 1.15); break;
	case 'diamond': corner(4, 0, r * 1.1); break;
	case 'square': corner(4, Math.PI / 4, r * 1.1); break;
	case 'pentagon': corner(5, 0); break;
	case 'star':
		for (let i = 0; i < 10; i++) { const a = (i * Math.PI) / 5, k = i % 2 ? r * 0.48 : r * 1.15; g[i ? 'lineTo' : 'moveTo'](c + k * Math.sin(a), c - k * Math.cos(a)); }
		g.closePath();
		break;
	case 'cross_fill': {
		const a = r * 0.4;
		for (const [i, [x, y]] of ([[-a, -r], [a, -r], [a, -a], [r, -a], [r, a], [a, a], [a, r], [-a, r], [-a, a], [-r, a], [-r, -a], [-a, -a]] as [number, number][]).entries()) g[i ? 'lineTo' : 'moveTo'](c + x, c + y);
		g.closePath();
		break;
	}
	default: g.arc(c, c, r * 0.9, 0, 7);
	}
}
// dashed: what waits for approval has a broken black ring around it.
export function symbol(shape: string, fill: string, size_px: number, dashed = false): ImageData {
	const r = (size_px / 2) * RATIO, side = Math.ceil(2 * r * 1.25 + 16 * RATIO * 0.75), c = side / 2;
	const [g, done] = paper(side, side);
	shapePath(g, shape, c, r);
	g.lineJoin = 'round';
	g.strokeStyle = '#fff';
	g.lineWidth = 3 * RATIO;
	g.stroke();
	g.fillStyle = fill;
	g.fill();
	g.strokeStyle = '#1a1a1a';
	g.lineWidth = 0.9 * RATIO;
	g.stroke();
	if (dashed) {
		g.beginPath();
		g.arc(c, c, r + 4 * RATIO, 0, 7);
		g.setLineDash([3 * RATIO, 2 * RATIO]);
		g.lineWidth = 1.6 * RATIO;
		g.strokeStyle = '#000';
		g.stroke();
	}
	return done();
}

export interface Ground { paper: string; ink: string; line: string; text: string; halo: string }
export function ground(dark: boolean, contrast: boolean): Ground {
	if (contrast) return { paper: '#ffffff', ink: '#8a8a8a', line: '#444444', text: '#000000', halo: '#ffffff' };
	return dark ? { paper: '#2b2f31', ink: '#4b5154', line: '#5b6366', text: '#e8e6e0', halo: '#1d2022' } : { paper: '#f1eee6', ink: '#cbc5b6', line: '#b9b2a2', text: '#3c3a34', halo: '#fbf9f4' };
}
// Nothing is known of this ground: a question mark on it, again and again.
export function unknownGround(l: Ground): ImageData {
	const size = 56 * RATIO;
	const [g, done] = paper(size, size);
	g.fillStyle = l.paper;
	g.fillRect(0, 0, size, size);
	g.fillStyle = l.ink;
	g.font = `${11 * RATIO}px sans-serif`;
	g.textAlign = 'center';
	g.textBaseline = 'middle';
	g.fillText('?', size / 4, size / 4);
	g.fillText('?', (3 * size) / 4, (3 * size) / 4);
	return done();
}

// Part of the map that did not arrive: black and yellow, like nothing else on it.
export function failedGround(): ImageData {
	const size = 24 * RATIO;
	const [g, done] = paper(size, size);
	g.fillStyle = '#f4d03f';
	g.fillRect(0, 0, size, size);
	g.strokeStyle = '#1a1a1a';
	g.lineWidth = 4 * RATIO;
	for (const d of [-size, 0, size]) { g.beginPath(); g.moveTo(d - 4, -4); g.lineTo(d + size + 4, size + 4); g.stroke(); }
	return done();
}

export function allImages(l: Ground): Drawn[] {
	const out: Drawn[] = [{ name: 'unknown', data: unknownGround(l) }, { name: 'failed', data: failedGround() }];
	for (const h of hazardLooks) {
		if (h.pattern) out.push({ name: `fill-${h.key}`, data: pattern(h.pattern) });
		out.push({ name: `sym-${h.key}`, data: symbol(h.shape, h.fill, 12) }, { name: `sym-${h.key}-wait`, data: symbol(h.shape, h.fill, 12, true) });
	}
	out.push({ name: 'fill-minefield', data: pattern(minefieldLook.pattern) });
	for (const rows of Object.values(pointLooks)) for (const p of rows) out.push({ name: p.key, data: symbol(p.shape, p.colour, p.size_px) });
	return out;
}
