// Every method of every revision's schema has a decision: in the gate's table, and at its
// door, where nothing that a policy refuses reaches the server.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { PROGRAM, startGate, testDir } from './lib/gate.mjs';
import { HttpFace, INFO } from './lib/face.mjs';
import { run } from './lib/process.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { methodsOfPython, methodsOfSuite } from './lib/schemas.mjs';

const TABLE = path.join(path.dirname(PROGRAM), 'tests/unit/decide_methods');
const MODERN = '2026-07-28';
// Requests of servers that no client sees: answered or refused by the gate.
const OURS = ['ping', 'tasks/get', 'tasks/result', 'tasks/cancel', 'tasks/list'];
// What may reach a server although its policy refuses all: nothing is used by it, and lists come back empty.
const HARMLESS = /^(initialize|ping|server\/discover|subscriptions\/listen|logging\/setLevel|tasks\/\w+|tools\/list|prompts\/list|resources\/(templates\/)?list)$/;
const KEY = 'io.modelcontextprotocol/';
const META = { [`${KEY}protocolVersion`]: MODERN, [`${KEY}clientCapabilities`]: {}, [`${KEY}clientInfo`]: INFO };

// The methods with what the gate's table says of each.
async function decide(methods) {
	const lines = methods.map((m) => `${m.who} ${m.sort} ${m.version} ${m.method}\n`).join('');
	const r = await run([TABLE], { input: lines });
	assert.equal(r.code, 0, r.err);
	const words = r.out.split('\n');
	return methods.map((m, i) => ({ ...m, is: words[i] }));
}

function checkAll(decided, versions) {
	assert.deepEqual([...new Set(decided.map((m) => m.version))].sort(), versions);
	const open = decided.filter((m) => m.is === 'unknown' && !(m.who === 'server' && m.sort === 'request' && OURS.includes(m.method)));
	assert.deepEqual(open.map((m) => `${m.version}: ${m.sort} ${m.method} of the ${m.who}`), [], 'methods of a schema that no row of src/gate/method.c decides');
	for (const version of versions)
		for (const who of ['client', 'server'])
			for (const sort of ['request', 'notification'])
				assert.ok(decided.some((m) => m.version === version && m.who === who && m.sort === sort) || (version === MODERN && who === 'server'),
					`${version} has ${sort}s of ${who}s`);
}

// Whether another revision knows a method says nothing about this one: a row is of one era or both.
async function checkForeign(decided) {
	const modern = new Set(decided.filter((m) => m.version === MODERN && m.who === 'client').map((m) => m.method));
	const legacy = new Set(decided.filter((m) => m.version !== MODERN && m.who === 'client').map((m) => m.method));
	const extension = ['tasks/get', 'tasks/cancel', 'tasks/update'];
	const gone = [...legacy].filter((m) => !modern.has(m) && !extension.includes(m)).map((method) => ({ version: MODERN, method }));
	const fresh = [...modern].filter((m) => !legacy.has(m)).map((method) => ({ version: '2025-11-25', method }));
	assert.ok(gone.length > 5 && fresh.length > 1);
	for (const m of await decide([...gone, ...fresh].map((x) => ({ who: 'client', sort: x.method.startsWith('notifications/') ? 'notification' : 'request', ...x }))))
		assert.equal(m.is, 'unknown', `${m.method} does not exist in ${m.version}`);
}

test('each method of the schemas of the official suite has a decision', async (t) => {
	const { methods, lost, why } = methodsOfSuite();
	if (why)
		return t.skip(why);
	assert.deepEqual(lost, [], 'methods that no union of their schema lists');
	const decided = await decide(methods);
	checkAll(decided, ['2025-03-26', '2025-06-18', '2025-11-25', MODERN]);
	await checkForeign(decided);
	t.diagnostic(`${decided.length} methods, each with a decision`);
});

test('each method of the revisions that the official Python package knows has a decision', async (t) => {
	const { methods, why } = await methodsOfPython(testDir(t));
	if (why)
		return t.skip(why);
	const decided = await decide(methods);
	checkAll(decided, ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', MODERN]);
	t.diagnostic(`${decided.length} methods, each with a decision`);
});

const PARAMS = {
	'tools/call': { name: 'echo', arguments: {} }, 'prompts/get': { name: 'hello' }, 'resources/read': { uri: 'file:///a.txt' },
	'resources/subscribe': { uri: 'file:///a.txt' }, 'resources/unsubscribe': { uri: 'file:///a.txt' }, 'logging/setLevel': { level: 'info' },
	'completion/complete': { ref: { type: 'ref/prompt', name: 'hello' }, argument: { name: 'a', value: 'b' } },
	'subscriptions/listen': { notifications: { toolsListChanged: true, resourceSubscriptions: ['file:///a.txt'] } },
};
const paramsOf = (method) => PARAMS[method] ?? (method.startsWith('tasks/') && method !== 'tasks/list' ? { taskId: 't' } : {});

// One request in its own era; the answer, or the first message of a stream that lasts.
async function send(face, { version, method }) {
	if (version !== MODERN)
		return face.request(method, method === 'initialize' ? { protocolVersion: version, capabilities: {}, clientInfo: INFO } : paramsOf(method));
	const params = { ...paramsOf(method), _meta: META };
	const name = params.name ?? params.uri ?? params.taskId;
	face.more = { 'mcp-protocol-version': MODERN, 'mcp-method': method, ...(name === undefined ? {} : { 'mcp-name': name }) };
	const abort = new AbortController();
	const messages = [];
	const onMessage = (m) => {
		messages.push(m);
		if (method === 'subscriptions/listen')
			abort.abort();
	};
	await face.post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), { onMessage, signal: abort.signal })
		.then((r) => messages.push(...r.messages)).catch((e) => { if (!abort.signal.aborted) throw e; });
	return messages[0];
}

// The recording server has no templates, for one: such a list may be an error of its own.
function checkAnswer(m, answer) {
	const what = `${m.version} ${m.method}: ${JSON.stringify(answer)}`;
	assert.ok(answer, what);
	if (!HARMLESS.test(m.method))
		assert.ok(answer.error || answer.result.isError || answer.result.completion?.values.length === 0, what);
	if (m.is === 'list' && answer.error?.code !== -32601)
		assert.ok(Object.values(answer.result).filter(Array.isArray).every((list) => list.length === 0), what);
	if (m.is === 'listen')
		assert.ok(!answer.params?.notifications?.resourceSubscriptions?.length, what);
	if (m.is === 'unknown')
		assert.equal(answer.error.code, -32601, what);
}

test('each request of each revision meets the policy at the door', async (t) => {
	const { methods, why } = methodsOfSuite();
	if (why)
		return t.skip(why);
	const unknown = ['2025-11-25', MODERN].map((version) => ({ version, who: 'client', sort: 'request', method: 'nobody/knows' }));
	const old = methods.filter((m) => m.version === '2025-03-26').map((m) => ({ ...m, version: '2024-11-05' }));
	const all = (await decide([...old, ...methods, ...unknown])).filter((m) => m.who === 'client' && m.sort === 'request');
	const recorder = await startRecorder(t, 'http');
	const nothing = { version: '1', default: 'deny' };
	const gate = await startGate(t, { servers: { rec: recorder.where }, policies: { nothing }, rights: { rec: 'nothing' } });
	for (const version of new Set(all.map((m) => m.version))) {
		const face = new HttpFace(gate.url('rec'), gate.token);
		if (version !== MODERN)
			await face.open(version);
		for (const m of all.filter((x) => x.version === version)) {
			const one = m.method === 'initialize' ? new HttpFace(gate.url('rec'), gate.token) : face;
			checkAnswer(m, await send(one, m));
		}
	}
	const reached = recorder.texts().filter(Boolean).map((text) => JSON.parse(text).method) // a GET has no text
		.filter((method) => method && !method.startsWith('notifications/') && !HARMLESS.test(method));
	assert.deepEqual(reached, [], 'what the policy refuses does not reach the server');
});
