// Every official client before every official server: what works direct works through the
// gate and comes back the same, and so does what has no way of its own (another transport,
// another era). The table of it stands in the output, each line of it after "matrix:".
//   D direct; G through /mcp/<server>; M through /mcp, as one of many; W on pipes through
//   `gatehouse wrap`; lower case: that way fails; "-": nothing to try there.
// MATRIX_ONLY, a regular expression, picks pairs: 'SDK v1, http to every'.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { PROGRAM, ROOT, environment, startGate, testDir } from './lib/gate.mjs';
import { counterparts } from './lib/counterparts.mjs';
import { fromPypi } from './lib/pypi.mjs';
import { commandOfEverything, commandOfFilesystem, commandOfFixture, commandOfMemory, startEverything, startFixture } from './lib/servers.mjs';

const OPEN = { version: '1', default: 'allow', server_requests: { sampling: 'allow', elicitation: 'allow', roots: 'allow' },
               resources: { default: 'allow' }, prompts: { default: 'allow' } };
// Some of these servers show a client that has roots a tool more: at one gate that is a new tool, which would wait.
const CALM = 'pins: { mode: flag }\n';
const AT_ONCE = 3;
const WORDS_MAX = 160;
const WAYS = { direct: 'D', gate: 'G', merged: 'M', wrap: 'W' };

const ECHO = { tool: 'echo', arguments: { message: 'héllo' }, uri: 'demo://resource/static/document/features.md', prompt: 'simple-prompt' };
const FIXTURE = { tool: 'test_simple_text', arguments: {}, uri: 'test://static-text', prompt: 'test_simple_prompt' };
const AWSLABS = [
	{ name: 'healthomics', program: 'awslabs.aws-healthomics-mcp-server',
	  plan: { tool: 'LintAHOWorkflowDefinition', arguments: { workflow_content: 'workflow x {}', workflow_format: 'none' } } },
	{ name: 'cloudwatch', program: 'awslabs.cloudwatch-applicationsignals-mcp-server', plan: { tool: 'get_enablement_guide',
	  arguments: { service_platform: 'lambda', service_language: 'python', iac_directory: '/tmp', app_directory: '/tmp' } } },
	{ name: 'sitewise', program: 'awslabs.aws-iot-sitewise-mcp-server', plan: { tool: 'convert_unix_timestamp', arguments: { timestamp: 1700000000 } } },
];

function offline(dir) {
	return environment(dir, { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test',
		AWS_SECRET_ACCESS_KEY: 'test', AWS_EC2_METADATA_DISABLED: 'true', AWS_MAX_ATTEMPTS: '1', NO_PROXY: '*' });
}

async function awslabs(dir, { name, program, plan }) {
	const { bin, why } = await fromPypi(name);
	const env = Object.entries(offline(dir)).map(([k, v]) => `${k}=${v}`);
	return { name, title: name, kind: 'stdio', isSlow: true, why, plan, command: why ? [] : ['/usr/bin/env', '-i', ...env, path.join(bin, program)] };
}

// [{ name, title, kind, url or command, plan, why: the reason to leave it out, isSlow }]
async function startServers(t, dir) {
	const files = path.join(dir, 'files');
	mkdirSync(files);
	mkdirSync(path.join(dir, 'logs'));
	writeFileSync(path.join(files, 'a.txt'), 'the text of a');
	const http = (await startEverything(t)).url;
	const sse = (await startEverything(t, 'sse')).url;
	const servers = [
		{ name: 'every', title: 'everyH', kind: 'http', url: http, plan: ECHO },
		{ name: 'everysse', title: 'everyS', kind: 'sse', url: sse, plan: ECHO },
		{ name: 'everypipe', title: 'every|', kind: 'stdio', command: commandOfEverything(dir), plan: ECHO },
		{ name: 'files', title: 'files|', kind: 'stdio', command: commandOfFilesystem(files), plan: { tool: 'read_text_file', arguments: { path: path.join(files, 'a.txt') } } },
		{ name: 'memory', title: 'memory|', kind: 'stdio', command: commandOfMemory(path.join(dir, 'memory.jsonl')), plan: { tool: 'read_graph', arguments: {} } },
	];
	if (existsSync(path.join(ROOT, 'tests/conformance/node_modules/@modelcontextprotocol/server')))
		servers.push(
			{ name: 'both', title: 'v2H', kind: 'http', url: (await startFixture(t, 'both')).url, plan: FIXTURE },
			{ name: 'modern', title: 'v2H2026', kind: 'http', url: (await startFixture(t, 'modern')).url, plan: FIXTURE },
			{ name: 'bothpipe', title: 'v2|', kind: 'stdio', command: commandOfFixture('both'), plan: FIXTURE },
			{ name: 'modernpipe', title: 'v2|2026', kind: 'stdio', command: commandOfFixture('modern'), plan: FIXTURE },
		);
	for (const one of AWSLABS)
		servers.push(await awslabs(dir, one));
	return servers;
}

const MADE_BY_THE_ERA = ['_meta', 'resultType', 'ttlMs', 'cacheScope'];

function without(members, object) {
	return object && Object.fromEntries(Object.entries(object).filter(([k]) => !members.includes(k)));
}

// A client of both eras may speak to the gate in another one than direct to the server: what
// only one of them has is left out. To any other it must be the same word by word.
function comparable(client, seen) {
	if (!client.isDual)
		return seen;
	const [called, read, prompted] = [seen.called, seen.read, seen.prompted].map((r) => without(MADE_BY_THE_ERA, r));
	return { tools: seen.tools.map((x) => without(['execution'], x)), called, read, prompted };
}

const texts = (list) => list?.map((c) => c.text ?? c.content?.text);
const essence = (seen) => ({ tools: seen.tools?.map((x) => x.name), called: texts(seen.called.content),
	read: seen.read && texts(seen.read.contents), prompted: seen.prompted && texts(seen.prompted.messages) });

// Of one look what another has seen, too.
function onlyOf(seen, other) {
	return Object.fromEntries(Object.entries(other).map(([k, v]) => [k, seen[k] === undefined ? undefined : v]));
}

// A client that starts a server for each thing that it asks asks a slow one for one thing.
function planOf({ client, server }) {
	return { ...server.plan, isShort: Boolean(client.isSlow && server.isSlow) };
}

function mergedPlan(server) {
	const { tool, uri, prompt } = server.plan;
	return { ...server.plan, awaited: `${server.name}__`, tool: `${server.name}__${tool}`, ...(uri ? { uri: `${server.name}+${uri}` } : {}), ...(prompt ? { prompt: `${server.name}__${prompt}` } : {}) };
}

// What one of the servers behind /mcp gave, with the names that it gave itself.
function unmerged(server, seen) {
	const tools = seen.tools.filter((x) => x.name.startsWith(`${server.name}__`)).map((x) => ({ ...x, name: x.name.slice(server.name.length + 2) }));
	const strip = (uri) => (uri.startsWith(`${server.name}+`) ? uri.slice(server.name.length + 1) : uri);
	const read = seen.read && { ...seen.read, contents: seen.read.contents.map((c) => ({ ...c, uri: strip(c.uri) })) };
	return { ...seen, tools, ...(read ? { read } : {}) };
}

// What is tried of a pair: all where it has a way of its own, else what costs little. Servers
// that start slowly are not met by a second set-up of a client, and behind /mcp by one client.
function waysOf(client, server) {
	if (server.isSlow && client.isVariant)
		return [];
	if (client.kind === 'stdio')
		return server.kind === 'stdio' ? ['direct', 'wrap'] : [];
	if (client.kind === server.kind)
		return ['direct', 'gate', 'merged'];
	if (client.isSlow || client.isVariant)
		return client.isSlow || server.isSlow ? [] : ['gate'];
	return server.isSlow && !(client.isDual && client.family === 'script') ? ['gate'] : ['gate', 'merged'];
}

class Matrix {
	constructor(clients, servers) {
		this.clients = clients;
		this.servers = servers;
		this.column = Math.max(...servers.map((s) => s.title.length)) + 2;
		this.cells = new Map();
		this.notes = new Map();
	}

	cell(client, server) {
		const key = `${client.name}/${server.name}`;
		if (!this.cells.has(key))
			this.cells.set(key, { client, server, ways: {} });
		return this.cells.get(key);
	}

	// One look; answers what was seen, or undefined.
	async look(cell, way, target, plan) {
		try {
			const seen = await cell.client.look(target, plan);
			cell.ways[way] = true;
			return seen;
		} catch (e) {
			cell.ways[way] = false;
			const words = String(e.message ?? e).split('\n')[0].slice(0, WORDS_MAX);
			if (way === 'direct')
				this.note(`${cell.client.name} direct to ${cell.server.title}: n/a (${words})`);
			else
				this.fail(cell, way, words);
			return undefined;
		}
	}

	note(words) {
		this.notes.set(words, true);
	}

	fail(cell, way, words) {
		cell.ways[way] = false;
		(cell.client.faults ??= []).push(`to ${cell.server.title}, ${way}: ${words}`);
	}

	compare(cell, way, seen) {
		const { client, server, direct } = cell;
		try {
			if (direct)
				assert.deepEqual(comparable(client, seen), comparable(client, direct));
			else if (server.reference)
				assert.deepEqual(essence(seen), onlyOf(essence(seen), essence(server.reference)));
		} catch (e) {
			this.fail(cell, way, `another answer than direct: ${e.message.replace(/\s+/g, ' ').slice(0, 6 * WORDS_MAX)}`);
		}
	}

	row(client) {
		return this.servers.map((server) => {
			const { ways } = this.cells.get(`${client.name}/${server.name}`) ?? { ways: {} };
			const letters = Object.entries(WAYS).filter(([way]) => way in ways)
				.map(([way, letter]) => (ways[way] ? letter : way === 'direct' ? '-' : letter.toLowerCase()));
			return (letters.join('') || '-').padEnd(this.column);
		}).join('');
	}

	lines() {
		const width = Math.max(...this.clients.map((c) => c.name.length)) + 2;
		return [
			'D direct, G /mcp/<server>, M /mcp, W wrap, lower case: fails, -: no such way. Servers: H on HTTP, S on HTTP+SSE, | on stdio; v2: the fixture on the SDK v2, 2026: of 2026-07-28 only',
			''.padEnd(width) + this.servers.map((s) => s.title.padEnd(this.column)).join(''),
			...this.clients.map((c) => c.name.padEnd(width) + (c.why ? `skipped: ${c.why}` : this.row(c))),
			...this.servers.filter((s) => s.why).map((s) => `${s.title}: skipped: ${s.why}`),
			...this.notes.keys(),
		];
	}
}

async function inPool(jobs) {
	const queue = [...jobs];
	const work = async () => {
		for (let job = queue.shift(); job; job = queue.shift())
			await job();
	};
	await Promise.all(Array.from({ length: AT_ONCE }, work));
}

const ONLY = process.env.MATRIX_ONLY ? new RegExp(process.env.MATRIX_ONLY) : /./;

async function lookDirect(matrix, pairs, dir) {
	await inPool(pairs.filter(({ client, server }) => waysOf(client, server).includes('direct')).map((cell) => async () => {
		const target = { ...cell.server, env: environment(dir) };
		cell.direct = await matrix.look(cell, 'direct', target, planOf(cell));
		if (cell.client.family === 'script')
			cell.server.reference ??= cell.direct;
	}));
}

function targetOf(way, { gate, policy, dir, server }) {
	const headers = { authorization: `Bearer ${gate.token}` };
	if (way === 'wrap')
		return { command: [PROGRAM, 'wrap', '--policy', policy, '--', ...server.command], env: environment(dir) };
	if (way === 'merged')
		return { url: `http://127.0.0.1:${gate.port}/mcp`, headers: { authorization: `Bearer ${gate.pairs[server.name]}` } };
	return { url: gate.url(server.name), headers };
}

async function lookThrough(matrix, pairs, around) {
	const jobs = pairs.flatMap((cell) => waysOf(cell.client, cell.server).filter((way) => way !== 'direct').map((way) => async () => {
		const { server } = cell;
		const seen = await matrix.look(cell, way, targetOf(way, { ...around, server }), way === 'merged' ? mergedPlan(server) : planOf(cell));
		if (seen)
			matrix.compare(cell, way, way === 'merged' ? unmerged(server, seen) : seen);
	}));
	await inPool(jobs);
}

test('official clients before official servers, direct and through the gate', async (t) => {
	const dir = testDir(t);
	const policy = path.join(dir, 'policy.json');
	writeFileSync(policy, JSON.stringify(OPEN));
	const servers = await startServers(t, dir);
	const clients = await counterparts(t, dir);
	const matrix = new Matrix(clients, servers);
	const there = servers.filter((s) => !s.why);
	const gate = await startGate(t, { config: CALM, servers: Object.fromEntries(there.map((s) => [s.name, s.url ?? s.command])), policies: { open: OPEN },
		rights: Object.fromEntries(there.map((s) => [s.name, 'open'])) });
	gate.pairs = {};
	for (const { name } of there)
		gate.pairs[name] = await gate.grant(name, { [name]: 'open', [name === 'every' ? 'files' : 'every']: 'open' });
	const pairs = clients.filter((c) => !c.why).flatMap((client) => there.map((server) => matrix.cell(client, server)))
		.filter(({ client, server }) => ONLY.test(`${client.name} to ${server.title}`));
	await lookDirect(matrix, pairs, dir);
	await lookThrough(matrix, pairs, { gate, policy, dir });
	for (const line of matrix.lines())
		t.diagnostic(`matrix: ${line}`);
	for (const { name, why, faults } of [...clients, ...servers.filter((s) => s.why)])
		await t.test(name, { skip: why }, () => assert.deepEqual(faults ?? [], [], 'what works direct works through the gate'));
});
