// Photographs and papers that come with a record: chosen, shown with their sizes, taken out again. Limits are said before.
import { useEffect, useState } from 'preact/hooks';
import { filesBytes, FILES_BYTES, FILES_MOST, type Held } from '../api';
import { label, number, t } from '../text';
import type { Field } from '../types';
import { Icon } from './parts';

const megabytes = (n: number) => number(n / 1e6, n < 1e7 ? 1 : 0);

// What is wrong with the files chosen; '' = nothing.
export function filesFault(held: Held[]): string {
	const empty = held.find((h) => h.file.size === 0);
	if (empty) return t('file_empty', { name: empty.file.name });
	if (held.length > FILES_MOST) return t('files_too_many', { n: held.length, most: FILES_MOST });
	return filesBytes(held) > FILES_BYTES ? t('files_too_large', { n: megabytes(filesBytes(held)), most: megabytes(FILES_BYTES) }) : '';
}

// A picture as small as its frame; what is no picture has none.
function Thumb({ file }: { file: File }) {
	const [url, setUrl] = useState('');
	useEffect(() => {
		if (!/^image\/(jpeg|png|webp|gif|avif)$/.test(file.type)) return;
		const u = URL.createObjectURL(file);
		setUrl(u);
		return () => URL.revokeObjectURL(u);
	}, [file]);
	return url ? <img class="thumb" src={url} alt="" /> : <span class="thumb" aria-hidden="true"><Icon name="records" /></span>;
}

function Choose({ name, text, many, accept, onFiles }: { name: string; text: string; many: boolean; accept: string; onFiles: (f: File[]) => void }) {
	return (
		<label class="button file-button">
			<input class="sr" type="file" name={name} multiple={many} accept={accept} onChange={(e) => { onFiles([...(e.currentTarget.files ?? [])]); e.currentTarget.value = ''; }} />
			<Icon name="enter" /> {text}
		</label>
	);
}

function Sized({ file }: { file: File }) {
	return <span class="file-name">{file.name} <span class="faint small">{file.size < 1e5 ? t('bytes_kb', { n: number(file.size / 1000, 1) }) : t('bytes_mb', { n: number(file.size / 1e6, 1) })}</span></span>;
}

function Chosen({ mine, held, onChange }: { mine: Held[]; held: Held[]; onChange: (h: Held[]) => void }) {
	return (
		<ul class="files">
			{mine.map((h, i) => (
				<li key={i} data-file={h.file.name}>
					<Thumb file={h.file} />
					<Sized file={h.file} />
					<button type="button" class="quiet" aria-label={`${t('take_row')}: ${h.file.name}`} onClick={() => onChange(held.filter((x) => x !== h))}><Icon name="close" /></button>
				</li>
			))}
		</ul>
	);
}

// The one file of a field; `at` is the field's name, or LIST/ROW/FIELD in a list.
export function FileField({ f, at, has, held, error, onChange }: { f: Field; at: string; has: boolean; held: Held[]; error?: string; onChange: (h: Held[]) => void }) {
	const mine = held.filter((h) => h.field === at);
	return (
		<div class="field" role="group" aria-label={label(f.label, f.name)} data-field={at}>
			<span>{label(f.label, f.name)}</span>
			{label(f.hint, '') && <span class="faint small">{label(f.hint, '')}</span>}
			{has && !mine.length && <span class="faint small">{t('file_held')}</span>}
			{mine.length > 0 && <Chosen mine={mine} held={held} onChange={onChange} />}
			<div><Choose name={at} many={false} accept="application/pdf,image/*" text={t('choose_file')} onFiles={(got) => onChange([...held.filter((h) => h.field !== at), ...got.map((file) => ({ field: at, file }))])} /></div>
			{error && <span class="field-error" role="alert">{error}</span>}
		</div>
	);
}

// Files of the rows of a list when row `gone` (from 1) is taken out: those behind it move up.
export function withoutRow(held: Held[], list: string, gone: number): Held[] {
	return held.flatMap((h) => {
		const [name, row, field] = h.field.split('/'), n = Number(row);
		if (name !== list || field === undefined || n < gone) return [h];
		return n === gone ? [] : [{ ...h, field: `${name}/${n - 1}/${field}` }];
	});
}

export function Files({ fields, held, errors, onChange }: { fields: Field[]; held: Held[]; errors: Record<string, string>; onChange: (h: Held[]) => void }) {
	const fault = filesFault(held);
	return (
		<section class="part file-part">
			<h2>{t('files_title')}</h2>
			<p class="faint small">{t('files_limits', { n: FILES_MOST, mb: megabytes(FILES_BYTES) })}</p>
			<div class="stack">
				{fields.map((f) => <FileField key={f.name} f={f} at={f.name} has={false} held={held} error={errors[f.name]} onChange={onChange} />)}
				<div class="field" role="group" aria-label={t('add_photos')} data-field="photos">
					{held.some((h) => h.field === 'photos') && <Chosen mine={held.filter((h) => h.field === 'photos')} held={held} onChange={onChange} />}
					<div><Choose name="photos" many accept="image/*,video/*,application/pdf" text={t('add_photos')} onFiles={(got) => onChange([...held, ...got.map((file) => ({ field: 'photos', file }))])} /></div>
					{errors.photos && <span class="field-error" role="alert">{errors.photos}</span>}
				</div>
				{held.length > 0 && <p class="small" role="status">{t('files_chosen', { n: held.length, mb: megabytes(filesBytes(held)) })}</p>}
				{fault && <p class="field-error" role="alert" data-fault>{fault}</p>}
			</div>
		</section>
	);
}
