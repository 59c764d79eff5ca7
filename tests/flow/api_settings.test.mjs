// Settings, status, and what the clients of this machine have, over the API. Every answer is judged by docs/openapi.yaml
// (lib/api.mjs).
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { local, person } from './lib/api.mjs';
import { startGate, testDir } from './lib/gate.mjs';
import { missing } from './lib/openapi.mjs';
import { commandOfFilesystem } from './lib/servers.mjs';
import { until } from './lib/wait.mjs';

const skip = missing;
const ifMatch = (etag) => ({ headers: { 'if-match': etag } });
const pointers = (answer) => answer.json.errors.map((e) => e.pointer);
const of = (answer, key) => answer.json.settings.find((s) => s.key === key);

test('what counts at once is set without the file, which wins', { skip }, async (t) => {
	const gate = await startGate(t, { config: 'timeouts: {start: 20s}\napprovals: {webhook_url: "https://hooks.example.com/s3cret"}\nallowed_hosts: [gate.example.com]\n' });
	const api = local(gate);
	const first = (await api.get('/settings')).is(200);
	assert.deepEqual([of(first, 'log_level').value, of(first, 'log_level').source, of(first, 'timeouts/start').value, of(first, 'timeouts/start').source], ['info', 'default', '20s', 'file']);
	assert.deepEqual([of(first, 'approvals/webhook_url').value, of(first, 'allowed_hosts').value], ['(set)', ['gate.example.com']]);
	assert.ok(!first.text.includes('s3cret'));
	assert.ok(first.json.settings.every((s) => s.help && s.kind));

	(await api.patch('/settings', { log_level: 'debug' })).is(428);
	const set = (await api.patch('/settings', { log_level: 'debug', 'timeouts/call': '90s', 'records/retention': '7d' }, ifMatch(first.headers.etag))).is(200);
	assert.deepEqual(['log_level', 'timeouts/call', 'records/retention'].map((k) => [of(set, k).value, of(set, k).source]), [['debug', 'store'], ['90s', 'store'], ['7d', 'store']]);
	assert.equal((await api.get('/settings')).headers.etag, set.headers.etag);
	(await api.post('/servers', { name: 'files', command: commandOfFilesystem(testDir(t)) })).is(201);
	await until('it is in force at once', () => gate.log().some((l) => / debug /.test(l)));
	const stale = (await api.patch('/settings', { log_level: 'warn' }, ifMatch(first.headers.etag))).is(412);
	assert.ok(stale.json.difference.some((d) => d.from === 'debug' && d.to === 'warn'), JSON.stringify(stale.json.difference));
	await gate.stop();
	await gate.start();
	const later = (await api.get('/settings')).is(200);
	assert.equal(of(later, 'log_level').value, 'debug', 'it is there after a start');
	assert.equal(of((await api.patch('/settings', { log_level: null }, ifMatch('*'))).is(200), 'log_level').source, 'default');

	assert.deepEqual(pointers((await api.patch('/settings', { 'timeouts/start': '5s' }, ifMatch('*'))).is(409, /configuration file/)), ['/timeouts~1start']);
	assert.deepEqual(pointers((await api.patch('/settings', { 'log_level': 'loud', 'timeouts/call': '25h', 'listen': '127.0.0.1:1', nope: 'x', 'timeouts/child_idle': 5, 'records/retention': '${HOME}' }, ifMatch('*'))).is(422)),
		['/log_level', '/timeouts~1call', '/listen', '/nope', '/timeouts~1child_idle', '/records~1retention']);
	(await api.patch('/settings', {}, ifMatch('*'))).is(422);
	(await api.patch('/settings', { 'timeouts/call': '24h' }, ifMatch('*'))).is(200);
	const { changes } = await api.good('GET', '/changes?what=settings.');
	assert.deepEqual([changes[2].before, changes[2].after], [{ log_level: 'info', 'timeouts/call': '5m', 'records/retention': '90d' }, { log_level: 'debug', 'timeouts/call': '90s', 'records/retention': '7d' }]);
	const viewer = await person(gate, 'vera', 'auditor');
	(await viewer.get('/settings')).is(403);
	(await viewer.patch('/settings', { log_level: 'warn' }, ifMatch('*'))).is(403);
});

test('the status says what a person should look at', { skip }, async (t) => {
	const gate = await startGate(t, { servers: { files: commandOfFilesystem(testDir(t)), gone: ['/no/such/program'] }, config: 'pins: {mode: none}\n' });
	const api = local(gate);
	await api.post('/grants', { label: 'bare', bindings: [{ server: 'files' }, { server: 'gone' }] });
	await api.post('/grants', { label: 'ends', expires_at: new Date(Date.now() + 86400e3).toISOString() });
	await api.post('/servers/gone/check');
	await api.post('/servers/files/check');
	const s = await api.good('GET', '/status');
	assert.deepEqual([s.counts.servers.total, s.counts.servers.up, s.counts.servers.down, s.counts.grants.valid, s.counts.policies], [2, 1, 1, 2, 0]);
	assert.ok(s.counts.tools.total > 5 && Date.parse(s.started_at) <= Date.now());
	assert.deepEqual(s.cluster, { counters: 'own', approvals: 'own' });
	assert.deepEqual(s.warnings.map((w) => `${w.code} ${w.object?.type ?? ''}`).sort(), ['grant_expires grant', 'grant_without_policy grant', 'grant_without_policy grant', 'pins_off ', 'server_down server']);
	const viewer = await person(gate, 'vera', 'viewer@files');
	const less = await viewer.good('GET', '/status');
	assert.deepEqual([less.servers.map((x) => x.name), less.counts.servers.total, less.counts.grants, less.warnings.map((w) => w.code)], [['files'], 1, undefined, ['grant_without_policy']]);
	const { out } = await gate.mustRun(['status']);
	assert.match(out, /files/);
});

test('servers of the clients of this machine are taken over', { skip }, async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	const file = path.join(gate.dir, '.cursor/mcp.json');
	assert.deepEqual((await api.good('GET', '/import')).clients, []);
	mkdirSync(path.dirname(file));
	writeFileSync(file, JSON.stringify({ mcpServers: {
		files: { command: '/bin/false', args: ['--token', 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'], env: { API_KEY: 's3cret-value' } },
		web: { url: 'https://mcp.example.com/mcp?key=s3cret' },
		behind: { url: gate.url('x') },
	} }));
	const look = (await api.get('/import')).is(200);
	assert.ok(!/s3cret|ghp_abc/.test(look.text), 'no secret is shown');
	const [cursor] = look.json.clients;
	assert.deepEqual([cursor.client, cursor.path, cursor.servers.map((s) => [s.name, s.is_known])], ['cursor', file, [['files', false], ['web', false], ['behind', true]]]);
	assert.deepEqual(cursor.servers[0].secrets.map((s) => s.in).sort(), ['argument', 'env']);
	const pick = (name, more = {}) => ({ client: 'cursor', path: file, name, ...more });
	assert.deepEqual(pointers((await api.post('/import', { servers: [pick('files'), pick('nope'), pick('behind'), pick('web', { path: '/etc/passwd' })] })).is(422)), ['/servers/1', '/servers/2', '/servers/3']);
	assert.equal((await api.get('/servers')).json.total, 0, 'all or none');
	(await api.post('/import', { servers: [] })).is(422);
	const done = await api.good('POST', '/import', { servers: [pick('files'), pick('web')] });
	assert.deepEqual(done.servers.map((s) => [s.name, s.from, s.is_new]), [['files', 'files', true], ['web', 'web', true]]);
	assert.deepEqual((await api.good('GET', '/servers')).servers.map((s) => s.name), ['files', 'web']);
	assert.deepEqual((await api.good('GET', '/import')).clients[0].servers.map((s) => s.known_as), ['files', 'web', undefined]);
	assert.equal((await api.good('POST', '/import', { servers: [pick('files')] })).servers[0].is_new, false);
	assert.equal((await api.good('GET', '/servers')).total, 2);
	const { changes } = await api.good('GET', '/changes?what=server.import');
	assert.ok(changes.length >= 1 && !/s3cret/.test(JSON.stringify(changes)));
});
