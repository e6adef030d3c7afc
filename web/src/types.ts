// What the server answers; docs/API.md is the contract.
import type { Geometry } from 'geojson';

export interface RegisterName { name: string; title: string; country: string; submissions: number }
export interface Status {
	register: { name: string; title: string; country: string; uuid: string };
	now: string;
	role: string;
	log: { size: number; root: string; received: string | null };
	information: { oldest: string | null; newest: string | null; age_days: number | null };
	counts: { kind: string; records: number; unapproved: number; conflict: number; no_position: number }[];
	hazards: { danger: number; reported_released: number; released: number; no_position: number };
	waiting: { records: number; hazards: number };
	quarantine: { rows: number; hazards: number; no_place: number; places?: { place: string; rows: number }[] };
	sees: { exact: boolean; grid_m: number | null; kinds: string[]; not: string[] };
}
export interface Figure {
	code: string; dimension: string; place: string; period: string;
	value: number | null; low: number | null; high: number | null;
	unit: string; method: string; records: number; note: string;
}
export interface Figures {
	as_of: string; known_at: string | null; checkpoint: { size: number; root: string };
	waiting_hazards: number; quarantined_hazards: number; returned_hazards: number; figures: Figure[];
	stale?: boolean; log_size?: number; // made before the newest submissions came: of how many it is
}
export interface Point { period: string; value: number | null; low: number | null; high: number | null }
export interface Timeline { figure: string; unit: string; points: Point[] }
export interface ExplainRow extends Figure {
	count: number | null; listed?: number; more?: boolean;
	records_listed?: { kind: string; id: string; national_id: string | null; part: number | null; submissions: number[] }[];
}
export interface Explained { as_of: string; known_at: string | null; checkpoint: { size: number; root: string }; figures: ExplainRow[] }

export interface CompareSide { basis: string | null; value: number | null; low: number | null; high: number | null; unit: string; text: string; records: number; named: string[] }
export interface CompareLine { key: string; what: string; sides: CompareSide[]; remark: string }
export interface CompareAccident { side: number; date: string; precision: string; id: string; national_id: string | null; killed: number | null; injured: number | null; place: string | null }
export interface Compared {
	stale?: boolean; log_size?: number;
	registers: { name: string; country: string; as_of: string; size: number; root: string }[];
	questions: { question: number; title: string; method: string; note: string; lines: CompareLine[] }[];
	timeline?: { accidents: CompareAccident[]; years: { year: string; sides: { killed: number | null; injured: number | null; persons?: number | null }[] }[] };
}

export type Value = string | number | boolean | null | Geometry | Value[] | { [name: string]: Value };
export type Fields = Record<string, Value>;
export interface RecordRow {
	id: string; kind: string; national_id: string | null; label?: string | null; shown_as: string | null; unapproved: boolean; conflict: boolean;
	revisions: number; valid_from: string | null; area_m2?: number | null; fields: Fields;
}
export interface RecordPage { kind: string; records: RecordRow[]; next: string | null }
export interface RecordDetail {
	id: string; kind: string; national_id: string | null; label?: string | null; links?: Record<string, { kind: string; label: string | null }>; shown_as: string | null; unapproved: boolean; conflict: boolean;
	cover?: boolean; revisions: number; form_version: number; area_m2?: number | null; area_low_m2?: number | null; area_high_m2?: number | null;
	perimeter_m?: number | null; public_geometry?: boolean; geometry?: Geometry | null; bbox?: number[] | null;
	fields: Fields; withheld: string[]; heads?: string[]; can: string[];
}
export interface Changed { field: string; before?: Value; after?: Value }
export interface Revision {
	leaf: string; parents: string[]; head: boolean; valid_from: string | null; received: string; claimed: string | null; submission: number;
	author: string | null; author_key: string; remark: string | null; ruling: string; form_version: number; erased: boolean; sealed_identity: boolean;
	source?: { id: string; title: string; row: number | null } | null;
	decision?: { id: string; type: string; date: string; by: string; second: string | null; reason: string | null } | null;
	fields: Fields; changed: Changed[];
}
export interface History { id: string; kind: string; revisions: Revision[]; conflict: string[][] }
export interface Originals { originals: { sha256: string; name: string | null; size: number | null; field: string }[] }
export interface Near {
	answer: 'danger' | 'released' | 'reported_released' | 'no_information';
	lon_deg: number; lat_deg: number; within_m: number; known_at: string | null; public_geometry: boolean; dangers: number;
	items: { what: string; kind: string; id?: string | null; national_id?: string | null; class?: string | null; distance_m: number; margin_m: number | null; unapproved: boolean; reported_by: string | null }[];
	accidents: number | null; minefield_records: number | null; unlocated_here: number | null; waiting_here: number | null;
	waiting_elsewhere: number | null; waiting_unplaced: number | null;
}
export interface Hits { hits: { kind: string; id: string; national_id: string | null; shown_as: string | null; field: string; value: string }[]; more: boolean }

export type Label = Partial<Record<'en' | 'uk' | 'az', string>> & Record<string, string | undefined>;
export interface Field {
	name: string; type: string; label: Label; reviewed?: Record<string, boolean>; hint?: Label; access: string; required?: boolean | string;
	unit?: string | null; reference?: string | null; relevant?: string | null; constraint?: string | null; constraint_message?: Label;
	list?: string | null; link?: string | null; geometry?: string[]; fields?: Field[]; core?: boolean;
}
export interface Choice { code: string; label: Label; reviewed?: Record<string, boolean>; reference?: string | null; hint?: Label; extra?: Record<string, string> }
export interface Form { kind: string; version: number; title: Label; reviewed?: Record<string, boolean>; national_id?: string; fields: Field[]; lists: { name: string; choices: Choice[] }[] }
export interface FormNames { forms: { kind: string; version: number; title: Label; reviewed?: Record<string, boolean>; fields: number; sees: boolean; may_enter: boolean }[] }

export interface InboxRecord { id: string; kind: string; national_id: string | null; label?: string | null; leaf?: string; flags?: string | null; new: boolean; conflict: boolean; closes: boolean; changed: Changed[] }
export interface Inbox {
	submissions: { submission: number; received: string; author: string; mine: boolean; remark: string; revisions: number; waiting: number; outside: boolean;
		kinds: { kind: string; revisions: number }[]; records: InboxRecord[]; more: boolean }[];
	releases?: { release: string; records: { id: string; national_id: string | null; label?: string | null }[]; by: string; mine: boolean; at: string; reason: string; certificate: string }[];
	next: string | null;
}
export interface QuarantineRow {
	qid: number; kind: string; row: number | null; source: { id: string; title: string } | null; checks: string[]; reason: string; place: string | null;
	received: string; settled: { submission: number; record: string | null; reason: string | null } | null;
	original?: Fields | null; original_withheld?: boolean; mapped?: Fields;
}
export interface QuarantineList { rows: QuarantineRow[]; waiting: number; next: string | null }
export interface Stored { id: string; leaf: string; submission: number; approved: boolean; flags: string[] }
export interface Me { account: string; role: string; account_role?: string; second_factor: boolean; needs_second_factor?: boolean; totp?: boolean; token?: boolean }
