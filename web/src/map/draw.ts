// Drawing on the map: corners are added by a click, moved by dragging, removed by a click on them. One part, no holes:
// what is more than that is drawn in a GIS and taken in as a file.
import type { Feature, Geometry, Position } from 'geojson';
import type { GeoJSONSource, Map as LibreMap, MapMouseEvent, MapTouchEvent } from 'maplibre-gl';

export type Shape = 'point' | 'line' | 'polygon';

export function toGeometry(points: Position[], shape: Shape): Geometry | null {
	if (shape === 'point') return points.length ? { type: 'Point', coordinates: points[0] } : null;
	if (shape === 'line') return points.length > 1 ? { type: 'LineString', coordinates: points } : null;
	return points.length > 2 ? { type: 'Polygon', coordinates: [[...points, points[0]]] } : null;
}
// The corners of a geometry that can be edited here, or null.
export function fromGeometry(g: Geometry | null | undefined): { points: Position[]; shape: Shape } | null {
	switch (g?.type) {
	case 'Point': return { points: [g.coordinates], shape: 'point' };
	case 'MultiPoint': return { points: g.coordinates.slice(-1), shape: 'point' }; // a move that waits: the last one handed in
	case 'LineString': return { points: g.coordinates, shape: 'line' };
	case 'Polygon': return g.coordinates.length === 1 ? { points: g.coordinates[0].slice(0, -1), shape: 'polygon' } : null;
	case 'MultiPolygon': return g.coordinates.length === 1 && g.coordinates[0].length === 1 ? { points: g.coordinates[0][0].slice(0, -1), shape: 'polygon' } : null;
	default: return null;
	}
}

// Copies of the world beside it are the same world; 7 decimals are a centimetre.
function at(e: MapMouseEvent | MapTouchEvent): Position {
	const p = e.lngLat.wrap();
	return [Number(p.lng.toFixed(7)), Number(p.lat.toFixed(7))];
}

export class Draw {
	private points: Position[] = [];
	private shape: Shape = 'polygon';
	private moving = -1;
	private moved = false;
	editable = true;

	constructor(private map: LibreMap, private onChange: (points: Position[]) => void) {
		map.addSource('draft', { type: 'geojson', data: { type: 'FeatureCollection', features: [] } });
		map.addLayer({ id: 'draft-fill', type: 'fill', source: 'draft', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': '#0b57d0', 'fill-opacity': 0.18 } });
		map.addLayer({ id: 'draft-halo', type: 'line', source: 'draft', filter: ['!=', ['geometry-type'], 'Point'], paint: { 'line-color': '#fff', 'line-width': 5 } });
		map.addLayer({ id: 'draft-line', type: 'line', source: 'draft', filter: ['!=', ['geometry-type'], 'Point'], paint: { 'line-color': '#0b57d0', 'line-width': 2.5 } });
		map.addLayer({ id: 'draft-corner', type: 'circle', source: 'draft', filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-radius': 7, 'circle-color': '#fff', 'circle-stroke-color': '#0b57d0', 'circle-stroke-width': 2.5 } });
		map.on('click', (e) => this.click(e));
		map.on('mousedown', (e) => this.grab(e));
		map.on('touchstart', (e) => { if (e.points.length === 1) this.grab(e); });
		map.on('mousemove', (e) => this.drag(e));
		map.on('touchmove', (e) => this.drag(e));
		map.on('mouseup', () => this.drop());
		map.on('touchend', () => this.drop());
	}

	set(points: Position[], shape: Shape) {
		this.points = points;
		this.shape = shape;
		this.paint();
	}
	private paint() {
		const f: Feature[] = [];
		const g = toGeometry(this.points, this.shape) ?? (this.points.length > 1 ? { type: 'LineString' as const, coordinates: this.points } : null);
		if (g && g.type !== 'Point') f.push({ type: 'Feature', properties: {}, geometry: g });
		this.points.forEach((p, i) => f.push({ type: 'Feature', properties: { i }, geometry: { type: 'Point', coordinates: p } }));
		(this.map.getSource('draft') as GeoJSONSource).setData({ type: 'FeatureCollection', features: f });
	}
	private change() {
		this.paint();
		this.onChange([...this.points]);
	}
	// The corner under the pointer, by where it is and not by what is painted: painting lags behind on slow devices.
	private cornerAt(e: MapMouseEvent | MapTouchEvent): number {
		let best = -1, reach = 14;
		this.points.forEach(([lng, lat], i) => {
			const copy = lng + 360 * Math.round((e.lngLat.lng - lng) / 360);
			const p = this.map.project([copy, lat]), d = Math.hypot(p.x - e.point.x, p.y - e.point.y);
			if (d <= reach) [best, reach] = [i, d];
		});
		return best;
	}
	private click(e: MapMouseEvent) {
		if (!this.editable || this.moved) { this.moved = false; return; }
		const i = this.cornerAt(e);
		if (i >= 0) this.points = this.points.filter((_, k) => k !== i);
		else {
			const p = at(e);
			this.points = this.shape === 'point' ? [p] : [...this.points, p];
		}
		this.change();
	}
	private grab(e: MapMouseEvent | MapTouchEvent) {
		const i = this.editable ? this.cornerAt(e) : -1;
		if (i < 0) return;
		e.preventDefault();
		this.moving = i;
		this.moved = false;
		this.map.dragPan.disable();
	}
	private drag(e: MapMouseEvent | MapTouchEvent) {
		if (this.moving < 0) return;
		this.moved = true;
		this.points = this.points.map((p, i) => (i === this.moving ? at(e) : p));
		this.paint();
	}
	private drop() {
		if (this.moving < 0) return;
		this.moving = -1;
		this.map.dragPan.enable();
		if (this.moved) {
			this.change();
			setTimeout(() => { this.moved = false; }, 0);
		}
	}
}
