// What is written down, and what never is.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { PROGRAM, startGate, testDir } from './lib/gate.mjs';
import { run } from './lib/process.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { HttpFace } from './lib/face.mjs';

const POLICY = { version: '1', default: 'deny', hide: ['secret'], tools: { echo: {}, typed: {}, tool_error: {}, fail: {},
	wipe: { deny_if: [{ conditions: [{ path: 'args.path', op: 'contains', value: 'x' }], on_deny: 'not that path' }] } } };

function filesBelow(dir) {
	return readdirSync(dir).flatMap((n) => {
		const file = path.join(dir, n);
		const s = statSync(file);
		return s.isDirectory() ? filesBelow(file) : s.isFile() ? [file] : [];
	});
}

test('every decision is on record, with its rule and the keys of its arguments', async (t) => {
	const recorder = await startRecorder(t, 'http');
	const gate = await startGate(t, { servers: { rec: recorder.where }, policies: { p: POLICY }, rights: { rec: 'p' } });
	const face = new HttpFace(gate.url('rec'), gate.token);
	await face.open();
	await face.request('tools/call', { name: 'echo', arguments: { text: 'a', other: 1 } }, 'r-echo');
	await face.request('tools/call', { name: 'wipe', arguments: { path: 'xx' } }, 'r-rule');
	await face.request('tools/call', { name: 'wipe', arguments: {} }, 'r-through');
	await face.request('tools/call', { name: 'typed', arguments: { n: 'one' } }, 'r-schema');
	await face.request('tools/call', { name: 'spend', arguments: {} }, 'r-default');
	await face.request('tools/call', { name: 'secret', arguments: {} }, 'r-hidden');
	await face.request('tools/call', { name: 'tool_error', arguments: {} }, 'r-isError');
	await face.request('tools/call', { name: 'fail', arguments: {} }, 'r-fail');
	const want = {
		'r-echo': { decision: 'allow', outcome: 'ok', rule: '', keys: ['text', 'other'] },
		'r-rule': { decision: 'deny', outcome: 'refused', rule: '/tools/wipe/deny_if/args.path-contains', keys: ['path'] },
		'r-through': { decision: 'allow', outcome: 'ok', rule: '' },
		'r-schema': { decision: 'deny', outcome: 'refused', rule: /schema/, keys: ['n'] },
		'r-default': { decision: 'deny', outcome: 'refused', rule: '(default deny)' },
		'r-hidden': { decision: 'deny', outcome: 'refused', rule: '(hidden)' },
		'r-isError': { decision: 'allow', outcome: 'tool_error', rule: '' },
		'r-fail': { decision: 'allow', outcome: 'rpc_error', rule: '' },
	};
	const all = await gate.recordsWhen((r) => Object.keys(want).every((id) => r.some((x) => x.rpc === id && x.outcome !== 'pending')), 'all records');
	for (const [id, w] of Object.entries(want)) {
		const records = all.filter((x) => x.rpc === id);
		assert.equal(records.length, 1, `${id}: one record`);
		const [r] = records;
		assert.equal(r.decision, w.decision, id);
		assert.equal(r.outcome, w.outcome, id);
		if (w.rule instanceof RegExp)
			assert.match(r.rule, w.rule, id);
		else
			assert.equal(r.rule, w.rule, id);
		assert.deepEqual([...(r.argument_keys ?? [])].sort(), (w.keys ?? []).sort(), id);
		assert.equal(r.server, 'rec');
		assert.equal(r['grant.label'], 'test');
		assert.match(r.time, /^20\d\d-\d\d-\d\dT/);
		assert.match(r.id, /^[0-9a-f-]{36}$/);
	}
	const refusal = await face.call('spend');
	const id = refusal.result._meta['io.gatehouse/decision'].decisionId;
	await gate.recordsWhen((r) => r.some((x) => x.id === id), 'the refusal can be looked up by what the agent was told');
	const text = await gate.mustRun(['audit']);
	assert.match(text.out, /wipe/);
	assert.match(text.out, /\(default deny\)/);
});

test('whoever has the public key sees that a record was changed', async (t) => {
	const recorder = await startRecorder(t, 'http');
	const gate = await startGate(t, { servers: { rec: recorder.where }, policies: { p: POLICY }, rights: { rec: 'p' } });
	const face = new HttpFace(gate.url('rec'), gate.token);
	await face.open();
	for (let i = 0; i < 5; i++)
		await face.call('echo', { text: String(i) });
	await gate.stop(); // moves what is left, and signs it
	const { publicKey } = await gate.json(['audit', 'public-key']);
	assert.match(publicKey, /^[0-9a-f]{64}$/);
	const copy = path.join(testDir(t), 'copy');
	mkdirSync(copy);
	copyFileSync(path.join(gate.data, 'gatehouse.db'), path.join(copy, 'gatehouse.db'));
	const verify = (key) => run([PROGRAM, 'audit', 'verify', '--json', '--data-dir', copy, '--public-key', key]);
	const before = await verify(publicKey);
	assert.equal(before.code, 0, before.err);
	assert.ok(JSON.parse(before.out).intact && JSON.parse(before.out).records >= 5, before.out);
	assert.equal((await gate.command(['audit', 'verify'])).code, 0);
	const stranger = await verify(publicKey.replace(/^./, (c) => (c === '0' ? '1' : '0')));
	assert.equal(stranger.code, 1, stranger.out);
	assert.equal((await verify('nonsense')).code, 2);
	const bytes = readFileSync(path.join(copy, 'gatehouse.db'));
	const at = bytes.indexOf('tools/callecho'); // method and target of a row stand side by side
	assert.ok(at > 0);
	bytes.write('tools/calleche', at);
	writeFileSync(path.join(copy, 'gatehouse.db'), bytes);
	const after = await verify(publicKey);
	assert.equal(after.code, 1, after.out);
	assert.ok(!JSON.parse(after.out).intact && JSON.parse(after.out).broken.why, after.out);
});

test('no value of an argument, no result and no token is kept or logged', async (t) => {
	const recorder = await startRecorder(t, 'http');
	const pipe = await startRecorder(t, 'stdio');
	const gate = await startGate(t, { servers: { rec: recorder.where, pipe: pipe.where }, policies: { p: POLICY }, rights: { rec: 'p', pipe: 'p' }, config: 'log_level: debug\n' });
	const marker = 'marker-7f3a91c2';
	const tokens = [gate.token];
	for (const server of ['rec', 'pipe']) {
		const face = new HttpFace(gate.url(server), gate.token);
		await face.open();
		for (const name of ['echo', 'wipe', 'typed', 'spend', 'secret', 'nosuch'])
			await face.call(name, { text: marker, path: `x${marker}`, n: marker, deep: [{ k: marker }] });
		await face.post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":["${marker}"]}}`);
		await face.post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"a":"${marker}","a":1}}}`);
		await face.post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","par ${marker}`);
		const wrong = new HttpFace(gate.url(server), `gh_wrong_${marker}`);
		assert.equal((await wrong.post('{}')).status, 401);
		tokens.push(face.session);
		await face.close();
	}
	await gate.recordsWhen((r) => r.filter((x) => x.tool === 'nosuch').length === 2, 'the records are moved');
	const read = `${(await gate.mustRun(['audit'])).out}${(await gate.mustRun(['status', '--json'])).out}${(await gate.mustRun(['grant', 'list', '--json'])).out}`;
	await gate.stop();
	const files = filesBelow(gate.data);
	assert.ok(files.length > 0);
	const places = [...files.map((f) => [f, readFileSync(f, 'latin1')]), ['the log', gate.log().join('\n')], ['standard output', gate.process.out.join('\n')], ['what commands say', read]];
	for (const [where, text] of places) {
		assert.ok(!text.includes(marker), `an argument's value stands in ${where}`);
		for (const token of tokens)
			assert.ok(!text.includes(token), `a token stands in ${where}`);
	}
	for (const f of files)
		assert.equal(statSync(f).mode & 0o077, 0, `${f} is for its owner only`);
});
