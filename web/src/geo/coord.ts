// Positions as people type them, on WGS 84: decimal degrees or degrees, minutes, seconds. Nothing is guessed: without
// letters the order is latitude, longitude, as the label says; what is ambiguous is not understood.
export interface Typed { lon: number; lat: number; precision_m: number }

interface Part { value: number; digits: number; side: string }

// 48.305, 48,305, 48°18.30'N, 48°18'18.4"N, N 48 18 18.4
function part(text: string): Part | null {
	const m = /^\s*([NSEW])?\s*([+-])?(\d{1,3}(?:[.,]\d+)?)\s*(?:°|º|d|\s)?\s*(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:'|′|’|m|\s)?\s*(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:"|″|”|''|s)?\s*)?)?([NSEW])?\s*$/i.exec(text);
	if (!m) return null;
	if (m[1] && m[6]) return null;
	const n = (s: string | undefined) => (s ? Number(s.replace(',', '.')) : 0);
	const frac = (s: string) => s.split(/[.,]/)[1]?.length ?? 0;
	const side = (m[1] ?? m[6] ?? '').toUpperCase();
	if (m[2] && side) return null; // a sign and a letter: which one counts?
	if (m[4] && frac(m[3]) > 0) return null; // 48.5 degrees and 30 minutes
	if (m[5] && frac(m[4]) > 0) return null;
	if (n(m[4]) >= 60 || n(m[5]) >= 60) return null;
	const value = (n(m[3]) + n(m[4]) / 60 + n(m[5]) / 3600) * (m[2] === '-' || side === 'S' || side === 'W' ? -1 : 1);
	const step = m[5] ? 10 ** -frac(m[5]) / 3600 : m[4] ? 10 ** -frac(m[4]) / 60 : 10 ** -frac(m[3]);
	return { value, digits: step, side };
}

// Split in two: at a semicolon, at a comma that is no decimal one, or at the blank that leaves two good parts.
function halves(line: string): [string, string][] {
	const at = (i: number, n = 1): [string, string] => [line.slice(0, i), line.slice(i + n)];
	if (line.includes(';')) return line.split(';').length === 2 ? [at(line.indexOf(';'))] : [];
	const commas = [...line.matchAll(/,/g)].map((m) => m.index);
	const spaced = commas.filter((i) => /\s/.test(line[i + 1] ?? ' '));
	if (spaced.length === 1) return [at(spaced[0])];
	if (commas.length === 1 && /[.°′'NSEW]/i.test(line)) return [at(commas[0])];
	if (commas.length === 3) return [at(commas[1])];
	const letter = /[NSEW]/i.exec(line.trim().slice(1, -1));
	if (letter) {
		const i = line.indexOf(letter[0], line.search(/\S/) + 1);
		return /^[NSEW]/i.test(line.trim()) ? [at(i, 0)] : [[line.slice(0, i + 1), line.slice(i + 1)]];
	}
	const blanks = [...line.trim().matchAll(/\s+/g)];
	if (blanks.length % 2 === 1) { const b = blanks[(blanks.length - 1) / 2]; const l = line.trim(); return [[l.slice(0, b.index), l.slice(b.index + b[0].length)]]; }
	return [];
}

export function readPosition(line: string): Typed | null {
	for (const [a, b] of halves(line.trim())) {
		const p = part(a), q = part(b);
		if (!p || !q || !!p.side !== !!q.side) continue;
		let lat = p, lon = q;
		if (/[EW]/.test(p.side)) [lat, lon] = [q, p];
		if (lat.side && (!/[NS]/.test(lat.side) || !/[EW]/.test(lon.side))) continue;
		if (Math.abs(lat.value) > 90 || Math.abs(lon.value) > 180) continue;
		const half = Math.max(lat.digits, lon.digits * Math.cos((lat.value * Math.PI) / 180)) / 2;
		return { lat: lat.value, lon: lon.value, precision_m: half * 111195 };
	}
	return null;
}
export function readPositions(text: string): { points: Typed[]; bad: number } {
	const points: Typed[] = [];
	const lines = text.split('\n');
	for (let i = 0; i < lines.length; i++) {
		if (!lines[i].trim()) continue;
		const p = readPosition(lines[i]);
		if (!p) return { points, bad: i + 1 };
		points.push(p);
	}
	return { points, bad: 0 };
}
