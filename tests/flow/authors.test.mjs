// What authors of policies ask of a gate that runs: its tools, its records, and who changed what.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { startGate } from './lib/gate.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { HttpFace } from './lib/face.mjs';

const POLICY = { version: '1', default: 'allow', hide: ['secret'], tools: { spend: { action: 'deny' },
	wipe: { require: [{ conditions: [{ path: 'args.path', op: 'exists', value: true }] }] } } };

function file(gate, name, document) {
	writeFileSync(path.join(gate.dir, name), JSON.stringify(document));
	return path.join(gate.dir, name);
}

test('recorded calls are replayed against another policy', async (t) => {
	const recorder = await startRecorder(t, 'http');
	const gate = await startGate(t, { servers: { rec: recorder.where }, policies: { p: POLICY }, rights: { rec: 'p' } });
	const face = new HttpFace(gate.url('rec'), gate.token);
	await face.open();
	for (let i = 0; i < 3; i++)
		await face.call('echo', { text: `secret value ${i}` });
	await face.call('spend', {});
	await face.call('wipe', { path: 'a' });
	await face.call('wipe', {});
	await gate.recordsWhen((all) => all.filter((r) => r.method === 'tools/call' && r.outcome !== 'pending').length === 6);
	const same = await gate.json(['policy', 'simulate', '--policy', file(gate, 'same.json', POLICY)]);
	assert.deepEqual({ calls: same.calls, changed: same.changed, unknown: same.unknown }, { calls: 6, changed: 0, unknown: 0 });
	const next = { version: '1', default: 'deny', tools: {
		echo: { limits: [{ counter: 'c', window: 'month', max: 2 }] }, spend: {},
		wipe: { deny_if: [{ conditions: [{ path: 'args.path', op: 'starts_with', value: '/' }] }] } } };
	const changed = await gate.json(['policy', 'simulate', '--policy', file(gate, 'next.json', next), '--server', 'rec', '--grant', 'test', '--since', '1h']);
	assert.deepEqual({ calls: changed.calls, changed: changed.changed, unknown: changed.unknown }, { calls: 6, changed: 2, unknown: 2 });
	const of = Object.fromEntries(changed.changes.map((v) => [v.tool, v]));
	assert.deepEqual([of.echo.from, of.echo.to, of.echo.to_rule, of.echo.calls], ['allow', 'deny', '/tools/echo/limits/c', 1]);
	assert.match((await gate.mustRun(['audit', '--id', of.echo.example])).out, /echo/);
	const { out } = await gate.mustRun(['policy', 'simulate', '--policy', path.join(gate.dir, 'next.json')]);
	assert.match(out, /^rec +echo +allow +deny +1 /m);
	assert.match(out, /^6 calls: 2 decided as they were, 2 otherwise, 2 unknown \(they need values\)$/m);
	assert.equal((await gate.json(['policy', 'simulate', '--policy', path.join(gate.dir, 'next.json'), '--grant', 'nobody'])).calls, 0);
	assert.equal((await gate.command(['policy', 'simulate', '--policy', path.join(gate.dir, 'next.json'), '--since', 'soon'])).code, 2);
	assert.equal((await gate.command(['policy', 'simulate'])).code, 2);
});

test('a policy is checked against what a server lists', async (t) => {
	const recorder = await startRecorder(t, 'http');
	const gate = await startGate(t, { servers: { rec: recorder.where }, policies: { p: POLICY }, rights: { rec: 'p' } });
	const policy = file(gate, 'check.json', { version: '1', default: 'deny', tools: { ecko: {}, typed: { deny_if: [{ conditions: [{ path: 'args.n', op: 'eq', value: 'one' }] }] } } });
	const { out } = await gate.mustRun(['policy', 'check', policy, '--server', 'rec']);
	assert.match(out, /no tool is named 'ecko' \(did you mean 'echo'\?\)/);
	assert.match(out, /this can never hold: it is of another type/);
	assert.match(out, /decided by 'default' alone: /);
	assert.equal((await gate.command(['policy', 'check', policy, '--server', 'rec', '--strict'])).code, 2);
	assert.equal((await gate.command(['policy', 'check', policy, '--server', 'other'])).code, 2);
	const diff = await gate.json(['policy', 'diff', 'p', policy, '--server', 'rec']);
	assert.ok(diff.tools.some((v) => v.name === 'echo' && v.different > 0));
});

test('a policy of the configuration file is recorded as such', async (t) => {
	const gate = await startGate(t, { config: 'policies:\n  kept:\n    document: {version: "1", default: deny}\n' });
	const history = await gate.json(['policy', 'history', 'kept']);
	assert.deepEqual(history.map((v) => [v.version, v.author]), [[1, 'file']]);
	assert.match(history[0].note, /^from '.*gatehouse\.yaml'$/);
	assert.equal((await gate.command(['policy', 'rollback', 'kept', '--to', '1'])).code, 2);
});
