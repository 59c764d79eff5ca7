// The official clients that tests/flow/matrix.test.mjs lets speak to a server: each looks at
// its tools, calls one, and reads a resource and gets a prompt where the plan names them.
// plan: { tool, arguments, uri, prompt, awaited, isShort }. A target is { url } or { command, env }, with { headers } for the gate.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client as ClientV1, SSEClientTransport, StdioClientTransport, StreamableHTTPClientTransport } from './client.mjs';
import { atEnd } from './ending.mjs';
import { ROOT, environment } from './gate.mjs';
import { Process, run } from './process.mjs';
import { fromPypi } from './pypi.mjs';
import { until, within } from './wait.mjs';

const LOOK_MS = 120000;
const INFO = { name: 'matrix', version: '1.0' };
const SUITE = path.join(ROOT, 'tests/conformance/node_modules');
const INSPECTOR = path.join(ROOT, 'tests/inspector/node_modules/@modelcontextprotocol/inspector/clients/cli/build/index.js');
const NODE_22 = path.join(SUITE, `node-linux-${process.arch}/bin/node`);
const NODE_OF_INSPECTOR = [22, 19];

// The tools; of a door to many servers once those of the awaited one are among them, as it
// may be starting.
async function listTools(client, { awaited = '' }) {
	return until(`tools ${awaited}*`, async () => {
		const { tools } = await client.listTools();
		return tools.some((x) => x.name.startsWith(awaited)) && tools;
	}, LOOK_MS);
}

async function see(client, plan) {
	const seen = { tools: await listTools(client, plan) };
	seen.called = await client.callTool({ name: plan.tool, arguments: plan.arguments });
	if (plan.uri)
		seen.read = await client.readResource({ uri: plan.uri });
	if (plan.prompt)
		seen.prompted = await client.getPrompt({ name: plan.prompt });
	return seen;
}

async function through(client, transport, plan) {
	const work = async () => {
		await client.connect(transport);
		return see(client, plan);
	};
	try {
		return await within('a look at a server', work(), LOOK_MS);
	} finally {
		await transport.terminateSession?.().catch(() => {});
		await client.close().catch(() => {});
	}
}

function transportFor(kind, target, { Http, Sse, Stdio }) {
	const options = { requestInit: { headers: target.headers ?? {} } };
	if (kind === 'stdio')
		return new Stdio({ command: target.command[0], args: target.command.slice(1), env: target.env, stderr: 'ignore' });
	if (kind === 'sse')
		return new Sse(new URL(target.url), options);
	return new Http(new URL(target.url), options);
}

const V1 = { Http: StreamableHTTPClientTransport, Sse: SSEClientTransport, Stdio: StdioClientTransport };

function olderScript(kind) {
	return { name: `TypeScript SDK v1, ${kind}`, kind, family: 'script', isVariant: kind === 'sse',
	         look: (target, plan) => through(new ClientV1(INFO), transportFor(kind, target, V1), plan) };
}

async function newerScripts() {
	const require = createRequire(path.join(SUITE, 'x.js'));
	const load = (name) => import(pathToFileURL(require.resolve(name)));
	const make = (kind, mode, parts) => ({
		name: `TypeScript SDK v2${mode === 'legacy' ? ' as of 2025' : ''}, ${kind}`, kind, family: 'script', isVariant: mode === 'legacy', isDual: mode === 'auto',
		look: (target, plan) => through(new parts.Client(INFO, { versionNegotiation: { mode } }), transportFor(kind, target, parts), plan),
	});
	const why = existsSync(path.join(SUITE, '@modelcontextprotocol/client')) ? undefined : 'the packages of tests/conformance are not installed (npm)';
	let parts = {};
	if (!why) {
		const { Client, StreamableHTTPClientTransport: Http } = await load('@modelcontextprotocol/client');
		parts = { Client, Http, Stdio: (await load('@modelcontextprotocol/client/stdio')).StdioClientTransport };
	}
	return ['http', 'stdio'].flatMap((kind) => ['auto', 'legacy'].map((mode) => ({ ...make(kind, mode, parts), why })));
}

// One process of the Python client for all its looks.
class Python {
	constructor(t, bin, dir) {
		this.process = new Process([path.join(bin, 'python'), path.join(ROOT, 'tests/flow/lib/counterparts.py')], { env: environment(dir), cwd: dir, stdin: 'pipe', name: 'the Python client' });
		this.waiting = new Map();
		this.process.onLine = (line) => this.take(JSON.parse(line));
		this.process.exited.then((how) => this.waiting.forEach(({ reject }) => reject(new Error(`the Python client ended: ${JSON.stringify(how)}\n${this.process.err.slice(-5).join('\n')}`))));
		this.dir = dir;
		atEnd(t, () => { this.process.child.stdin.end(); return this.process.stop(); });
	}

	take({ id, seen, error }) {
		const { resolve, reject } = this.waiting.get(id);
		this.waiting.delete(id);
		if (error)
			reject(new Error(error));
		else
			resolve(seen);
	}

	look(kind, mode, target, plan) {
		const id = (this.nextId = (this.nextId ?? 0) + 1);
		const answered = new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
		this.process.child.stdin.write(`${JSON.stringify({ id, kind, mode, plan, url: target.url, command: target.command, env: target.env, headers: target.headers ?? {} })}\n`);
		return within('a look at a server', answered, LOOK_MS);
	}
}

async function pythons(t, dir) {
	const { bin, why } = await fromPypi('mcp');
	const python = why ? undefined : new Python(t, bin, dir);
	return [['http', 'auto'], ['http', 'legacy'], ['sse', 'legacy'], ['stdio', 'auto']].map(([kind, mode]) => ({
		name: `Python SDK${kind === 'http' && mode === 'legacy' ? ' as of 2025' : ''}, ${kind}`, kind, family: 'python', why, isVariant: mode === 'legacy', isDual: mode === 'auto',
		look: (target, plan) => python.look(kind, mode, target, plan),
	}));
}

function isNewEnough(version) {
	const [major, minor] = version.slice(1).split('.').map(Number);
	return major > NODE_OF_INSPECTOR[0] || (major === NODE_OF_INSPECTOR[0] && minor >= NODE_OF_INSPECTOR[1]);
}

// One run of its command line asks one thing.
async function ask(node, kind, target, dir, words) {
	const headers = Object.entries(target.headers ?? {}).flatMap(([k, v]) => ['--header', `${k}: ${v}`]);
	const where = kind === 'stdio' ? ['--transport', 'stdio', '--', ...target.command] : ['--transport', kind, '--server-url', target.url, ...headers];
	const r = await run([node, INSPECTOR, '--format', 'json', '-q', '--connect-timeout', String(LOOK_MS), ...words, ...where], { env: { ...environment(dir), ...target.env }, cwd: dir, ms: LOOK_MS });
	if (r.code !== 0)
		throw new Error(`${r.out}\n${r.err}`.trim().split('\n').pop());
	return JSON.parse(r.out).result;
}

function inspectors(dir) {
	const node = existsSync(NODE_22) ? NODE_22 : process.execPath;
	let why = existsSync(INSPECTOR) ? undefined : 'MCP Inspector is not installed (npm)';
	if (!why && node === process.execPath && !isNewEnough(process.version))
		why = `MCP Inspector needs Node ${NODE_OF_INSPECTOR.join('.')}, this is ${process.version}`;
	return ['http', 'sse', 'stdio'].map((kind) => ({
		name: `MCP Inspector, ${kind}`, kind, family: 'inspector', why, isSlow: true,
		look: async (target, plan) => ({
			tools: plan.isShort ? undefined : (await ask(node, kind, target, dir, ['--method', 'tools/list'])).tools,
			called: await ask(node, kind, target, dir, ['--method', 'tools/call', '--tool-name', plan.tool, '--tool-args-json', JSON.stringify(plan.arguments)]),
		}),
	}));
}

// [{ name, kind: http|sse|stdio, family, why: the reason to skip it, isSlow,
//    isVariant: another set-up of a client that is there, isDual: speaks both eras,
//    look(target, plan) }]
export async function counterparts(t, dir) {
	return [...['http', 'sse', 'stdio'].map(olderScript), ...await newerScripts(), ...await pythons(t, dir), ...inspectors(dir)];
}
