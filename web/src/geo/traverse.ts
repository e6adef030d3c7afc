// A perimeter measured on foot: the sums of src/geo/traverse.c. From a start, by bearing and distance along geodesics of
// WGS 84; the gap of a closed one is part of what was measured, the adjusted shape (Bowditch) a second result.
import geodesic from 'geographiclib-geodesic';

export interface Leg { bearing_deg: number; distance_m: number }
export interface Walk { lon: number; lat: number; legs: Leg[]; declination_deg: number; closed: boolean }
export interface Walked {
	ring: [number, number][]; // as measured, closed by its first point
	adjusted: [number, number][]; // [] unless closed
	length_m: number;
	closure_m: number;
	ratio: number; // the N of 1 : N, 0 without
}
export const MOST_LEG_M = 100000, SAME_M = 1e-6;
const earth = (geodesic as unknown as { Geodesic: { WGS84: Earth } }).Geodesic.WGS84;
interface Earth {
	Direct(lat: number, lon: number, azimuth: number, distance: number): { lat2: number; lon2: number };
	Inverse(lat1: number, lon1: number, lat2: number, lon2: number): { s12: number };
}

export function readLegs(text: string): { legs: Leg[]; bad: number } {
	const legs: Leg[] = [];
	let n = 0;
	for (const line of text.split('\n')) {
		if (!line.trim()) continue;
		n++;
		const p = line.trim().replace(/°/g, ' ').split(/[\s;]+|,\s+/).filter(Boolean).map((x) => Number(x.replace(',', '.').replace(/m$/i, '')));
		if (p.length !== 2 || !(p[0] >= 0 && p[0] <= 360) || !(p[1] > 0 && p[1] <= MOST_LEG_M)) return { legs, bad: n };
		legs.push({ bearing_deg: p[0], distance_m: p[1] });
	}
	return { legs, bad: 0 };
}

export function walk(w: Walk): Walked {
	const at: [number, number][] = [[w.lon, w.lat]];
	let length_m = 0;
	for (const leg of w.legs) {
		const [lon, lat] = at[at.length - 1];
		const d = earth.Direct(lat, lon, leg.bearing_deg + w.declination_deg, leg.distance_m);
		let turn = (d.lon2 - lon) % 360;
		if (turn > 180) turn -= 360;
		if (turn < -180) turn += 360;
		at.push([lon + turn, d.lat2]);
		length_m += leg.distance_m;
	}
	const end = at[at.length - 1], n = w.legs.length;
	if (!w.closed) return { ring: [...at, at[0]], adjusted: [], length_m, closure_m: 0, ratio: 0 };
	let closure_m = earth.Inverse(end[1], end[0], at[0][1], at[0][0]).s12;
	const gap: [number, number] = [at[0][0] - end[0], at[0][1] - end[1]];
	const adjusted: [number, number][] = [];
	let done = 0;
	for (let i = 0; i < n; i++) {
		adjusted.push([at[i][0] + (gap[0] * done) / length_m, at[i][1] + (gap[1] * done) / length_m]);
		done += w.legs[i].distance_m;
	}
	adjusted.push(adjusted[0]);
	const exact = closure_m < SAME_M;
	if (exact) closure_m = 0;
	return { ring: [...(exact ? at.slice(0, n) : at), at[0]], adjusted, length_m, closure_m, ratio: exact ? 0 : length_m / closure_m };
}
