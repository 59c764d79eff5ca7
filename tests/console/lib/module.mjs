// A module of the console by itself, for tests of what needs no browser.
import { createRequire } from 'node:module';
import path from 'node:path';

const CONSOLE = path.join(import.meta.dirname, '../../../console');

export async function moduleOf(name) {
	const esbuild = createRequire(path.join(CONSOLE, 'package.json'))('esbuild');
	const out = await esbuild.build({ absWorkingDir: CONSOLE, entryPoints: [path.join('src', name)], bundle: true, write: false, format: 'esm', logLevel: 'silent' });
	return import(`data:text/javascript;base64,${Buffer.from(out.outputFiles[0].contents).toString('base64')}`);
}
