// Clients of each revision in front of servers of each revision: the two sides do not
// depend on each other. The servers here are strict about their own revision and note
// what a peer may not do.
import assert from 'node:assert/strict';
import test from 'node:test';
import { startGate } from './lib/gate.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { HttpFace, INFO, VERSIONS, wrap } from './lib/face.mjs';
import { until } from './lib/wait.mjs';

const POLICY = {
	version: '1', default: 'deny', server_requests: { sampling: 'allow', elicitation: 'allow', roots: 'allow' },
	resources: { default: 'allow' }, prompts: { default: 'allow' },
	tools: { echo: {}, progress: {}, log: {}, structured: {}, ask_sampling: {}, ask_elicitation: {}, ask_password: {}, ask_roots: {} },
};
const CAPABILITIES = { sampling: {}, elicitation: {}, roots: { listChanged: true } };

// What every client sees, whatever the server behind speaks.
async function checkClient(face, recorder, version) {
	const opened = await face.open(version, CAPABILITIES);
	assert.equal(opened.protocolVersion, version, 'a known revision is agreed to as asked');
	assert.ok(opened.capabilities.tools);
	const names = (await face.list()).map((x) => x.name).sort();
	assert.deepEqual(names, Object.keys(POLICY.tools).sort());
	assert.equal((await face.call('echo', { text: 'hello' })).result.content[0].text, '{"text":"hello"}');
	const { result } = await face.call('structured');
	assert.deepEqual(result.structuredContent, { t: 21.5, more: [1, null] });
	assert.deepEqual(result._meta, { 'example.test/r': 1 });
	assert.equal(result['x-more'], 'kept');
	const refused = await face.call('wipe');
	assert.equal(refused.result.isError, true);
	assert.match(refused.result.content[0].text, /^\[POLICY DENIED\] /);
	await checkMessages(face);
	assert.deepEqual(recorder.calls('wipe'), []);
	assert.deepEqual(recorder.violations(), [], 'the gate keeps to the revision of the server');
}

async function checkMessages(face) {
	for (const token of ['p-1', 7]) {
		const from = face.heard.length;
		assert.equal((await face.call('progress', {}, { progressToken: token })).result.content[0].text, 'done');
		await until('three reports of progress', () => face.heard.length >= from + 3);
		assert.deepEqual(face.heard.slice(from).map((m) => m.params), [1, 2, 3].map((progress) => ({ progressToken: token, progress, total: 3 })));
	}
	const from = face.heard.length;
	assert.equal((await face.call('log')).result.content[0].text, 'logged');
	await until('the log line', () => face.heard.length > from);
	assert.deepEqual(face.heard[from].params, { level: 'info', logger: 'recorder', data: 'a line' });
	const sample = { role: 'assistant', model: 'm', content: { type: 'text', text: 'sampled' } };
	face.answers = { 'sampling/createMessage': () => sample, 'elicitation/create': () => ({ action: 'accept', content: { name: 'n' } }),
	                 'roots/list': () => ({ roots: [{ uri: 'file:///r' }] }) };
	assert.deepEqual(JSON.parse((await face.call('ask_sampling')).result.content[0].text), sample);
	assert.deepEqual(JSON.parse((await face.call('ask_roots')).result.content[0].text), { roots: [{ uri: 'file:///r' }] });
	assert.deepEqual(JSON.parse((await face.call('ask_elicitation')).result.content[0].text), { action: 'accept', content: { name: 'n' } });
	const asked = face.asked.length;
	assert.doesNotMatch((await face.call('ask_password')).result.content[0].text, /accept/, 'a form for a password reaches no client');
	assert.equal(face.asked.length, asked);
	assert.equal((await face.request('resources/read', { uri: 'file:///a.txt' })).result.contents[0].text, 'contents');
	assert.equal((await face.request('prompts/get', { name: 'hello' })).result.messages[0].content.text, 'hello');
	assert.deepEqual((await face.request('ping')).result, {});
}

async function checkBatch(face, version) {
	const batch = JSON.stringify([
		{ jsonrpc: '2.0', id: 'b1', method: 'tools/call', params: { name: 'echo', arguments: { text: 'b' } } },
		{ jsonrpc: '2.0', method: 'notifications/roots/list_changed' },
		{ jsonrpc: '2.0', id: 'b2', method: 'tools/call', params: { name: 'wipe' } },
		{ jsonrpc: '2.0', id: 'b3', method: 'tools/list' },
	]);
	const messages = await face.exchange(batch, ['b1', 'b2', 'b3']);
	if (version !== '2025-03-26') {
		assert.ok(messages.every((m) => m.error), `batches ended with 2025-06-18: ${JSON.stringify(messages)}`);
		return;
	}
	const by = Object.fromEntries(messages.filter((m) => !m.method).map((m) => [m.id, m]));
	assert.deepEqual(Object.keys(by).sort(), ['b1', 'b2', 'b3']);
	assert.equal(by.b1.result.content[0].text, '{"text":"b"}');
	assert.equal(by.b2.result.isError, true, 'each message of a batch is decided by itself');
	assert.ok(!by.b3.result.tools.some((x) => x.name === 'wipe'), 'and a list in a batch is filtered');
}

for (const transport of ['http', 'stdio'])
	for (const serverVersion of VERSIONS) {
		test(`HTTP clients of each revision, a ${transport} server of ${serverVersion}`, async (t) => {
			const recorder = await startRecorder(t, transport, { version: serverVersion });
			const gate = await startGate(t, { servers: { rec: recorder.where }, policies: { p: POLICY }, rights: { rec: 'p' } });
			for (const version of VERSIONS)
				await t.test(`client of ${version}`, async () => {
					const face = new HttpFace(gate.url('rec'), gate.token);
					await checkClient(face, recorder, version);
					await checkBatch(face, version);
					assert.deepEqual(recorder.calls('wipe'), []);
					assert.ok([200, 202, 204].includes(await face.close()), 'the session is ended');
					const late = await face.post('{"jsonrpc":"2.0","id":1,"method":"ping"}');
					assert.equal(late.status, 404, 'an ended session is unknown');
				});
			assert.deepEqual(recorder.violations(), []);
		});
	}

for (const serverVersion of VERSIONS)
	for (const version of VERSIONS)
		test(`wrap: a client of ${version}, a server of ${serverVersion}`, async (t) => {
			const recorder = await startRecorder(t, 'stdio', { version: serverVersion });
			const face = wrap(t, POLICY, recorder.command);
			await checkClient(face, recorder, version);
			await checkBatch(face, version);
			assert.deepEqual(recorder.calls('wipe'), []);
			assert.deepEqual(recorder.violations(), []);
			assert.equal((await face.close()).code, 0);
		});

test('a revision nobody knows is answered with one we speak', async (t) => {
	const recorder = await startRecorder(t, 'http');
	const gate = await startGate(t, { servers: { rec: recorder.where }, policies: { p: POLICY }, rights: { rec: 'p' } });
	for (const version of ['2024-11-05', '2030-01-01', 'x']) {
		const face = new HttpFace(gate.url('rec'), gate.token);
		const m = await face.request('initialize', { protocolVersion: version, capabilities: {}, clientInfo: INFO });
		assert.ok(VERSIONS.includes(m.result.protocolVersion), JSON.stringify(m));
	}
});

test('a server without sessions is served, and two sessions of one with them stay apart', async (t) => {
	const stateless = await startRecorder(t, 'http', { sessions: false });
	const stateful = await startRecorder(t, 'http', { reply: 'sse' });
	const gate = await startGate(t, { servers: { a: stateless.where, b: stateful.where }, policies: { p: POLICY }, rights: { a: 'p', b: 'p' } });
	for (const [name, recorder] of [['a', stateless], ['b', stateful]]) {
		for (const version of VERSIONS)
			await checkClient(new HttpFace(gate.url(name), gate.token), recorder, version);
	}
	const opened = stateful.entries('message').filter((m) => m.text.includes('"initialize"'));
	assert.ok(opened.length >= VERSIONS.length, 'each client has a session of its own at the server');
});
