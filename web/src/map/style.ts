// The layers of the map, made from the table of looks. Order: ground, boundaries, claims, released, danger, rim of what waits, finds, accidents, names.
import type { ExpressionSpecification, FilterSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl';
import { hazardLooks, pointLooks, type HazardLook } from '../looks';
import type { Ground } from './patterns';

export interface MapFilter {
	layers: string[]; // of hazard, accident, ordnance, minefield_record, place
	classes: string[]; // [] = all
	statuses: string[];
	shown: string[]; // danger, reported_released, released; [] = all
	onlyUnapproved: boolean;
}
export const tileLayers = ['minefield_record', 'hazard', 'ordnance', 'accident', 'place'] as const;

const any = (name: string, values: (string | null)[]): ExpressionSpecification =>
	['in', ['coalesce', ['get', name], ''], ['literal', values.map((v) => v ?? '')]];
const isPoint: ExpressionSpecification = ['==', ['geometry-type'], 'Point'];
const isArea: ExpressionSpecification = ['==', ['geometry-type'], 'Polygon'];
const waits: ExpressionSpecification = ['in', ['to-string', ['coalesce', ['get', 'unapproved'], false]], ['literal', ['true', '1']]];

// Of danger, a class no look knows is drawn as the unclassed one: an unknown code never vanishes.
function ofLook(h: HazardLook): ExpressionSpecification {
	const shown: ExpressionSpecification = ['==', ['coalesce', ['get', 'shown_as'], 'danger'], h.shownAs];
	if (!h.classes.length) return shown;
	const mine = any('class', h.classes);
	if (!h.classes.includes('unknown')) return ['all', shown, mine];
	const others = hazardLooks.filter((o) => o !== h && o.shownAs === 'danger').flatMap((o) => o.classes);
	return ['all', shown, ['!', any('class', others)]];
}
// At small scales one symbol stands for several areas and has the look of the worst: filters never hide it.
const gathered: ExpressionSpecification = ['>', ['to-number', ['coalesce', ['get', 'count'], 1]], 1];
export function wanted(f: MapFilter): ExpressionSpecification {
	const all: ExpressionSpecification[] = [];
	if (f.classes.length) all.push(any('class', f.classes));
	if (f.statuses.length) all.push(any('status', f.statuses));
	if (f.shown.length) all.push(['in', ['coalesce', ['get', 'shown_as'], 'danger'], ['literal', f.shown]]);
	if (f.onlyUnapproved) all.push(waits);
	return ['all', ...all] as ExpressionSpecification;
}
export function passes(f: MapFilter, p: Record<string, unknown>): boolean {
	const text = (v: unknown) => (v === undefined || v === null ? '' : String(v));
	if (f.classes.length && !f.classes.includes(text(p.class))) return false;
	if (f.statuses.length && !f.statuses.includes(text(p.status))) return false;
	if (f.shown.length && !f.shown.includes(text(p.shown_as) || 'danger')) return false;
	return !f.onlyUnapproved || ['true', '1'].includes(text(p.unapproved));
}

const dash = (s: string, width: number): number[] | undefined => (s ? s.split(' ').map((x) => Number(x) / Math.max(width, 0.6)) : undefined);

export function hazardLayers(f: MapFilter): LayerSpecification[] {
	const keep = wanted(f), show = f.layers.includes('hazard') ? 'visible' : 'none';
	const source = { source: 'hazard', 'source-layer': 'hazard' };
	const areas: LayerSpecification[] = [], rims: LayerSpecification[] = [], points: LayerSpecification[] = [];
	const drawn = [...hazardLooks].reverse(); // released below danger
	for (const h of drawn) {
		const area: FilterSpecification = ['all', isArea, ofLook(h), keep];
		areas.push({ id: `hz-${h.key}-fill`, type: 'fill', ...source, filter: area, layout: { visibility: show }, paint: { 'fill-color': h.fill, 'fill-opacity': Math.max(h.opacity, h.shownAs === 'danger' ? 0.15 : 0.02), 'fill-antialias': false } });
		if (h.pattern) areas.push({ id: `hz-${h.key}-pattern`, type: 'fill', ...source, filter: area, layout: { visibility: show }, paint: { 'fill-pattern': `fill-${h.key}` } });
		const width = Math.max(1.2, h.outline[1] * 0.8);
		areas.push({ id: `hz-${h.key}-line`, type: 'line', ...source, filter: area, layout: { visibility: show, 'line-join': 'round' }, paint: { 'line-color': h.outline[0], 'line-width': width, ...(h.outline[2] ? { 'line-dasharray': dash(h.outline[2], width) } : {}) } });
		points.push({
			id: `hz-${h.key}-point`, type: 'symbol', source: 'hazard', 'source-layer': 'hazard_point', filter: ['all', ofLook(h), ['any', gathered, keep]],
			layout: { visibility: show, 'icon-image': ['case', waits, `sym-${h.key}-wait`, `sym-${h.key}`], 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'icon-size': ['interpolate', ['linear'], ['zoom'], 4, 0.55, 9, 0.8, 13, 1] },
		});
	}
	rims.push(
		{ id: 'hz-wait-halo', type: 'line', ...source, filter: ['all', isArea, waits, keep], layout: { visibility: show }, paint: { 'line-color': '#fff', 'line-width': 4.5, 'line-offset': -2.5 } },
		{ id: 'hz-wait', type: 'line', ...source, filter: ['all', isArea, waits, keep], layout: { visibility: show }, paint: { 'line-color': '#000', 'line-width': 1.8, 'line-offset': -2.5, 'line-dasharray': [3, 2] } },
	);
	points.push({
		id: 'hz-count', type: 'symbol', source: 'hazard', 'source-layer': 'hazard_point', filter: gathered,
		layout: { visibility: show, 'text-field': ['to-string', ['get', 'count']], 'text-font': ['sans-serif'], 'text-size': 10.5, 'text-anchor': 'left', 'text-offset': [0.75, 0] },
		paint: { 'text-color': '#111', 'text-halo-color': '#fff', 'text-halo-width': 1.4 },
	});
	return [...areas, ...rims, ...points];
}

function pointLayers(kind: 'accident' | 'ordnance', on: boolean): LayerSpecification[] {
	const rows = pointLooks[kind];
	const image: unknown[] = ['case'];
	for (const r of rows.slice(0, -1)) image.push(r.killed ? ['>', ['to-number', ['coalesce', ['get', 'killed'], 0]], 0] : any('category', r.codes ?? []), r.key);
	image.push(rows[rows.length - 1].key);
	return [{
		id: `pt-${kind}`, type: 'symbol', source: kind, 'source-layer': kind,
		layout: { visibility: on ? 'visible' : 'none', 'icon-image': image as ExpressionSpecification, 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'icon-size': ['interpolate', ['linear'], ['zoom'], 4, 0.5, 9, 0.75, 13, 1] },
	}];
}

export interface Where { origin: string; prefix: string; query: string; version: string }
export function tileAddress(w: Where, layer: string): string {
	const q = new URLSearchParams(w.query);
	if (w.version) q.set('v', w.version);
	return `${w.origin}${w.prefix}/tiles/${layer}/{z}/{x}/{y}.mvt${q.size ? `?${q}` : ''}`;
}

export function makeStyle(w: Where, f: MapFilter, l: Ground, maxzoom: number, layers: readonly string[]): StyleSpecification {
	const sources: StyleSpecification['sources'] = {
		graticule: { type: 'geojson', data: { type: 'FeatureCollection', features: [] } },
		failed: { type: 'geojson', data: { type: 'FeatureCollection', features: [] } },
		asked: { type: 'geojson', data: { type: 'FeatureCollection', features: [] } },
	};
	for (const name of layers) sources[name] = { type: 'vector', tiles: [tileAddress(w, name)], maxzoom };
	const out: LayerSpecification[] = [
		{ id: 'ground', type: 'background', paint: { 'background-pattern': 'unknown' } },
		{ id: 'graticule', type: 'line', source: 'graticule', paint: { 'line-color': l.line, 'line-width': 0.6, 'line-opacity': 0.7 } },
	];
	const has = (name: string) => layers.includes(name);
	if (has('place')) {
		out.push({ id: 'place-border', type: 'line', source: 'place', 'source-layer': 'place', filter: ['!=', ['geometry-type'], 'Point'], paint: { 'line-color': l.text, 'line-opacity': 0.55, 'line-width': 1, 'line-dasharray': [6, 2, 1, 2] } });
	}
	if (has('minefield_record')) {
		const show = f.layers.includes('minefield_record') ? 'visible' : 'none';
		const source = { source: 'minefield_record', 'source-layer': 'minefield_record' };
		out.push(
			{ id: 'mf-pattern', type: 'fill', ...source, layout: { visibility: show }, paint: { 'fill-pattern': 'fill-minefield', 'fill-opacity': 0.8 } },
			{ id: 'mf-line', type: 'line', ...source, layout: { visibility: show }, paint: { 'line-color': l.text, 'line-width': 1.6, 'line-dasharray': [3, 2, 1, 2, 1, 2] } },
			{ id: 'mf-name', type: 'symbol', ...source, minzoom: 9, layout: { visibility: show, 'text-field': ['concat', ['coalesce', ['get', 'party'], ['get', 'national_id'], ''], '?'], 'text-font': ['sans-serif'], 'text-size': 11 }, paint: { 'text-color': l.text, 'text-halo-color': l.halo, 'text-halo-width': 1.5 } },
		);
	}
	if (has('hazard')) out.push(...hazardLayers(f));
	if (has('ordnance')) out.push(...pointLayers('ordnance', f.layers.includes('ordnance')));
	if (has('accident')) out.push(...pointLayers('accident', f.layers.includes('accident')));
	out.push({ id: 'failed', type: 'fill', source: 'failed', paint: { 'fill-pattern': 'failed', 'fill-opacity': 0.85 } });
	out.push(
		{ id: 'asked-ring', type: 'line', source: 'asked', filter: isArea, paint: { 'line-color': l.text, 'line-width': 2, 'line-dasharray': [2, 2] } },
		// A ring around the point: a small danger under a dot would not be seen.
		{ id: 'asked-halo', type: 'circle', source: 'asked', filter: isPoint, paint: { 'circle-radius': 11, 'circle-opacity': 0, 'circle-stroke-color': '#fff', 'circle-stroke-width': 5 } },
		{ id: 'asked-point', type: 'circle', source: 'asked', filter: isPoint, paint: { 'circle-radius': 11, 'circle-color': '#fff', 'circle-opacity': 0, 'circle-stroke-color': '#000', 'circle-stroke-width': 2.5 } },
	);
	const text = { 'text-color': l.text, 'text-halo-color': l.halo, 'text-halo-width': 1.6 };
	out.push({ id: 'graticule-name', type: 'symbol', source: 'graticule', filter: isPoint, layout: { 'text-field': ['get', 'name'], 'text-font': ['sans-serif'], 'text-size': 10, 'text-anchor': ['case', ['==', ['get', 'side'], 'foot'], 'bottom', 'left'], 'text-offset': ['case', ['==', ['get', 'side'], 'foot'], ['literal', [0, -0.4]], ['literal', [0.5, 0]]] }, paint: { ...text, 'text-opacity': 0.85 } });
	if (has('place')) {
		out.push({
			id: 'place-name', type: 'symbol', source: 'place', 'source-layer': 'place', filter: isPoint,
			layout: { visibility: f.layers.includes('place') ? 'visible' : 'none', 'text-field': ['coalesce', ['get', 'name'], ''], 'text-font': ['sans-serif'], 'text-size': ['interpolate', ['linear'], ['zoom'], 5, 10.5, 12, 13.5], 'text-anchor': 'bottom', 'text-offset': [0, -0.3], 'text-optional': true, 'symbol-sort-key': ['-', 0, ['to-number', ['coalesce', ['get', 'population'], 0]]] },
			paint: text,
		}, {
			id: 'place-dot', type: 'circle', source: 'place', 'source-layer': 'place', filter: isPoint, minzoom: 7,
			layout: { visibility: f.layers.includes('place') ? 'visible' : 'none' }, paint: { 'circle-radius': 2.2, 'circle-color': l.text, 'circle-stroke-color': l.halo, 'circle-stroke-width': 1 },
		});
	}
	return { version: 8, sources, layers: out };
}
