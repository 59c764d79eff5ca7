// The official SDK client through the gate to official servers: the same answers as
// without a gate in between.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { PROGRAM, environment, startGate, testDir } from './lib/gate.mjs';
import { commandOfEverything, commandOfFilesystem, startEverything } from './lib/servers.mjs';
import { connectHttp, connectSse, connectStdio, textOf, types } from './lib/client.mjs';
import { until, within } from './lib/wait.mjs';

const OPEN = { version: '1', default: 'allow', server_requests: { sampling: 'allow', elicitation: 'allow', roots: 'allow' },
               resources: { default: 'allow' }, prompts: { default: 'allow' } };
const CAPABILITIES = { sampling: {}, elicitation: {}, roots: { listChanged: true } };
const SAMPLE = { role: 'assistant', model: 'none', content: { type: 'text', text: 'a sample' } };

function clientOptions() {
	return { capabilities: CAPABILITIES, handlers: [
		[types.CreateMessageRequestSchema, async () => SAMPLE],
		[types.ElicitRequestSchema, async () => ({ action: 'accept', content: { name: 'somebody', check: true } })],
		[types.ListRootsRequestSchema, async () => ({ roots: [{ uri: 'file:///somewhere', name: 'r' }] })],
	] };
}

// Everything that answers the same each time.
async function look(client) {
	const seen = {};
	seen.version = client.getServerVersion();
	seen.capabilities = client.getServerCapabilities();
	seen.instructions = client.getInstructions();
	seen.tools = await client.listTools();
	seen.echo = await client.callTool({ name: 'echo', arguments: { message: 'héllo \u{1f600} "q"' } });
	seen.sum = await client.callTool({ name: 'get-sum', arguments: { a: 2, b: 40.5 } });
	seen.image = await client.callTool({ name: 'get-tiny-image', arguments: {} });
	seen.annotated = await client.callTool({ name: 'get-annotated-message', arguments: { messageType: 'error', includeImage: true } });
	seen.links = await client.callTool({ name: 'get-resource-links', arguments: { count: 4 } });
	seen.structured = await client.callTool({ name: 'get-structured-content', arguments: { location: 'Chicago' } });
	seen.unknown = await client.callTool({ name: 'no-such-tool', arguments: {} }).catch((e) => ({ code: e.code }));
	seen.resources = await client.listResources();
	seen.templates = await client.listResourceTemplates();
	seen.prompts = await client.listPrompts();
	seen.simple = await client.getPrompt({ name: 'simple-prompt' });
	seen.args = await client.getPrompt({ name: 'args-prompt', arguments: { city: 'Oslo', state: 'x' } });
	seen.completion = await client.complete({ ref: { type: 'ref/prompt', name: 'completable-prompt' }, argument: { name: 'department', value: 'E' } });
	seen.read = await client.readResource({ uri: seen.resources.resources[0].uri });
	seen.ping = await client.ping();
	return seen;
}

async function checkSame(direct, through) {
	const [a, b] = [await look(direct), await look(through)];
	for (const key of Object.keys(a)) {
		if (key === 'unknown')
			continue;
		assert.deepEqual(b[key], a[key], `${key} is the same through the gate`);
	}
	assert.ok(b.tools.tools.length > 10);
	assert.deepEqual(b.structured.structuredContent, { temperature: 36, conditions: 'Light rain / drizzle', humidity: 82 });
	assert.ok(b.unknown.code || b.unknown.isError, 'an unknown tool is refused');
}

async function checkLively(client) {
	// Seen at the transport: the SDK forgets whom a progress message is for when it reads the answer in the same piece.
	const progress = [];
	const { transport } = client;
	const inner = transport.onmessage;
	transport.onmessage = (m, extra) => {
		if (m.method === 'notifications/progress')
			progress.push({ progress: m.params.progress, total: m.params.total });
		inner(m, extra);
	};
	const long = await client.callTool({ name: 'trigger-long-running-operation', arguments: { duration: 0.3, steps: 3 } }, undefined,
		{ onprogress: () => {} });
	transport.onmessage = inner;
	assert.match(textOf(long), /completed/);
	assert.deepEqual(progress, [1, 2, 3].map((n) => ({ progress: n, total: 3 })));
	assert.match(textOf(await client.callTool({ name: 'trigger-sampling-request', arguments: { prompt: 'p', maxTokens: 5 } })), /a sample/);
	assert.match(textOf(await client.callTool({ name: 'trigger-elicitation-request', arguments: {} })), /somebody/);
	assert.match(textOf(await client.callTool({ name: 'get-roots-list', arguments: {} })), /file:\/\/\/somewhere/);
	const abort = new AbortController();
	const asked = client.callTool({ name: 'trigger-long-running-operation', arguments: { duration: 60, steps: 2 } }, undefined, { signal: abort.signal });
	abort.abort('enough');
	await assert.rejects(within('a cancelled call ends', asked), /enough|abort/i);
	assert.ok(await client.ping(), 'and the session goes on');
}

// Messages that the server sends by itself, on the stream beside the calls.
async function checkStream(client) {
	const logs = [];
	const updates = [];
	client.setNotificationHandler(types.LoggingMessageNotificationSchema, (n) => { logs.push(n.params); });
	client.setNotificationHandler(types.ResourceUpdatedNotificationSchema, (n) => { updates.push(n.params.uri); });
	await client.setLoggingLevel('debug');
	const uri = 'demo://resource/dynamic/text/1';
	await client.subscribeResource({ uri });
	await client.callTool({ name: 'toggle-subscriber-updates', arguments: {} });
	await client.callTool({ name: 'toggle-simulated-logging', arguments: {} });
	await until('a log line of the server', () => logs.length > 0, 15000);
	await until('an update of the resource', () => updates.includes(uri), 15000);
	await client.callTool({ name: 'toggle-simulated-logging', arguments: {} });
	await client.callTool({ name: 'toggle-subscriber-updates', arguments: {} });
	await client.unsubscribeResource({ uri });
}

test('server-everything over HTTP', async (t) => {
	const { url } = await startEverything(t);
	const gate = await startGate(t, { servers: { everything: url }, policies: { open: OPEN }, rights: { everything: 'open' } });
	const direct = await connectHttp(t, url, null, clientOptions());
	const through = await connectHttp(t, gate.url('everything'), gate.token, clientOptions());
	await settled(direct, through);
	await checkSame(direct, through);
	await checkLively(through);
	await checkStream(through);
	assert.deepEqual(through.errors, []);
});

test('server-everything over HTTP+SSE', async (t) => {
	const { url } = await startEverything(t, 'sse');
	const gate = await startGate(t, { servers: { everything: url }, policies: { open: OPEN }, rights: { everything: 'open' } });
	const direct = await connectSse(t, url, clientOptions());
	const through = await connectHttp(t, gate.url('everything'), gate.token, clientOptions());
	await settled(direct, through);
	await checkSame(direct, through);
	await checkLively(through);
	await checkStream(through);
	assert.deepEqual(through.errors, []);
});

test('server-everything over stdio behind HTTP', async (t) => {
	const dir = testDir(t);
	const gate = await startGate(t, { servers: { everything: commandOfEverything(dir) }, policies: { open: OPEN }, rights: { everything: 'open' } });
	const direct = await connectStdio(t, commandOfEverything(dir), { ...clientOptions(), cwd: dir });
	const through = await connectHttp(t, gate.url('everything'), gate.token, clientOptions());
	await settled(direct, through);
	await checkSame(direct, through);
	await checkLively(through);
	await checkStream(through);
});

test('server-everything on pipes through wrap', async (t) => {
	const dir = testDir(t);
	const policy = path.join(dir, 'policy.json');
	writeFileSync(policy, JSON.stringify(OPEN));
	const direct = await connectStdio(t, commandOfEverything(dir), { ...clientOptions(), cwd: dir });
	const through = await connectStdio(t, [PROGRAM, 'wrap', '--policy', policy, '--', ...commandOfEverything(dir)], { ...clientOptions(), cwd: dir, env: environment(dir) });
	await settled(direct, through);
	await checkSame(direct, through);
	await checkLively(through);
	await checkStream(through);
});

// The server registers some tools only after it has seen the client's capabilities.
async function settled(...clients) {
	for (const c of clients)
		await until('the conditional tools are there', async () => (await c.listTools()).tools.some((x) => x.name === 'trigger-sampling-request'));
}

test('server-filesystem: a policy over real files', async (t) => {
	const dir = testDir(t);
	const files = path.join(dir, 'files');
	mkdirSync(files);
	writeFileSync(path.join(files, 'a.txt'), 'the text of a');
	const policy = { version: '1', default: 'deny', hide: ['directory_tree'], tools: {
		read_text_file: { require: [{ conditions: [{ path: 'args.path', op: 'path_within', value: [files] }], on_deny: 'only the shared folder may be read' }] },
		list_directory: {}, write_file: { limits: [{ counter: 'writes', window: 'month', max: 2 }] }, move_file: { action: 'deny', reason: 'nothing is moved here' } } };
	const gate = await startGate(t, { servers: { files: commandOfFilesystem(files) }, policies: { p: policy }, rights: { files: 'p' } });
	const direct = await connectStdio(t, commandOfFilesystem(files), { cwd: dir });
	const client = await connectHttp(t, gate.url('files'), gate.token);
	const names = (await client.listTools()).tools.map((x) => x.name).sort();
	assert.deepEqual(names, ['list_directory', 'move_file', 'read_text_file', 'write_file']);
	const all = (await direct.listTools()).tools;
	assert.deepEqual((await client.listTools()).tools, all.filter((x) => names.includes(x.name)), 'what is listed is as the server wrote it');
	const read = { name: 'read_text_file', arguments: { path: path.join(files, 'a.txt') } };
	assert.deepEqual(await client.callTool(read), await direct.callTool(read));
	const outside = await client.callTool({ name: 'read_text_file', arguments: { path: path.join(files, '../policy.json') } });
	assert.match(textOf(outside), /^\[POLICY DENIED\] only the shared folder may be read\nAllowed: .*be a path within/);
	assert.equal(textOf(await client.callTool({ name: 'move_file', arguments: { source: read.arguments.path, destination: path.join(files, 'b.txt') } })),
		'[POLICY DENIED] nothing is moved here');
	for (const n of [1, 2])
		await client.callTool({ name: 'write_file', arguments: { path: path.join(files, `${n}.txt`), content: `${n}` } });
	assert.equal(readFileSync(path.join(files, '2.txt'), 'utf8'), '2');
	const third = await client.callTool({ name: 'write_file', arguments: { path: path.join(files, '3.txt'), content: '3' } });
	assert.equal(third.isError, true);
	assert.throws(() => readFileSync(path.join(files, '3.txt')), 'the third file was not written');
	const hidden = await client.callTool({ name: 'directory_tree', arguments: { path: files } }).catch((e) => ({ isError: true, code: e.code }));
	assert.equal(hidden.isError, true);
});

test('several clients and servers at once', async (t) => {
	const { url } = await startEverything(t);
	const dir = testDir(t);
	const gate = await startGate(t, { servers: { everything: url, files: commandOfFilesystem(dir) }, policies: { open: OPEN }, rights: { everything: 'open', files: 'open' } });
	const clients = await Promise.all([0, 1, 2, 3].map(() => connectHttp(t, gate.url('everything'), gate.token)));
	const files = await connectHttp(t, gate.url('files'), gate.token);
	const answers = await Promise.all(Array.from({ length: 80 }, (_, i) => clients[i % 4].callTool({ name: 'get-sum', arguments: { a: i, b: 1 } })));
	answers.forEach((r, i) => assert.match(textOf(r), new RegExp(`\\b${i + 1}\\b`)));
	assert.ok((await files.listTools()).tools.length > 5);
	const all = await gate.recordsWhen((r) => r.filter((x) => x.tool === 'get-sum').length === 80, '80 records');
	assert.ok(all.every((x) => !JSON.stringify(x).includes('"b":1')), 'records hold keys, not values');
});
