// Meridians and parallels of the view, at a round step, with their degrees.
import type { Feature, FeatureCollection } from 'geojson';

const steps = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];

export function degrees(v: number, axis: 'lat' | 'lon', digits = 5): string {
	const side = axis === 'lat' ? (v < 0 ? 'S' : 'N') : v < 0 ? 'W' : 'E';
	return `${Number(Math.abs(v).toFixed(digits))}° ${side}`;
}

export function graticule(west: number, south: number, east: number, north: number): FeatureCollection {
	const span = Math.max(east - west, 1e-4);
	const step = steps.find((s) => span / s >= 4) ?? 0.001;
	const digits = Math.max(0, Math.ceil(-Math.log10(step)));
	const features: Feature[] = [];
	const s = Math.max(-85, south - step), n = Math.min(85, north + step);
	// Names stand inside the view, meridians along its foot and parallels along its left, none cut off by the frame.
	const name = (text: string, x: number, y: number, side: string) => {
		const u = (x - west) / (east - west), v = (y - south) / (north - south);
		if (side === 'foot' ? u < 0.16 || u > 0.95 : v < 0.1 || v > 0.9) return;
		features.push({ type: 'Feature', properties: { name: text, side }, geometry: { type: 'Point', coordinates: [x, y] } });
	};
	for (let i = Math.floor((west - step) / step); i * step <= east + step && features.length < 200; i++) {
		const x = i * step;
		features.push({ type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates: [[x, s], [x, n]] } });
		name(degrees(((x + 540) % 360) - 180, 'lon', digits), x, south, 'foot');
	}
	for (let i = Math.floor(s / step); i * step <= n && features.length < 400; i++) {
		const y = i * step;
		if (Math.abs(y) > 85) continue;
		const line: [number, number][] = [];
		for (let k = 0; k <= 8; k++) line.push([west - step + ((east - west + 2 * step) * k) / 8, y]);
		features.push({ type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates: line } });
		name(degrees(y, 'lat', digits), west, y, 'left');
	}
	return { type: 'FeatureCollection', features };
}

// The outline of a tile, in degrees.
export function tileBox(z: number, x: number, y: number): Feature {
	const lon = (i: number) => (i / 2 ** z) * 360 - 180;
	const lat = (j: number) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * j) / 2 ** z))) * 180) / Math.PI;
	const [w, e, n, s] = [lon(x), lon(x + 1), lat(y), lat(y + 1)];
	return { type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [[[w, s], [e, s], [e, n], [w, n], [w, s]]] } };
}
