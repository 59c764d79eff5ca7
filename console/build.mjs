// Bundles the console and writes it as one C file: the table behind src/console/console.h.
//   usage: node console/build.mjs OUT.c [DEPFILE]        (for meson)
//          node console/build.mjs --folder DIR           (the same files, to look at)
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const LICENCES = /^(LICEN[SC]E|NOTICE|COPYING)/i;

async function load(name) {
	try {
		return await import(name);
	} catch (e) {
		if (e.code !== 'ERR_MODULE_NOT_FOUND')
			throw e;
		console.error(`console: the package '${name}' is not there; run: tools/setup.sh build (or build with -Dconsole=disabled)`);
		process.exit(1);
	}
}

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 32);

const OPTIONS = {
	absWorkingDir: HERE, bundle: true, minify: true, write: false, metafile: true, legalComments: 'none', target: 'es2021',
	outdir: 'out', jsx: 'automatic', jsxImportSource: 'preact', logLevel: 'warning', charset: 'utf8',
	define: { 'process.env.NODE_ENV': '"production"' },
};

async function bundle() {
	const esbuild = await load('esbuild');
	const main = await esbuild.build({ ...OPTIONS, entryPoints: { app: 'src/main.tsx' }, format: 'esm', splitting: true,
		entryNames: 'assets/[name]-[hash]', chunkNames: 'assets/[name]-[hash]', assetNames: 'assets/[name]-[hash]' });
	const early = await esbuild.build({ ...OPTIONS, entryPoints: { early: 'src/early.ts' }, format: 'iife', entryNames: 'assets/[name]-[hash]' });
	return { files: [...main.outputFiles, ...early.outputFiles], outputs: { ...main.metafile.outputs, ...early.metafile.outputs },
	         inputs: [...Object.keys(main.metafile.inputs), ...Object.keys(early.metafile.inputs)] };
}

// What the first page needs at once: the entry and the chunks that it imports statically.
function first(outputs, entry) {
	const seen = new Set();
	const visit = (name) => {
		if (seen.has(name))
			return;
		seen.add(name);
		outputs[name].imports.filter((i) => i.kind === 'import-statement').forEach((i) => visit(i.path));
	};
	visit(entry);
	return [...seen];
}

function page(outputs) {
	const find = (re) => Object.keys(outputs).find((name) => re.test(name));
	const url = (name) => `/${name.replace(/^out\//, '')}`;
	const entry = find(/\/app-[^/]*\.js$/);
	const lines = [
		`<script src="${url(find(/\/early-[^/]*\.js$/))}"></script>`,
		`<link rel="stylesheet" href="${url(find(/\/app-[^/]*\.css$/))}">`,
		...first(outputs, entry).filter((n) => n !== entry).map((n) => `<link rel="modulepreload" href="${url(n)}">`),
		`<script type="module" src="${url(entry)}"></script>`,
	];
	return readFileSync(path.join(HERE, 'src/index.html'), 'utf8').replace('<!-- assets -->', lines.join('\n'));
}

function licences(inputs) {
	const folders = new Set(inputs.map((i) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(i)?.[1]).filter(Boolean));
	return [...folders].map((f) => path.resolve(HERE, f)).map((folder) => {
		const about = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
		const files = readdirSync(folder).filter((n) => LICENCES.test(n));
		const text = files.map((n) => readFileSync(path.join(folder, n), 'utf8').trim()).join('\n\n');
		return { name: about.name, version: about.version, licence: about.license, text };
	}).sort((a, b) => (a.name < b.name ? -1 : 1))
		.map((l) => `${l.name} ${l.version} (${l.licence})\n${'-'.repeat(60)}\n${l.text}\n`).join('\n\n');
}

const TYPES = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', html: 'text/html; charset=utf-8',
	            svg: 'image/svg+xml', txt: 'text/plain; charset=utf-8', webmanifest: 'application/manifest+json' };

function asset(name, bytes, isHashed) {
	const plain = Buffer.from(bytes);
	const small = gzipSync(plain, { level: 9 });
	small[9] = 255; // the system that it was made on: the same bytes everywhere
	return { path: name, type: TYPES[name.split('.').pop()] ?? 'application/octet-stream', etag: `"${hash(plain)}"`, isHashed,
	         plain, gzip: small.length < plain.length ? small : Buffer.alloc(0) };
}

async function make() {
	const { files, outputs, inputs } = await bundle();
	const all = files.map((f) => asset(`/${path.relative(path.join(HERE, 'out'), f.path)}`, f.contents, true));
	all.push(asset('/index.html', page(outputs), false));
	all.push(asset('/licences.txt', `Packages that are part of the console in the browser.\n\n${licences(inputs)}`, false));
	for (const name of readdirSync(path.join(HERE, 'public')))
		all.push(asset(`/${name}`, readFileSync(path.join(HERE, 'public', name)), false));
	return { all: all.sort((a, b) => (a.path < b.path ? -1 : 1)), inputs };
}

// A string literal: what prints stands as it is, the rest as octal, which ends after three digits.
function literal(bytes) {
	if (!bytes.length)
		return '""';
	let line = '', lines = [];
	for (const c of bytes) {
		if (c === 0x22 || c === 0x5c)
			line += `\\${String.fromCharCode(c)}`;
		else if (c === 0x0a)
			line += '\\n';
		else if (c >= 0x20 && c < 0x7f && c !== 0x3f)
			line += String.fromCharCode(c);
		else
			line += `\\${c.toString(8).padStart(3, '0')}`;
		if (line.length > 4000) {
			lines.push(`"${line}"`);
			line = '';
		}
	}
	lines.push(`"${line}"`);
	return lines.join('\n');
}

function cFile(all) {
	const rows = all.map((f) => `\t{ ${literal(Buffer.from(f.path))}, ${literal(Buffer.from(f.type))}, ${literal(Buffer.from(f.etag))}, ` +
		`${f.isHashed}, { ${literal(f.plain)}, ${f.plain.length} }, { ${literal(f.gzip)}, ${f.gzip.length} } },`);
	return ['/* Written by console/build.mjs. */', '#include "console/assets.h"', '#pragma GCC diagnostic ignored "-Woverlength-strings"',
		'const struct console_asset console_assets[] = {', ...rows, '};', `const size_t console_asset_n = ${all.length};`, ''].join('\n');
}

function depfile(out, inputs) {
	const own = ['src/index.html', ...readdirSync(path.join(HERE, 'public')).map((n) => `public/${n}`)];
	const names = [...own, ...inputs].map((i) => path.resolve(HERE, i).replaceAll(' ', '\\ '));
	return `${out}: ${[...new Set(names)].join(' ')}\n`;
}

const [out, deps] = process.argv.slice(2);
const { all, inputs } = await make();
if (out === '--folder') {
	for (const f of all) {
		mkdirSync(path.dirname(path.join(deps, f.path)), { recursive: true });
		writeFileSync(path.join(deps, f.path), f.plain);
	}
} else {
	writeFileSync(out, cFile(all));
	if (deps)
		writeFileSync(deps, depfile(out, inputs));
}
