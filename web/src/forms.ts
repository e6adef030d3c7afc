// Labels of kinds, fields and codes: they come from the forms, never from the table of words.
import { signal } from '@preact/signals';
import { get } from './api';
import { prefix } from './route';
import { label, t, unitWord } from './text';
import type { Choice, Field, Form, FormNames, Value } from './types';

const forms = signal<Record<string, Form>>({});
const asking = new Set<string>();
export const formNames = signal<FormNames['forms']>([]);
let of: string | null = null;

// Forms belong to a register: another one may have other fields.
export function useRegisterForms() {
	if (of === prefix.value) return;
	of = prefix.value;
	forms.value = {};
	asking.clear();
	const mine = of;
	get<FormNames>('/api/forms').then((f) => { if (of === mine) formNames.value = f.forms; }, () => { if (of === mine) of = null; });
}

export function form(kind: string): Form | undefined {
	const f = forms.value[kind];
	if (!f && kind && !asking.has(kind)) {
		asking.add(kind);
		const mine = prefix.peek();
		get<Form>(`/api/forms/${encodeURIComponent(kind)}`).then(
			(got) => { if (prefix.peek() === mine) forms.value = { ...forms.peek(), [kind]: got }; },
			() => setTimeout(() => asking.delete(kind), 5000),
		);
	}
	return f;
}

export function kindName(kind: string): string {
	const n = formNames.value.find((f) => f.kind === kind);
	return n ? label(n.title, kind) : kind.replaceAll('_', ' ');
}
export function fieldOf(kind: string, name: string): Field | undefined {
	return form(kind)?.fields.find((f) => f.name === name);
}
export function fieldName(kind: string, name: string): string {
	return label(fieldOf(kind, name)?.label, name.replaceAll('_', ' '));
}
export function choices(kind: string, fieldOrList: string): Choice[] {
	const f = form(kind);
	const list = f?.fields.find((x) => x.name === fieldOrList)?.list ?? fieldOrList;
	return f?.lists.find((l) => l.name === list)?.choices ?? [];
}
export function choiceName(kind: string, field: string, code: string): string {
	const c = choices(kind, field).find((x) => x.code === code);
	return c ? label(c.label, code) : code.replaceAll('_', ' ');
}
// What lies near a place, by the list of codes of its kind.
export function nearName(kind: string, code: string | null | undefined): string {
	if (!code) return kind === 'hazard' ? t('class_not_stated') : kindName(kind);
	return choiceName(kind, kind === 'ordnance' ? 'category' : 'class', code);
}
// A value of a field as a person reads it.
export function shown(kind: string, field: string, v: Value | undefined): string {
	if (v === undefined || v === null || v === '') return '';
	const f = fieldOf(kind, field);
	if (Array.isArray(v)) {
		if (v.every((x) => typeof x !== 'object')) return v.map((x) => (f?.list ? choiceName(kind, field, String(x)) : String(x))).join(', ');
		return String(v.length);
	}
	if (typeof v === 'object') return 'type' in v ? String(v.type) : JSON.stringify(v);
	if (f?.list) return choiceName(kind, field, String(v));
	return String(v) + (f?.unit && f.unit !== 'person' ? '\u00a0' + unitWord(f.unit) : '');
}
