// Grants: whose token opens what, and from when to when.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import test from 'node:test';
import { startGate } from './lib/gate.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { HttpFace } from './lib/face.mjs';
import { until } from './lib/wait.mjs';

const READ = { version: '1', default: 'deny', tools: { echo: {} } };
const WRITE = { version: '1', default: 'deny', tools: { echo: {}, wipe: {} } };

async function open(t, rights = { a: 'read' }) {
	const a = await startRecorder(t, 'http');
	const b = await startRecorder(t, 'stdio');
	const gate = await startGate(t, { servers: { a: a.where, b: b.where }, policies: { read: READ, write: WRITE }, rights });
	return { a, b, gate };
}

async function face(gate, server, token = gate.token) {
	const f = new HttpFace(gate.url(server), token);
	await f.open();
	return f;
}

const isRefused = (m) => m.error !== undefined || m.result.isError === true;

test('one grant, several servers, a policy for each', async (t) => {
	const { a, b, gate } = await open(t, { a: 'read', b: 'write' });
	const [fa, fb] = [await face(gate, 'a'), await face(gate, 'b')];
	assert.deepEqual((await fa.list()).map((x) => x.name), ['echo']);
	assert.deepEqual((await fb.list()).map((x) => x.name), ['echo', 'wipe']);
	assert.ok(isRefused(await fa.call('wipe')));
	assert.ok(!isRefused(await fb.call('wipe')));
	assert.deepEqual([a.calls('wipe').length, b.calls('wipe').length], [0, 1]);
});

test('a grant opens the servers it names and no other', async (t) => {
	const { b, gate } = await open(t);
	const f = new HttpFace(gate.url('b'), gate.token);
	const m = await f.post('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}');
	assert.ok([403, 404].includes(m.status), `${m.status}`);
	assert.deepEqual(b.entries(), [], 'and its server is not even started');
});

test('a policy that is applied decides the next request', async (t) => {
	const { a, gate } = await open(t);
	const f = await face(gate, 'a');
	assert.ok(isRefused(await f.call('wipe')));
	await gate.applyPolicy('read', WRITE);
	assert.ok(!isRefused(await f.call('wipe')));
	assert.ok((await f.list()).some((x) => x.name === 'wipe'));
	await gate.applyPolicy('read', READ);
	assert.ok(isRefused(await f.call('wipe')));
	assert.equal(a.calls('wipe').length, 1);
	const bad = await gate.command(['policy', 'apply', 'read', writeBad(gate)]);
	assert.equal(bad.code, 2, `${bad.out}${bad.err}`);
	assert.match(bad.err + bad.out, /3/, 'line of the mistake');
	assert.ok(!isRefused(await f.call('echo')), 'a document with mistakes leaves the running one alone');
	assert.ok(isRefused(await f.call('wipe')));
});

function writeBad(gate) {
	const file = `${gate.dir}/bad.json`;
	writeFileSync(file, '{\n  "version": "1",\n  "defualt": "allow",\n  "tools": { "echo": { "limits": [ { "window": "minute", "max": 0 } ] } }\n}\n');
	return file;
}

test('a revoked grant is refused at once, with its streams and sessions', async (t) => {
	const { gate } = await open(t);
	const f = await face(gate, 'a');
	const stream = f.listen();
	await until('the stream is open', () => stream.heads.length > 0);
	const other = await gate.grant('other', { a: 'read' });
	const g = await face(gate, 'a', other);
	await gate.mustRun(['grant', 'revoke', 'test']);
	assert.equal((await f.post('{"jsonrpc":"2.0","id":1,"method":"ping"}')).status, 401);
	assert.ok(!isRefused(await g.call('echo')), 'another grant goes on');
	await stream.ended;
});

test('a grant ends when it expires', async (t) => {
	const { gate } = await open(t);
	const token = await gate.grant('short', { a: 'read' }, ['--expires', '2s']);
	const f = await face(gate, 'a', token);
	assert.ok(!isRefused(await f.call('echo')));
	await until('the grant has expired', async () => (await f.post('{"jsonrpc":"2.0","id":1,"method":"ping"}')).status === 401, 10000);
});

test('grants, servers and policies outlive a restart; the token does not stand anywhere', async (t) => {
	const { gate } = await open(t);
	const f = await face(gate, 'a');
	assert.ok(!isRefused(await f.call('echo')));
	const listed = await gate.mustRun(['grant', 'list', '--json']);
	assert.ok(!listed.out.includes(gate.token));
	await gate.stop();
	await gate.start();
	const again = await face(gate, 'a');
	assert.ok(!isRefused(await again.call('echo')));
	f.url = gate.url('a');
	assert.ok(!isRefused(await f.call('echo')), 'a session is good at any process of the same gate');
});

test('a server that is removed answers no more, others do', async (t) => {
	const { gate } = await open(t, { a: 'read', b: 'read' });
	const [fa, fb] = [await face(gate, 'a'), await face(gate, 'b')];
	assert.ok(!isRefused(await fa.call('echo')));
	await gate.mustRun(['server', 'remove', 'a']);
	assert.ok([403, 404].includes((await fa.post('{"jsonrpc":"2.0","id":1,"method":"tools/list"}')).status));
	assert.ok(!isRefused(await fb.call('echo')));
});
