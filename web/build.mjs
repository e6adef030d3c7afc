// Builds the page into dist/: hashed files below dist/assets, index.html beside them.
// usage: node build.mjs [--out=DIR] [--dev] [--meta]    --dev: not minified; --meta: meta.json says what is in each file
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.resolve(process.argv.find((a) => a.startsWith('--out='))?.slice(6) ?? path.join(here, 'dist'));
const assets = path.join(out, 'assets');
const dev = process.argv.includes('--dev');

rmSync(out, { recursive: true, force: true });
mkdirSync(assets, { recursive: true });

const hash8 = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 8).toUpperCase();

// Files of MapLibre are taken as published: its worker must be a file of its own (no blob: worker under our policy).
function whole(from, stem, ending) {
	const bytes = readFileSync(path.join(here, from));
	const name = `${stem}-${hash8(bytes)}.${ending}`;
	writeFileSync(path.join(assets, name), bytes);
	return `/assets/${name}`;
}
const worker = whole('node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs', 'map-worker', 'js');
const mapCss = await build({
	entryPoints: [path.join(here, 'src/map/map.css')], bundle: true, minify: true, write: false, logLevel: 'warning',
	external: ['data:*'],
});
const mapCssName = `map-${hash8(mapCss.outputFiles[0].contents)}.css`;
writeFileSync(path.join(assets, mapCssName), mapCss.outputFiles[0].contents);

// The looks of the layers: one table for QGIS, SLD and the page.
const looks = {
	name: 'looks',
	setup(b) {
		b.onResolve({ filter: /^looks:table$/ }, (a) => ({ path: a.path, namespace: 'looks' }));
		b.onLoad({ filter: /.*/, namespace: 'looks' }, () => ({
			contents: execFileSync('python3', [path.join(here, '../tools/styles'), 'json'], { encoding: 'utf8' }), loader: 'json',
		}));
	},
};

const result = await build({
	absWorkingDir: here,
	entryPoints: { app: 'src/main.tsx', style: 'src/style/app.css' },
	outdir: assets,
	bundle: true,
	splitting: true,
	format: 'esm',
	target: ['es2022'],
	minify: !dev,
	metafile: true,
	legalComments: 'none',
	logLevel: 'warning',
	jsx: 'automatic',
	jsxImportSource: 'preact',
	plugins: [looks],
	entryNames: '[name]-[hash]',
	chunkNames: 'part-[hash]',
	define: { MAP_WORKER_URL: JSON.stringify(worker), MAP_CSS_URL: JSON.stringify(`/assets/${mapCssName}`) },
});
let js = '', css = '';
const first = [];
for (const [file, o] of Object.entries(result.metafile.outputs)) {
	// What the first view imports is fetched at once, not one after the other.
	if (o.entryPoint === 'src/main.tsx') first.push(...o.imports.filter((i) => i.kind === 'import-statement').map((i) => '/assets/' + path.basename(i.path)));
	if (o.entryPoint === 'src/main.tsx') js = '/assets/' + path.basename(file);
	if (o.entryPoint === 'src/style/app.css') css = '/assets/' + path.basename(file);
}
for (const f of ['icon.svg', 'style/plain.css']) cpSync(path.join(here, 'src', f), path.join(assets, path.basename(f)));
writeFileSync(path.join(out, 'index.html'),
	readFileSync(path.join(here, 'index.html'), 'utf8').replace('%JS%', js).replace('%CSS%', css)
		.replace('%FIRST%', first.map((f) => `<link rel="modulepreload" href="${f}">`).join('\n')));
if (process.argv.includes('--meta')) writeFileSync(path.join(out, '..', 'meta.json'), JSON.stringify(result.metafile));
