// Clients of both official SDKs through `gatehouse wrap` to servers of both: whatever eras meet,
// a client sees what it sees without a gate in between, less what the policy keeps from it.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { PROGRAM, ROOT, environment, testDir } from './lib/gate.mjs';
import { connectStdio, textOf, types } from './lib/client.mjs';
import { connectStdio2 } from './lib/client2.mjs';
import { until, within } from './lib/wait.mjs';

const POLICY = { version: '1', default: 'allow', hide: ['wipe'], server_requests: { sampling: 'allow', elicitation: 'allow', roots: 'allow' },
                 resources: { default: 'allow' }, prompts: { default: 'allow' } };
const CAPABILITIES = { sampling: {}, elicitation: {}, roots: {} };
const HANDLERS = {
	'elicitation/create': async () => ({ action: 'accept', content: { name: 'somebody' } }),
	'sampling/createMessage': async () => ({ role: 'assistant', model: 'none', content: { type: 'text', text: 'a word' } }),
	'roots/list': async () => ({ roots: [{ uri: 'file:///somewhere', name: 'r' }] }),
};
const SCHEMAS = [types.ElicitRequestSchema, types.CreateMessageRequestSchema, types.ListRootsRequestSchema];

const server = (file, ...args) => [process.execPath, path.join(ROOT, 'tests/flow/servers', file), ...args];
const SERVERS = {
	'a v1 server': { command: server('eras-v1.mjs'), speaks: ['legacy'] },
	'a v2 server': { command: server('eras-v2.mjs'), speaks: ['modern'] },
	'a v2 server of both eras': { command: server('eras-v2.mjs', 'both'), speaks: ['legacy', 'modern'] },
};

// What the tests need of either SDK: list changes arrive by `onTools`, log lines by `onLog`.
const CLIENTS = {
	'a v1 client': { era: 'legacy', connect: connectV1 },
	'a v2 client': { era: 'modern', connect: (t, argv, at) => connectV2(t, argv, at, { pin: '2026-07-28' }) },
	'a v2 client of the older era': { era: 'legacy', connect: (t, argv, at) => connectV2(t, argv, at, 'legacy') },
};

async function connectV1(t, argv, at) {
	const client = await connectStdio(t, argv, { ...at, capabilities: CAPABILITIES, handlers: SCHEMAS.map((s) => [s, HANDLERS[s.shape.method.value]]) });
	client.onTools = (fn) => client.setNotificationHandler(types.ToolListChangedNotificationSchema, fn);
	client.onLog = (fn) => client.setNotificationHandler(types.LoggingMessageNotificationSchema, (n) => fn(n.params));
	client.call = (name, args, options) => client.callTool({ name, arguments: args ?? {} }, undefined, options);
	client.raise = () => client.setLoggingLevel('debug');
	return client;
}

async function connectV2(t, argv, at, mode) {
	const heard = { tools: () => {}, log: () => {} };
	const client = await connectStdio2(t, argv, { ...at, mode, capabilities: CAPABILITIES, handlers: HANDLERS });
	client.setNotificationHandler('notifications/tools/list_changed', () => heard.tools());
	client.setNotificationHandler('notifications/message', (n) => heard.log(n.params));
	client.onTools = async (fn) => {
		heard.tools = fn;
		if (client.getProtocolEra() === 'modern')
			client.stream = await client.listen({ toolsListChanged: true });
	};
	client.onLog = (fn) => { heard.log = fn; };
	const meta = () => (client.getProtocolEra() === 'modern' ? { _meta: { 'io.modelcontextprotocol/logLevel': 'debug' } } : {});
	client.call = (name, args, options) => client.callTool({ name, arguments: args ?? {}, ...meta() }, options);
	client.raise = () => (client.getProtocolEra() === 'modern' ? undefined : client.setLoggingLevel('debug'));
	return client;
}

function wrapped(t, command) {
	const dir = testDir(t);
	const policy = path.join(dir, 'policy.json');
	writeFileSync(policy, JSON.stringify(POLICY));
	return [[PROGRAM, 'wrap', '--pins', 'flag', '--policy', policy, '--', ...command], { cwd: dir, env: environment(dir) }];
}

// What the SDK of the client does not show, or what one era has and the other has not.
function plain(answer) {
	const { resultType, ttlMs, cacheScope, _meta, ...rest } = answer;
	return rest;
}

const names = (list) => list.tools.map((x) => x.name).filter((name) => name !== 'wipe').sort();

async function look(client) {
	return {
		tools: names(await client.listTools()),
		echo: plain(await client.call('echo', { text: 'héllo \u{1f600} "q"' })),
		fail: plain(await client.call('fail')),
		resources: plain(await client.listResources()),
		read: plain(await client.readResource({ uri: 'eras://one' })),
		prompts: plain(await client.listPrompts()),
		prompt: plain(await client.getPrompt({ name: 'greet', arguments: { who: 'you' } })),
		completion: plain(await client.complete({ ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'who', value: 'an' } })),
		instructions: client.getInstructions(),
	};
}

async function checkQuestions(client) {
	assert.equal(textOf(await client.call('ask')), 'accept somebody');
	assert.equal(textOf(await client.call('sample')), 'a word');
	assert.equal(textOf(await client.call('roots')), 'file:///somewhere');
}

async function checkProgress(client) {
	const seen = [];
	const inner = client.transport.onmessage;
	client.transport.onmessage = (m, extra) => {
		if (m.method === 'notifications/progress')
			seen.push([m.params.progress, m.params.total]);
		inner(m, extra);
	};
	assert.equal(textOf(await client.call('steps', {}, { onprogress: () => {} })), 'done');
	client.transport.onmessage = inner;
	assert.deepEqual(seen, [[1, 2], [2, 2]]);
}

async function checkLog(client) {
	const lines = [];
	client.onLog((params) => lines.push(params.data));
	await client.raise();
	assert.equal(textOf(await client.call('log')), 'logged');
	await until('the log line', () => lines.length === 1);
	assert.deepEqual(lines, ['a line']);
}

async function checkCancel(client) {
	const abort = new AbortController();
	const waiting = client.call('wait', {}, { signal: abort.signal });
	waiting.catch(() => {});
	await client.call('echo', { text: 'behind it' });
	abort.abort('enough');
	await assert.rejects(within('a cancelled call ends', waiting));
	await until('the server hears of it', async () => textOf(await client.call('cancels')) === '1');
}

async function checkChanges(client) {
	let changes = 0;
	await client.onTools(() => { changes++; });
	await client.call('change');
	await until('the change is told', () => changes > 0);
	await until('the new tool is listed', async () => names(await client.listTools()).includes('added'));
	assert.equal(textOf(await client.call('added')), 'here');
	await client.stream?.close();
}

for (const [clientName, { era, connect }] of Object.entries(CLIENTS))
	for (const [serverName, { command, speaks }] of Object.entries(SERVERS))
		test(`${clientName} and ${serverName}`, async (t) => {
			const [argv, at] = wrapped(t, command);
			const client = await connect(t, argv, at);
			const direct = speaks.includes(era) ? await connect(t, command, at) : null;
			const seen = await look(client);
			if (direct)
				assert.deepEqual(seen, await look(direct));
			assert.deepEqual(seen.tools, ['ask', 'cancels', 'change', 'echo', 'fail', 'log', 'roots', 'sample', 'steps', 'wait']);
			assert.deepEqual(seen.echo.structuredContent, { text: 'héllo \u{1f600} "q"' });
			assert.equal(seen.fail.isError, true);
			assert.equal(seen.instructions, 'be kind');
			const refused = await client.call('wipe').catch((e) => ({ isError: true, content: [{ type: 'text', text: e.message }] }));
			assert.equal(refused.isError, true, 'what the policy hides is refused');
			await checkQuestions(client);
			await checkProgress(client);
			await checkLog(client);
			await checkCancel(client);
			await checkChanges(client);
			// Either SDK forgets whom progress is for when it reads the answer in the same piece.
			assert.deepEqual(client.errors.filter((e) => !/unknown token/.test(e.message)), []);
		});

test('a v2 client that asks first settles on the newer era with any server', async (t) => {
	for (const { command } of Object.values(SERVERS)) {
		const [argv, at] = wrapped(t, command);
		const client = await connectStdio2(t, argv, { ...at, mode: 'auto' });
		assert.equal(client.getProtocolEra(), 'modern');
		assert.equal(textOf(await client.callTool({ name: 'echo', arguments: { text: 'x' } })), 'x');
	}
});
