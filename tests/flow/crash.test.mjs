// The gate killed under load: what was answered is on record, what was counted stays
// counted, and nothing it had started stays.
import assert from 'node:assert/strict';
import test from 'node:test';
import { startGate } from './lib/gate.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { HttpFace, wrap } from './lib/face.mjs';
import { descendants, processesWith, stillThere } from './lib/process.mjs';
import { until } from './lib/wait.mjs';

const MAX = 500;
const KILL_AFTER = 250;
const POLICY = { version: '1', default: 'deny', tools: { echo: { limits: [{ counter: 'echoed', window: 'month', max: MAX }] }, slow: {} } };

// Calls until the gate is gone; answered: [{ id, at, allowed }].
async function load(gate, server, name, answered) {
	const face = new HttpFace(gate.url(server), gate.token);
	await face.open();
	for (let i = 0; ; i++) {
		const id = `${name}-${i}`;
		try {
			const m = await face.request('tools/call', { name: i % 10 === 9 ? 'wipe' : 'echo', arguments: { text: id } }, id);
			answered.push({ id, at: Date.now(), allowed: m.result !== undefined && !m.result.isError, m });
		} catch {
			return;
		}
	}
}

for (const transport of ['http', 'stdio'])
	test(`kill -9 under load in front of a ${transport} server`, async (t) => {
		const recorder = await startRecorder(t, transport);
		const gate = await startGate(t, { servers: { rec: recorder.where }, policies: { p: POLICY }, rights: { rec: 'p' } });
		const answered = [];
		const clients = ['a', 'b', 'c', 'd'].map((n) => load(gate, 'rec', n, answered));
		await until('enough calls are answered', () => answered.length >= KILL_AFTER, 30000);
		await gate.kill();
		const killed = Date.now();
		await Promise.all(clients);
		await gate.childrenGone();
		const before = answered.filter((a) => a.allowed).length;
		assert.ok(before > 0 && before < MAX, `${before} calls were allowed before`);

		await gate.start();
		const all = await gate.recordsWhen((r) => answered.every((a) => r.some((x) => x.rpc === a.id)), 'every answered call has its record')
			.catch(async (e) => {
				const have = new Set((await gate.records()).map((x) => x.rpc));
				throw new Error(`${e.message}; lost: ${answered.filter((a) => !have.has(a.id)).map((a) => a.id).join(' ')}`);
			});
		for (const a of answered) {
			const records = all.filter((x) => x.rpc === a.id);
			assert.equal(records.length, 1, `${a.id} is on record once`);
			assert.equal(records[0].decision, a.allowed ? 'allow' : 'deny');
		}

		const face = new HttpFace(gate.url('rec'), gate.token);
		await face.open();
		let after = 0;
		while (after <= MAX && !(await face.call('echo', { text: 'after' })).result.isError)
			after++;
		const lastSecond = answered.filter((a) => a.allowed && a.at > killed - 1000).length;
		const unanswered = 4;
		t.diagnostic(`${before} allowed before the kill, ${after} after it, ${MAX} is the limit`);
		assert.ok(before + after <= MAX + lastSecond, `${before} + ${after} calls passed a limit of ${MAX}`);
		assert.ok(before + after >= MAX - unanswered, 'and nothing is counted that never was');
	});

test('a killed gate leaves no child and no grandchild', async (t) => {
	const mark = `grandchild-${process.pid}-${Date.now()}`;
	const recorders = await Promise.all([{}, { ignoreEnd: true, ignoreTerm: true }].map((o) => startRecorder(t, 'stdio', { ...o, grandchild: mark })));
	const gate = await startGate(t, { servers: { a: recorders[0].where, b: recorders[1].where }, policies: { p: POLICY }, rights: { a: 'p', b: 'p' } });
	for (const name of ['a', 'b']) {
		const face = new HttpFace(gate.url(name), gate.token);
		await face.open();
		assert.ok(!(await face.call('echo')).result.isError);
	}
	const below = descendants(gate.pid);
	assert.ok(below.length >= 4, `children and grandchildren run: ${JSON.stringify(below)}`);
	await gate.kill();
	await until('all of them are gone', () => stillThere(below).length === 0 && processesWith(mark).length === 0, 10000)
		.catch((e) => { throw new Error(`${e.message}: ${JSON.stringify(processesWith(mark))}`); });
	await gate.start();
});

test('a gate that ends in order ends its children, stubborn ones too', async (t) => {
	const mark = `grandchild-${process.pid}-${Date.now()}-2`;
	const recorder = await startRecorder(t, 'stdio', { ignoreEnd: true, ignoreTerm: true, grandchild: mark });
	const gate = await startGate(t, { servers: { a: recorder.where }, policies: { p: POLICY }, rights: { a: 'p' }, config: 'timeouts: { stop: 500ms }\n' });
	const face = new HttpFace(gate.url('a'), gate.token);
	await face.open();
	assert.ok(!(await face.call('echo')).result.isError);
	const slow = face.call('slow').catch(() => 'cut');
	await until('a call is in flight', () => recorder.calls('slow').length === 1);
	assert.ok(processesWith(mark).length > 0);
	await gate.stop();
	assert.deepEqual(processesWith(mark), []);
	await slow;
});

test('wrap that is killed leaves nothing, and so does wrap whose client is killed', async (t) => {
	const mark = `grandchild-${process.pid}-${Date.now()}-3`;
	for (const kill of ['the program', 'its input']) {
		const recorder = await startRecorder(t, 'stdio', { grandchild: mark, ignoreEnd: true });
		const face = wrap(t, POLICY, recorder.command);
		await face.open();
		assert.ok(!(await face.call('echo')).result.isError);
		assert.ok(processesWith(mark).length > 0);
		if (kill === 'the program')
			face.process.signal('SIGKILL');
		else
			face.process.child.stdin.end();
		await face.process.exited;
		await until(`nothing is left after the end of ${kill}`, () => processesWith(mark).length === 0, 10000);
	}
});
