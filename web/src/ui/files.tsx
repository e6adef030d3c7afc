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

export function Files({ fields, held, errors, onChange }: { fields: Field[]; held: Held[]; errors: Record<string, string>; onChange: (h: Held[]) => void }) {
	const fault = filesFault(held);
	const list = (mine: Held[]) => mine.length > 0 && (
		<ul class="files">
			{mine.map((h, i) => (
				<li key={i} data-file={h.file.name}>
					<Thumb file={h.file} />
					<span class="file-name">{h.file.name} <span class="faint small">{h.file.size < 1e5 ? t('bytes_kb', { n: number(h.file.size / 1000, 1) }) : t('bytes_mb', { n: number(h.file.size / 1e6, 1) })}</span></span>
					<button type="button" class="quiet" aria-label={`${t('take_row')}: ${h.file.name}`} onClick={() => onChange(held.filter((x) => x !== h))}><Icon name="close" /></button>
				</li>
			))}
		</ul>
	);
	return (
		<section class="part file-part">
			<h2>{t('files_title')}</h2>
			<p class="faint small">{t('files_limits', { n: FILES_MOST, mb: megabytes(FILES_BYTES) })}</p>
			<div class="stack">
				{fields.map((f) => (
					<div key={f.name} class="field" role="group" aria-label={label(f.label, f.name)} data-field={f.name}>
						<span>{label(f.label, f.name)}</span>
						{label(f.hint, '') && <span class="faint small">{label(f.hint, '')}</span>}
						{list(held.filter((h) => h.field === f.name))}
						<div><Choose name={f.name} many={false} accept="application/pdf,image/*" text={t('choose_file')} onFiles={(got) => onChange([...held.filter((h) => h.field !== f.name), ...got.map((file) => ({ field: f.name, file }))])} /></div>
						{errors[f.name] && <span class="field-error" role="alert">{errors[f.name]}</span>}
					</div>
				))}
				<div class="field" role="group" aria-label={t('add_photos')} data-field="photos">
					{list(held.filter((h) => h.field === 'photos'))}
					<div><Choose name="photos" many accept="image/*,video/*,application/pdf" text={t('add_photos')} onFiles={(got) => onChange([...held, ...got.map((file) => ({ field: 'photos', file }))])} /></div>
					{errors.photos && <span class="field-error" role="alert">{errors.photos}</span>}
				</div>
				{held.length > 0 && <p class="small" role="status">{t('files_chosen', { n: held.length, mb: megabytes(filesBytes(held)) })}</p>}
				{fault && <p class="field-error" role="alert" data-fault>{fault}</p>}
			</div>
		</section>
	);
}
