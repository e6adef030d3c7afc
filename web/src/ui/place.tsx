// A position or outline: drawn, typed, or walked by bearing and distance. What was understood is shown on the map before
// anything is saved, and there is no default position.
import type { Geometry, Position } from 'geojson';
import { useEffect, useRef, useState } from 'preact/hooks';
import { readPositions } from '../geo/coord';
import { readLegs, walk, type Walked } from '../geo/traverse';
import { Box } from '../map/box';
import { Draw, fromGeometry, toGeometry, type Shape } from '../map/draw';
import { degrees } from '../map/graticule';
import { prefix } from '../route';
import { amount, number, scaleOf, t } from '../text';
import { Loading, Safety, Tabs } from './parts';

export function shapesOf(kinds: string[] | undefined): Shape[] {
	const all: Shape[] = [];
	for (const s of ['point', 'line', 'polygon'] as const) if (!kinds?.length || kinds.some((k) => k.includes(s))) all.push(s);
	return all;
}

export function PlaceInput({ label, value, kinds, bounds, invalid, describedby, onChange }: {
	label: string; value: Geometry | null; kinds?: string[]; bounds?: [number, number, number, number]; invalid: boolean; describedby?: string; onChange: (g: Geometry | null) => void;
}) {
	const shapes = shapesOf(kinds);
	const start = fromGeometry(value);
	const fixed = !!value && !start; // more parts than can be edited here
	const [shape, setShape] = useState<Shape>(start?.shape ?? (shapes.includes('polygon') ? 'polygon' : shapes[0] ?? 'point'));
	const [points, setPoints] = useState<Position[]>(start?.points ?? []);
	const [how, setHow] = useState('draw');
	const [typed, setTyped] = useState(''), [from, setFrom] = useState(''), [legText, setLegText] = useState('');
	const [magnetic, setMagnetic] = useState(false), [declination, setDeclination] = useState(''), [closed, setClosed] = useState(true);
	const [ready, setReady] = useState(false);
	const el = useRef<HTMLDivElement>(null), box = useRef<Box | null>(null), draw = useRef<Draw | null>(null);
	const use = (p: Position[], s = shape) => {
		setPoints(p);
		onChange(toGeometry(p, s));
	};
	const clear = () => { use([]); setTyped(''); setFrom(''); setLegText(''); };
	const latest = useRef(use), drawn = useRef(new WeakSet<Position[]>());
	latest.current = use;
	// A form may have several positions; a map is made for those that come into view.
	const [inView, setInView] = useState(false);
	useEffect(() => {
		const watch = new IntersectionObserver((list) => { if (list.some((x) => x.isIntersecting)) { setInView(true); watch.disconnect(); } }, { rootMargin: '200px' });
		watch.observe(el.current!);
		return () => watch.disconnect();
	}, []);
	useEffect(() => {
		if (!inView) return;
		let b: Box;
		const all = start?.points.length ? start.points : null;
		const around = all ? ([Math.min(...all.map((p) => p[0])), Math.min(...all.map((p) => p[1])), Math.max(...all.map((p) => p[0])), Math.max(...all.map((p) => p[1]))] as [number, number, number, number]) : bounds;
		try {
			b = new Box(el.current!, {
				where: { origin: location.origin, prefix: prefix.peek(), query: '', version: '' }, layers: ['hazard', 'place'], bounds: around,
				filter: { layers: ['hazard', 'place'], classes: [], statuses: [], shown: [], onlyUnapproved: false }, label: t('geo_draw'),
			});
		} catch {
			return; // no map here: typing still works
		}
		box.current = b;
		b.ready.then(() => {
			if (!b.map) return;
			draw.current = new Draw(b.map, (p) => { drawn.current.add(p); latest.current(p); });
			setReady(true);
		}, () => undefined);
		return () => { box.current = null; draw.current = null; b.close(); };
	}, [inView]);
	useEffect(() => {
		if (!drawn.current.has(points)) draw.current?.set(points, shape); // what came from the map is there already
		if (draw.current) draw.current.editable = how === 'draw' && !fixed;
	}, [points, shape, ready, how]);
	const boundsKey = String(bounds);
	useEffect(() => {
		if (ready && bounds && !points.length) box.current?.map.fitBounds(bounds, { padding: 40, maxZoom: 15, duration: 0 });
	}, [ready, boundsKey]);
	const look = (p: Position[]) => {
		if (!p.length || !box.current?.map) return;
		const x = p.map((q) => q[0]), y = p.map((q) => q[1]);
		box.current.map.fitBounds([Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)], { padding: 60, maxZoom: 16, duration: 0 });
	};
	const [walkUsed, setWalkUsed] = useState('');
	const read = readPositions(typed);
	const startAt = readPositions(from), legs = readLegs(legText);
	const decl = magnetic ? Number(declination.replace(',', '.')) : 0;
	const least = closed ? 3 : 2;
	let walked: Walked | null = null;
	if (startAt.points.length === 1 && !startAt.bad && !legs.bad && legs.legs.length >= least && Math.abs(decl) <= 180) walked = walk({ lon: startAt.points[0].lon, lat: startAt.points[0].lat, legs: legs.legs, declination_deg: decl, closed });
	// What was typed and is not, or not wholly, what the form holds: it must not be lost, or taken for a position, on handing in.
	const walkKey = [from.trim(), legText.trim(), closed, magnetic && declination].join('|');
	const corners = shape === 'polygon' ? 3 : shape === 'line' ? 2 : 1;
	const loose = (points.length > 0 && points.length < corners) || (how === 'type' && read.bad > 0)
		|| (how === 'walk' && !!(from.trim() || legText.trim()) && walkUsed !== walkKey) || (!points.length && !fixed && !!(typed.trim() || legText.trim()));
	const metres = (m: number) => amount(m, 'm', m < 100 ? { by: 1, sign: t('unit_m'), digits: 2 } : scaleOf('m', m));
	return (
		<fieldset class="place-input" aria-describedby={describedby} data-invalid={invalid || undefined} data-loose={loose || undefined}>
			<legend>{label}</legend>
			<div class="actions">
				<Tabs label={label} value={how} tabs={[['draw', t('geo_draw')], ['type', t('geo_type')], ...(shapes.includes('polygon') ? ([['walk', t('geo_walk')]] as [string, string][]) : [])]} onChange={setHow} />
				{shapes.length > 1 && how !== 'walk' && <Tabs label={t('kind')} value={shape} tabs={shapes.map((s) => [s, t(`geo_${s}`)])} onChange={(s) => { setShape(s as Shape); use(points, s as Shape); }} />}
			</div>
			{how === 'type' && (
				<div class="stack">
					<label class="field"><span>{t('geo_typed')}</span><textarea rows={4} spellcheck={false} name="typed" value={typed} placeholder={t('geo_typed_hint')} onInput={(e) => {
						const v = e.currentTarget.value;
						setTyped(v);
						const r = readPositions(v);
						if (!r.bad) { const p = r.points.map((q) => [q.lon, q.lat]); use(p); look(p); }
					}} /></label>
					{read.bad > 0 && <p class="warn" role="alert">{t('geo_not_understood', { n: read.bad })}</p>}
					<p class="faint small">{t('geo_other_datum')}</p>
				</div>
			)}
			{how === 'walk' && (
				<div class="stack walk">
					<label class="field"><span>{t('walk_start')}</span><input name="walk-start" value={from} placeholder="48.30512, 30.12087" onInput={(e) => setFrom(e.currentTarget.value)} /></label>
					<label class="field"><span>{t('walk_legs')}</span><textarea rows={5} name="walk-legs" spellcheck={false} value={legText} placeholder={'45 120.5\n135 80'} onInput={(e) => setLegText(e.currentTarget.value)} /></label>
					<label class="check"><input type="checkbox" checked={closed} onChange={(e) => setClosed(e.currentTarget.checked)} /> {t('walk_closed')}</label>
					<label class="check"><input type="checkbox" checked={magnetic} onChange={(e) => setMagnetic(e.currentTarget.checked)} /> {t('walk_magnetic')}{magnetic && <input class="short" inputMode="decimal" aria-label={t('walk_magnetic')} value={declination} onInput={(e) => setDeclination(e.currentTarget.value)} />}</label>
					{startAt.bad > 0 && <p class="warn" role="alert">{t('geo_not_understood', { n: startAt.bad })}</p>}
					{legs.bad > 0 && <p class="warn" role="alert">{t('walk_leg_bad', { n: legs.bad })}</p>}
					{!legs.bad && legs.legs.length > 0 && legs.legs.length < least && <p class="warn">{t('walk_too_few', { n: legs.legs.length })}</p>}
					{walked && (
						<div class="box" role="status"><div>
							<p data-closure={walked.closure_m.toFixed(3)} data-length={walked.length_m}><b>{closed ? t('walk_result', { l: metres(walked.length_m), c: metres(walked.closure_m), r: walked.ratio ? `1 : ${number(Math.floor(walked.ratio))}` : '–' }) : t('walk_open', { l: metres(walked.length_m) })}</b></p>
							<div class="actions">
								<button type="button" onClick={() => { const p = walked.ring.slice(0, -1); setShape('polygon'); setWalkUsed(walkKey); use(p, 'polygon'); look(p); }}>{t('walk_as_measured')}</button>
								{walked.adjusted.length > 0 && walked.closure_m > 0 && <button type="button" onClick={() => { const p = walked.adjusted.slice(0, -1); setShape('polygon'); setWalkUsed(walkKey); use(p, 'polygon'); look(p); }}>{t('walk_adjusted')}</button>}
							</div>
						</div></div>
					)}
				</div>
			)}
			{how === 'draw' && <p class="faint small">{fixed ? t('points_n', { n: '>1' }) : t('geo_click')}</p>}
			<div class="place-map" ref={el}>{!ready && <Loading lines={2} />}</div>
			<div class="place-understood" aria-live="polite">
				{points.length === 0 && !fixed ? <><p class="faint">{t('geo_none')}</p>{loose && <button type="button" onClick={clear}>{t('geo_clear')}</button>}</> : (
					<>
						<p><b>{t('geo_understood')}</b> (WGS 84){how === 'type' && read.points.length > 0 && !read.bad && ` ${t('geo_precision', { m: number(Math.max(...read.points.map((p) => p.precision_m)), 2) })}`}: {t('points_n', { n: points.length })}</p>
						<ol class="corners">{points.slice(0, 12).map((p, i) => <li key={i}>{degrees(p[1], 'lat', 7)}, {degrees(p[0], 'lon', 7)}</li>)}</ol>
						{points.length > 12 && <p class="faint small">{t('and_more', { n: points.length - 12 })}</p>}
						<p class="small"><Safety word="position_check" /></p>
						<div class="actions">
							{how === 'draw' && <button type="button" onClick={() => use(points.slice(0, -1))}>{t('geo_undo')}</button>}
							<button type="button" onClick={clear}>{t('geo_clear')}</button>
						</div>
					</>
				)}
			</div>
		</fieldset>
	);
}
