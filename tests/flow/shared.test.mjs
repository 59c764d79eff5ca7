// Two gates that share their counters, and what sessions did, in a real Valkey or Redis.
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import test from 'node:test';
import { Gate, startGate } from './lib/gate.mjs';
import { HttpFace } from './lib/face.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { Store, storeProgram } from './lib/store.mjs';
import { until } from './lib/wait.mjs';

const skip = storeProgram() ? false : 'neither valkey-server nor redis-server is installed';
const expectErrors = [/counters: the store cannot be used/];

// One installation twice: the same grants and the same secret.key.
async function startTwo(t, policy, options = {}) {
	const store = await new Store(t).start();
	const recorder = await startRecorder(t, 'http', options);
	const config = `counters:\n  url: "${store.url}"\n  timeout: 2s\n`;
	const one = await startGate(t, { servers: { rec: recorder.where }, policies: { p: policy }, rights: { rec: 'p' }, config, expectErrors });
	await one.stop();
	const two = new Gate(t, { config, expectErrors });
	cpSync(one.data, two.data, { recursive: true });
	await Promise.all([one.start(), two.start()]);
	const faces = [one, two].map((gate) => new HttpFace(gate.url('rec'), one.token));
	await Promise.all(faces.map((f) => f.open()));
	await Promise.all([one, two].map((gate) => until('the store is there', async () => /^ready\n/.test(await ready(gate)))));
	return { store, recorder, gates: [one, two], faces };
}

const ready = async (gate) => (await fetch(`http://127.0.0.1:${gate.port}/readyz`)).text();
const passed = (m) => m.result !== undefined && m.result.isError !== true;
const ruleOf = (m) => m.result?._meta?.['io.gatehouse/decision']?.rule ?? '';

test('of a hundred parallel calls through two gates a limit of ten lets ten pass', { skip }, async (t) => {
	const limits = [{ counter: 'echoed', window: 'month', max: 10 }];
	const { store, recorder, gates, faces } = await startTwo(t, { version: '1', default: 'deny', tools: { echo: { limits }, wipe: {} } });
	const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => faces[i % 2].call('echo', { text: `${i}` })));
	assert.equal(answers.filter(passed).length, 10);
	assert.equal(recorder.calls('echo').length, 10);
	assert.ok(answers.filter((m) => !passed(m)).every((m) => ruleOf(m) === '/tools/echo/limits/echoed'));

	await store.kill();
	await Promise.all(gates.map((gate) => until('the gate sees that the store is gone', async () => /counters cannot be reached/.test(await ready(gate)))));
	for (const face of faces) {
		assert.equal(ruleOf(await face.call('echo', { text: 'away' })), '(counters unreachable)');
		assert.ok(passed(await face.call('wipe')), 'what has no limit passes');
	}
	assert.equal(recorder.calls('echo').length, 10);

	await store.start();
	await Promise.all(gates.map((gate) => until('the store is there again', async () => /^ready\n/.test(await ready(gate)))));
	assert.ok(passed(await faces[0].call('echo', { text: 'back' })), 'and calls pass again');
	assert.equal(recorder.calls('echo').length, 11);
});

test('calls in flight are counted over two gates', { skip }, async (t) => {
	const limits = [{ counter: 'busy', concurrent: true, max: 2 }];
	const { recorder, faces } = await startTwo(t, { version: '1', default: 'deny', tools: { slow: { limits }, echo: {} } });
	const slow = [0, 1].map((i) => faces[i].call('slow'));
	await until('both run', () => recorder.calls('slow').length === 2);
	for (const face of faces)
		assert.equal(ruleOf(await face.call('slow')), '/tools/slow/limits/busy');
	recorder.letGo();
	assert.ok((await Promise.all(slow)).every(passed));
	for (const face of faces)
		assert.ok(passed(await face.call('slow')), 'they are given back when they end');
});

test('what a session did through one gate the other knows', { skip }, async (t) => {
	const policy = { version: '1', default: 'allow', labels: { echo: ['reads_private'], wipe: ['sends_out'] },
	                 flows: [{ name: 'out', after: ['reads_private'], refuse: ['sends_out'], reason: 'private data was read' }] };
	const { gates, faces } = await startTwo(t, policy);
	const there = new HttpFace(gates[1].url('rec'), gates[0].token);
	there.session = faces[0].session;
	there.version = faces[0].version;
	assert.ok(passed(await there.call('wipe')), 'nothing was read yet');
	assert.ok(passed(await faces[0].call('echo', { text: 'secret' })));
	assert.equal(ruleOf(await there.call('wipe')), '/flows/out');
	assert.equal(ruleOf(await faces[0].call('wipe')), '/flows/out');
	assert.ok(passed(await faces[1].call('wipe')), 'another session may');
});
