// Made at build time from tools/styles, the one table of how layers are drawn.
declare module 'looks:table' {
	type Colour = [number, number, number];
	type Condition = [string, (string | number | null)[]][];
	type Pattern = ['cross' | 'line' | 'dot', number, number, number, Colour];
	type Outline = [Colour, number, string];
	const table: {
		hazard: [string, Condition, Colour, number, Pattern | null, Outline, string][];
		rim: [string, Condition];
		points: Record<string, [string, string | string[] | null, Colour, string, number][]>;
		minefield: [string, Colour, Pattern, string];
		dash: Record<string, string>;
		px: number;
	};
	export default table;
}
declare const MAP_WORKER_URL: string;
declare const MAP_CSS_URL: string;
