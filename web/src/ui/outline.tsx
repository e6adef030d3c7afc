// The outline of one record, drawn without the map: shape, scale bar and north, for a quick look and for print.
import type { Geometry, Position } from 'geojson';
import { amount, scaleOf, t } from '../text';
import type { HazardLook } from '../looks';

export function rings(g: Geometry): Position[][] {
	switch (g.type) {
	case 'Point': return [[g.coordinates]];
	case 'MultiPoint': return g.coordinates.map((p) => [p]);
	case 'LineString': return [g.coordinates];
	case 'MultiLineString': return g.coordinates;
	case 'Polygon': return g.coordinates;
	case 'MultiPolygon': return g.coordinates.flat();
	case 'GeometryCollection': return g.geometries.flatMap(rings);
	}
}
export const metresPerDegree = 111195;

export function niceLength(m: number): number {
	const p = 10 ** Math.floor(Math.log10(m));
	return [5, 2, 1].map((k) => k * p).find((k) => k <= m) ?? p;
}

export function Outline({ geometry, look }: { geometry: Geometry; look?: HazardLook }) {
	const all = rings(geometry), points = all.flat();
	if (!points.length) return null;
	let [w, s, e, n] = [Infinity, Infinity, -Infinity, -Infinity];
	for (const [x, y] of points) { w = Math.min(w, x); e = Math.max(e, x); s = Math.min(s, y); n = Math.max(n, y); }
	const k = Math.cos((((s + n) / 2) * Math.PI) / 180);
	const width = Math.max((e - w) * k, 1e-6), height = Math.max(n - s, 1e-6);
	const side = 240, pad = 26, scale = (side - 2 * pad) / Math.max(width, height);
	const px = (p: Position): [number, number] => [side / 2 + (p[0] - (w + e) / 2) * k * scale, side / 2 - (p[1] - (s + n) / 2) * scale];
	const single = points.length === 1, spots = all.every((r) => r.length === 1) && points.length < 10;
	const closed = geometry.type.includes('Polygon');
	const d = all.filter((r) => r.length > 1).map((r) => r.map((p, i) => `${i ? 'L' : 'M'}${px(p).map((v) => v.toFixed(1)).join(' ')}`).join('') + (closed ? 'Z' : '')).join('');
	const bar = single ? 0 : niceLength((side / 3 / scale) * metresPerDegree);
	const barPx = (bar / metresPerDegree) * scale;
	return (
		<figure class="outline">
			<svg viewBox={`0 0 ${side} ${side}`} role="img" aria-label={t('outline_text', { n: points.length })}>
				<rect width={side} height={side} class="outline-paper" />
				{d && <path d={d} fill={closed ? look?.fill ?? '#888' : 'none'} fill-opacity={Math.max(look?.opacity ?? 0.25, 0.12)} stroke={look?.outline[0] ?? '#555'} stroke-width="1.8" stroke-dasharray={look?.outline[2] || undefined} fill-rule="evenodd" />}
				{all.filter((r) => r.length === 1).map((r, i) => { const [x, y] = px(r[0]); return <circle key={i} cx={x} cy={y} r="6" fill={look?.fill ?? '#888'} stroke="#000" />; })}
				<path d="M222 34V14m-4 6 4-6 4 6" class="outline-ink" />
				<text x="222" y="46" class="outline-text" text-anchor="middle">N</text>
				{bar > 0 && <g><path d={`M12 ${side - 12}h${barPx.toFixed(1)}m0 -4v8M12 ${side - 16}v8`} class="outline-ink" /><text x="12" y={side - 20} class="outline-text">{amount(bar, 'm', scaleOf('m', bar))}</text></g>}
			</svg>
			<figcaption class="faint small">{spots ? `${points.map((p) => `${p[1].toFixed(6)}, ${p[0].toFixed(6)}`).join('; ')} WGS 84` : t('points_n', { n: points.length })}</figcaption>
		</figure>
	);
}
