// How things are drawn: fill, pattern, outline and shape, each different, so that classes differ in grey print too.
import table from 'looks:table';

export interface HazardLook {
	key: string; // name of the look: cha, sha, ... released, reported_released
	shownAs: string;
	classes: (string | null)[]; // [] = any
	fill: string;
	opacity: number;
	pattern: { kind: 'cross' | 'line' | 'dot'; angle: number; gap_px: number; width_px: number; colour: string } | null;
	outline: [string, number, string]; // colour, px, dashes as in SVG ('' = solid)
	shape: string;
}
export interface PointLook { key: string; codes: string[] | null; killed: boolean; colour: string; shape: string; size_px: number }

const css = (c: readonly number[]) => `rgb(${c.join(' ')})`;
const hex = (c: readonly number[]) => '#' + c.map((x) => x.toString(16).padStart(2, '0')).join('');
const get = (conditions: [string, (string | number | null)[]][], name: string) => conditions.find(([k]) => k === name)?.[1] ?? [];

export const hazardLooks: HazardLook[] = table.hazard.map(([, conditions, fill, alpha, p, outline, shape]) => {
	const classes = get(conditions, 'class') as (string | null)[];
	const shownAs = String(get(conditions, 'shown_as')[0]);
	return {
		key: classes.length ? String(classes[0] === 'indication' ? 'unknown' : classes[0]) : shownAs,
		shownAs,
		classes,
		fill: hex(fill),
		opacity: alpha / 255,
		pattern: p && { kind: p[0], angle: p[1], gap_px: p[2] * table.px, width_px: p[3] * table.px, colour: hex(p[4]) },
		outline: [hex(outline[0]), outline[1] * table.px, table.dash[outline[2]]],
		shape,
	};
});
export function lookOf(code: string): HazardLook | undefined {
	return hazardLooks.find((l) => l.key === code) ?? hazardLooks.find((l) => l.classes.includes(code));
}
export function lookFor(shownAs: string | null, cls: string | null): HazardLook | undefined {
	return hazardLooks.find((l) => l.shownAs === shownAs && (!l.classes.length || l.classes.includes(cls)));
}
export const pointLooks: Record<string, PointLook[]> = Object.fromEntries(
	Object.entries(table.points).map(([kind, rows]) => [
		kind,
		rows.map(([, what, colour, shape, size], i) => ({
			key: `${kind}_${i}`, codes: Array.isArray(what) ? what : null, killed: what === 'killed', colour: hex(colour), shape, size_px: size * table.px,
		})),
	]),
);
export const minefieldLook = {
	colour: hex(table.minefield[1]),
	pattern: { kind: table.minefield[2][0], angle: table.minefield[2][1], gap_px: table.minefield[2][2] * table.px, width_px: table.minefield[2][3] * table.px, colour: hex(table.minefield[2][4]) },
	dash: table.dash[table.minefield[3]],
};
export { css };
