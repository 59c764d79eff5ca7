// The official example servers, from npm.
import path from 'node:path';
import { atEnd } from './ending.mjs';
import { MODULES, ROOT } from './gate.mjs';
import { Process, freePort } from './process.mjs';

const LOOPBACK = path.join(ROOT, 'tests/flow/lib/loopback.cjs');
const EVERYTHING = path.join(MODULES, '@modelcontextprotocol/server-everything/dist/index.js');
const FILESYSTEM = path.join(MODULES, '@modelcontextprotocol/server-filesystem/dist/index.js');
const MEMORY = path.join(MODULES, '@modelcontextprotocol/server-memory/dist/index.js');
const FIXTURE = path.join(ROOT, 'tests/conformance/server.mjs');

// Its address comes from PORT in the environment.
export const EVERYTHING_HTTP = [process.execPath, '--require', LOOPBACK, EVERYTHING, 'streamableHttp'];

// mark: any text, to find the process by.
export function commandOfEverything(mark) {
	return [process.execPath, EVERYTHING, 'stdio', mark];
}

export function commandOfFilesystem(dir) {
	return [process.execPath, FILESYSTEM, dir];
}

export function commandOfMemory(file) {
	return ['/usr/bin/env', `MEMORY_FILE_PATH=${file}`, process.execPath, MEMORY];
}

// The fixture server of `make conformance`; era: both, legacy or modern.
export function commandOfFixture(era) {
	return [process.execPath, FIXTURE, 'stdio', era];
}

export async function startFixture(t, era) {
	const p = new Process([process.execPath, FIXTURE, 'http', era], { name: 'the fixture server' });
	atEnd(t, () => p.stop());
	const port = Number((await p.line(/^port \d+$/)).slice(5));
	return { url: `http://127.0.0.1:${port}/mcp`, process: p };
}

// transport: 'streamableHttp', or 'sse' for the one of 2024-11-05.
export async function startEverything(t, transport = 'streamableHttp', port = 0) {
	port ||= await freePort();
	const p = new Process([...EVERYTHING_HTTP.slice(0, -1), transport], { env: { PATH: process.env.PATH, PORT: String(port) }, name: 'server-everything' });
	atEnd(t, () => p.stop());
	await p.line(transport === 'sse' ? /running on port/ : /listening on port/);
	return { url: `http://127.0.0.1:${port}/${transport === 'sse' ? 'sse' : 'mcp'}`, process: p };
}
