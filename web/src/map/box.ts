// The map itself: MapLibre with this register's tiles. Loaded after the first view, as a part of its own.
import type { Feature, Geometry, Position } from 'geojson';
import type { ExpressionSpecification, GeoJSONSource, Map as LibreMap, MapMouseEvent } from 'maplibre-gl';
import { graticule, tileBox } from './graticule';
import { allImages, ground, RATIO, type Drawn } from './patterns';
import { hazardLayers, makeStyle, passes, tileLayers, type MapFilter, type Where } from './style';

let styled: Promise<void> | undefined;
function sheet(): Promise<void> {
	styled ??= new Promise((done) => {
		const l = document.createElement('link');
		l.rel = 'stylesheet';
		l.href = MAP_CSS_URL;
		l.onload = l.onerror = () => done();
		document.head.append(l);
	});
	return styled;
}
export async function loadLibrary() {
	const [ml] = await Promise.all([import('maplibre-gl'), sheet()]);
	ml.setWorkerUrl(location.origin + MAP_WORKER_URL);
	return ml;
}

const TILE_MAX = 16; // the deepest tiles there are (docs/LIMITS.md)
export interface Counted { shown: number; filtered: number; gathered: number }
export interface BoxOptions {
	where: Where;
	filter: MapFilter;
	layers?: readonly string[];
	bounds?: [number, number, number, number];
	at?: [number, number, number]; // lon, lat, zoom
	print?: boolean;
	quiet?: boolean; // no movement by the user
	exact?: boolean; // the bounds fill the width, without a margin
	label: string;
	onMove?: (lon: number, lat: number, zoom: number) => void;
	onClick?: (lon: number, lat: number, hit: { layer: string; properties: Record<string, unknown> }[]) => void;
	onCount?: (c: Counted | null) => void; // null: not known, the tiles are asked for
	onFailed?: (tiles: number) => void;
	onPending?: (yes: boolean) => void; // tiles of the view are not there yet, and one sees it
}

function lookNow(): [boolean, boolean] {
	const l = document.documentElement.dataset.look;
	return [l === 'dark' || (!l && matchMedia('(prefers-color-scheme: dark)').matches), l === 'contrast' || (!l && matchMedia('(prefers-contrast: more)').matches)];
}

export class Box {
	map!: LibreMap;
	private failed = new Map<string, Feature>();
	private o: BoxOptions;
	private gone = false;
	private patience = 0; // timer
	private light!: ReturnType<typeof ground>;
	ready: Promise<void>;

	constructor(private el: HTMLElement, o: BoxOptions) {
		this.o = o;
		this.ready = this.start();
	}

	private async start() {
		const ml = await loadLibrary();
		if (this.gone) return;
		const o = this.o;
		const light = (this.light = ground(...(o.print ? ([false, false] as [boolean, boolean]) : lookNow())));
		const map = (this.map = new ml.Map({
			container: this.el,
			style: makeStyle(o.where, o.filter, light, TILE_MAX, o.layers ?? tileLayers),
			...(o.at ? { center: [o.at[0], o.at[1]] as [number, number], zoom: o.at[2] } : o.bounds ? { bounds: o.bounds, fitBoundsOptions: o.exact ? { padding: 0 } : { padding: 40, maxZoom: 15 } } : {}),
			attributionControl: false,
			interactive: !o.quiet,
			dragRotate: false,
			pitchWithRotate: false,
			touchPitch: false,
			maxPitch: 0,
			maxZoom: 19,
			fadeDuration: 0,
			refreshExpiredTiles: false,
			renderWorldCopies: true,
			canvasContextAttributes: { preserveDrawingBuffer: !!o.print },
		}));
		map.touchZoomRotate.disableRotation();
		map.keyboard.disableRotation();
		map.getCanvas().setAttribute('aria-label', o.label);
		const images = new Map<string, Drawn>(allImages(light).map((d) => [d.name, d]));
		for (const d of images.values()) map.addImage(d.name, d.data, { pixelRatio: RATIO });
		map.addControl(new ml.ScaleControl({ maxWidth: 120, unit: 'metric' }), 'bottom-left');
		map.on('error', (e) => this.onError(e as unknown as ErrorEvent & { sourceId?: string; tile?: { tileID: { canonical: { z: number; x: number; y: number } } } }));
		map.on('load', () => this.lines());
		map.on('moveend', () => {
			this.lines();
			const c = map.getCenter();
			o.onMove?.(c.lng, c.lat, map.getZoom());
		});
		map.on('sourcedataloading', () => this.wait());
		map.on('idle', () => {
			clearTimeout(this.patience);
			this.patience = 0;
			o.onPending?.(false);
			o.onCount?.(this.count());
			this.el.dataset.idle = 'true';
		});
		map.on('movestart', () => delete this.el.dataset.idle);
		map.on('click', (e: MapMouseEvent) => {
			const hit = map.queryRenderedFeatures([[e.point.x - 4, e.point.y - 4], [e.point.x + 4, e.point.y + 4]])
				.filter((f) => f.sourceLayer).map((f) => ({ layer: f.sourceLayer!, properties: f.properties as Record<string, unknown> }));
			o.onClick?.(e.lngLat.lng, e.lngLat.lat, hit);
		});
		// Before the first frame: what is drawn later needs the sources.
		await new Promise<void>((done) => (map.isStyleLoaded() ? done() : map.once('load', () => done())));
	}

	// A view whose tiles are slow looks empty, and must not look as if nothing were there.
	private wait() {
		if (this.patience) return;
		this.patience = window.setTimeout(() => {
			this.patience = 0;
			if (this.gone) return;
			if (!this.map.areTilesLoaded()) this.o.onPending?.(true);
		}, 600);
	}

	private lines() {
		const b = this.map.getBounds();
		(this.map.getSource('graticule') as GeoJSONSource | undefined)?.setData(graticule(b.getWest(), b.getSouth(), b.getEast(), b.getNorth()));
	}

	private onError(e: { sourceId?: string; tile?: { tileID: { canonical: { z: number; x: number; y: number } } }; error?: Error }) {
		const t = e.tile?.tileID.canonical;
		if (!t) {
			if (e.sourceId) { this.failed.set(e.sourceId, tileBox(0, 0, 0)); this.showFailed(); }
			return;
		}
		this.failed.set(`${e.sourceId}/${t.z}/${t.x}/${t.y}`, tileBox(t.z, t.x, t.y));
		this.showFailed();
	}
	private showFailed() {
		(this.map.getSource('failed') as GeoJSONSource | undefined)?.setData({ type: 'FeatureCollection', features: [...this.failed.values()] });
		this.o.onFailed?.(this.failed.size);
	}

	// What the view holds of hazards, and what the filters hide of it.
	private count(): Counted {
		const seen = new Map<string, [ok: boolean, of: number]>();
		let gathered = 0;
		if (!this.map.getSource('hazard')) return { shown: 0, filtered: 0, gathered };
		const b = this.map.getBounds();
		const on = this.o.filter.layers.includes('hazard');
		for (const sourceLayer of ['hazard', 'hazard_point']) {
			for (const f of this.map.querySourceFeatures('hazard', { sourceLayer })) {
				const p = f.properties as Record<string, unknown>;
				if (!touches(f.geometry as Geometry, b.getWest(), b.getSouth(), b.getEast(), b.getNorth())) continue;
				const n = Number(p.count ?? 1);
				const key = String(p.id ?? f.id ?? JSON.stringify((f.geometry as { coordinates?: unknown }).coordinates).slice(0, 60));
				if (n > 1 && !seen.has(key)) gathered += n;
				seen.set(key, [on && (n > 1 || passes(this.o.filter, p)), n]);
			}
		}
		let shown = 0, all = 0;
		for (const [ok, n] of seen.values()) { all += n; if (ok) shown += n; }
		return { shown, filtered: all - shown, gathered };
	}

	setFilter(f: MapFilter) {
		this.o.filter = f;
		if (!this.map?.getSource('graticule')) return;
		for (const l of hazardLayers(f)) {
			if (!this.map.getLayer(l.id)) continue;
			this.map.setFilter(l.id, (l as { filter?: ExpressionSpecification }).filter ?? null);
			this.map.setLayoutProperty(l.id, 'visibility', f.layers.includes('hazard') ? 'visible' : 'none');
		}
		const vis = (ids: string[], name: string) => { for (const id of ids) if (this.map.getLayer(id)) this.map.setLayoutProperty(id, 'visibility', f.layers.includes(name) ? 'visible' : 'none'); };
		vis(['pt-accident'], 'accident');
		vis(['pt-ordnance'], 'ordnance');
		vis(['mf-pattern', 'mf-line', 'mf-name'], 'minefield_record');
		vis(['place-name', 'place-dot'], 'place');
		this.map.once('idle', () => this.o.onCount?.(this.count()));
	}

	// Another date, or another try. The sources are made anew: one whose tiles are only told to come from elsewhere may keep those that
	// it has when it is drawn at that moment, and the map would be of another day than it says.
	setWhere(w: Where) {
		this.o.where = w;
		if (!this.map) return;
		delete this.el.dataset.idle;
		this.o.onCount?.(null);
		this.failed.clear();
		this.showFailed();
		const names = this.o.layers ?? tileLayers, style = makeStyle(w, this.o.filter, this.light, TILE_MAX, names);
		const ours = style.layers.map((l) => 'source' in l && names.includes(l.source as string));
		style.layers.forEach((l, i) => { if (ours[i] && this.map.getLayer(l.id)) this.map.removeLayer(l.id); });
		for (const name of names) {
			if (this.map.getSource(name)) this.map.removeSource(name);
			this.map.addSource(name, style.sources[name]);
		}
		for (let i = style.layers.length - 1; i >= 0; i--) if (ours[i]) this.map.addLayer(style.layers[i], style.layers[i + 1]?.id);
	}
	ask(lon: number, lat: number, radius_m: number) {
		const k = radius_m / 111195, ring: Position[] = [];
		for (let i = 0; i <= 64; i++) ring.push([lon + (k * Math.cos((i * Math.PI) / 32)) / Math.cos((lat * Math.PI) / 180), lat + k * Math.sin((i * Math.PI) / 32)]);
		(this.map?.getSource('asked') as GeoJSONSource | undefined)?.setData({ type: 'FeatureCollection', features: [
			{ type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [ring] } },
			{ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [lon, lat] } },
		] });
	}
	askNothing() {
		(this.map?.getSource('asked') as GeoJSONSource | undefined)?.setData({ type: 'FeatureCollection', features: [] });
	}
	close() {
		this.gone = true;
		this.map?.remove();
	}
}

// Does the box around a geometry touch the view? Enough to count by.
function touches(g: Geometry, w: number, s: number, e: number, n: number): boolean {
	let [gw, gs, ge, gn] = [Infinity, Infinity, -Infinity, -Infinity];
	const walk = (c: unknown) => {
		if (Array.isArray(c) && typeof c[0] === 'number') { gw = Math.min(gw, c[0]); ge = Math.max(ge, c[0]); gs = Math.min(gs, c[1] as number); gn = Math.max(gn, c[1] as number); } else if (Array.isArray(c)) c.forEach(walk);
	};
	if ('coordinates' in g) walk(g.coordinates);
	return gw <= e && ge >= w && gs <= n && gn >= s;
}
