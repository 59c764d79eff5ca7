// Modules of the console that need no browser, compiled to be imported by tests.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const CONSOLE = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../console');

// file: below console/src. Rejects where the console's packages are not installed.
export async function compiled(file) {
	const esbuild = createRequire(path.join(CONSOLE, 'package.json'))('esbuild');
	const folder = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-console-'));
	try {
		const out = path.join(folder, 'module.mjs');
		await esbuild.build({ entryPoints: [path.join(CONSOLE, 'src', file)], bundle: true, format: 'esm', outfile: out, logLevel: 'error',
			jsx: 'automatic', jsxImportSource: 'preact' });
		return await import(pathToFileURL(out).href);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
