// A line by year: value with its low and high as a band; years without a value are gaps, never zero.
import { amount, day, scaleOf, t } from '../text';
import type { Point } from '../types';

export function Spark({ points, unit, label }: { points: Point[]; unit: string; label: string }) {
	const known = points.filter((p) => p.value !== null);
	if (known.length < 2) return null;
	const w = 220, h = 44, top = 4, foot = 4;
	const most = Math.max(...points.map((p) => Math.max(p.high ?? 0, p.value ?? 0)), 1e-9);
	const x = (i: number) => 3 + (i * (w - 6)) / (points.length - 1);
	const y = (v: number) => h - foot - (v / most) * (h - top - foot);
	const runs: number[][] = [[]];
	points.forEach((p, i) => {
		if (p.value === null) runs.push([]);
		else runs[runs.length - 1].push(i);
	});
	const path = (ix: number[], of: (p: Point) => number) => ix.map((i, n) => `${n ? 'L' : 'M'}${x(i).toFixed(1)} ${y(of(points[i])).toFixed(1)}`).join('');
	const s = scaleOf(unit, most);
	const last = known[known.length - 1], first = known[0];
	const text = t('spark_text', { what: label, a: day(first.period), av: amount(first.value, unit, s), b: day(last.period), bv: amount(last.value, unit, s) });
	return (
		<figure class="spark" data-values={points.map((p) => p.value ?? '').join(',')}>
			<svg viewBox={`0 0 ${w} ${h}`} role="img" aria-label={text} preserveAspectRatio="none">
				{runs.filter((r) => r.length > 1).map((r) => (
					<path key={`b${r[0]}`} class="spark-band" d={`${path(r, (p) => p.high ?? p.value!)}${path([...r].reverse(), (p) => p.low ?? p.value!).replace('M', 'L')}Z`} />
				))}
				<line class="spark-zero" x1="0" x2={w} y1={y(0)} y2={y(0)} />
				{runs.filter((r) => r.length).map((r) => <path key={r[0]} class="spark-line" d={path(r, (p) => p.value!)} />)}
				<circle class="spark-dot" cx={x(points.indexOf(last))} cy={y(last.value!)} r="2.6" />
			</svg>
			<figcaption aria-hidden="true">
				<span>{day(first.period)}</span>
				<span>{day(last.period)}</span>
			</figcaption>
		</figure>
	);
}
