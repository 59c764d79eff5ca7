// Servers over the API: listed, added, changed, asked, tried and taken away. Every answer is judged by docs/openapi.yaml
// (lib/api.mjs).
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { local, nobody, person } from './lib/api.mjs';
import { connectHttp } from './lib/client.mjs';
import { startGate, testDir } from './lib/gate.mjs';
import { missing } from './lib/openapi.mjs';
import { commandOfEverything, commandOfFilesystem } from './lib/servers.mjs';
import { until } from './lib/wait.mjs';

const skip = missing;
const ifMatch = (etag) => ({ headers: { 'if-match': etag } });
const pointers = (answer) => answer.json.errors.map((e) => e.pointer);
const OPEN = { version: '1', default: 'allow' };

function jobOf(api, id) {
	return until('the job is over', async () => {
		const job = await api.good('GET', `/jobs/${id}`);
		return job.state !== 'running' && job;
	}, 30000);
}

test('a server is added, its tools are known soon, and it is changed and taken away', { skip }, async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	assert.deepEqual((await api.get('/servers')).is(200).json, { servers: [], total: 0 });
	(await api.get('/servers/files')).is(404);
	const command = commandOfFilesystem(testDir(t));
	const made = (await api.post('/servers', { name: 'files', command, env: [{ name: 'KEY', value: 's3cret-value' }], limits: { call_timeout_ms: 60000 } })).is(201);
	assert.equal(made.headers.location, '/api/v1/servers/files');
	assert.deepEqual([made.json.transport, made.json.command, made.json.env, made.json.limits, made.json.per, made.json.is_from_file],
		['stdio', command, [{ name: 'KEY', is_set: true }], { call_timeout_ms: 60000 }, 'grant', false]);
	assert.equal(made.json.endpoint, gate.url('files'));
	const known = await until('its tools are known', async () => {
		const s = (await api.get('/servers/files')).is(200).json;
		return s.tools.is_known && s;
	});
	assert.equal(known.state, 'up');
	assert.equal(Object.values(known.tools.by_severity).reduce((a, b) => a + b), known.tools.total);
	const read = (await api.get('/servers/files')).is(200);
	assert.equal(read.headers.etag, made.headers.etag, 'how it is just now does not make what was read stale');
	(await api.get('/servers/files', { headers: { 'if-none-match': read.headers.etag } })).is(200);

	(await api.put('/servers/files', { command })).is(428, /If-Match/);
	const back = (await api.put('/servers/files', { ...read.json, limits: { calls_max: 3 } }, ifMatch(read.headers.etag))).is(200);
	assert.deepEqual([back.json.limits, back.json.env, back.json.name], [{ calls_max: 3 }, [{ name: 'KEY', is_set: true }], 'files']);
	assert.equal(back.headers.etag, (await api.get('/servers/files')).headers.etag);
	const stale = (await api.put('/servers/files', { command, limits: { calls_max: 4 } }, ifMatch(read.headers.etag))).is(412, /changed/);
	assert.deepEqual(stale.json.difference.map((d) => d.pointer), ['/env/0', '/limits/calls_max']);
	assert.equal(stale.json.current_etag, back.headers.etag);
	(await api.del('/servers/files')).is(428);
	(await api.del('/servers/files', undefined, ifMatch(read.headers.etag))).is(412);
	(await api.del('/servers/files', undefined, ifMatch(back.headers.etag))).is(204);
	(await api.get('/servers/files')).is(404);
	(await api.del('/servers/files', undefined, ifMatch('*'))).is(404);

	const { changes } = await api.good('GET', '/changes?object=server/files');
	assert.deepEqual(changes.map((c) => c.action), ['server.delete', 'server.update', 'server.create']);
	assert.deepEqual([changes[1].before.limits, changes[1].after.limits], [{ call_timeout_ms: 60000 }, { calls_max: 3 }]);
	assert.ok(!JSON.stringify(changes).includes('s3cret') && !JSON.stringify([made, known, back, stale].map((a) => a.json ?? a)).includes('s3cret'));
});

test('values that are left out stay, for the same program and host alone', { skip }, async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	const dir = testDir(t);
	const tell = path.join(dir, 'tell.sh');
	const out = path.join(dir, 'env.txt');
	writeFileSync(tell, `#!/bin/sh\necho "$KEY" > ${out}\nexec "$@"\n`);
	chmodSync(tell, 0o755);
	const command = [tell, ...commandOfFilesystem(dir)];
	(await api.post('/servers', { name: 'files', command, env: [{ name: 'KEY', value: 'first' }] })).is(201);
	const told = (what) => until(`the program was given ${what}`, () => { try { return readFileSync(out, 'utf8').trim() === what; } catch { return false; } });
	await told('first');
	rmSync(out);
	(await api.put('/servers/files', { command, env: [{ name: 'KEY' }, { name: 'OTHER', value: '' }], limits: { calls_max: 9 } }, ifMatch('*'))).is(200);
	await told('first');
	const moved = (await api.put('/servers/files', { command: ['/bin/echo'], env: [{ name: 'KEY' }] }, ifMatch('*'))).is(422);
	assert.deepEqual(pointers(moved), ['/env/0/value']);
	assert.deepEqual(pointers((await api.put('/servers/files', { command, env: [{ name: 'NEW' }] }, ifMatch('*'))).is(422)), ['/env/0/value']);

	(await api.post('/servers', { name: 'web', url: 'http://127.0.0.1:1/mcp', is_enabled: false, headers: [{ name: 'Authorization', value: 'Bearer x' }] })).is(201);
	(await api.put('/servers/web', { url: 'http://127.0.0.1:1/other', is_enabled: false, headers: [{ name: 'Authorization' }] }, ifMatch('*'))).is(200);
	for (const url of ['http://127.0.0.1:2/mcp', 'https://127.0.0.1:1/mcp', 'http://evil.example.com/mcp'])
		assert.deepEqual(pointers((await api.put('/servers/web', { url, is_enabled: false, headers: [{ name: 'Authorization' }] }, ifMatch('*'))).is(422)), ['/headers/0/value']);
});

test('each mistake is told with its field', { skip }, async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	const wrong = async (body, ...expected) => assert.deepEqual(pointers((await api.post('/servers', body)).is(422)), expected, JSON.stringify(body).slice(0, 200));
	await wrong({}, '/name', '');
	await wrong({ name: 'a', command: ['x'], url: 'http://h/' }, '/url');
	await wrong({ name: 'a', command: [] }, '/command');
	await wrong({ name: 'a', command: ['x', 5] }, '/command/1');
	await wrong({ name: 'a', command: ['x'], headers: [] }, '/headers');
	await wrong({ name: 'a', url: 'http://h/', env: [], per: 'grant' }, '/env', '/per');
	await wrong({ name: 'a', url: 'ftp://h/' }, '/url');
	await wrong({ name: 'a', url: 'http://user:pw@h/' }, '/url');
	await wrong({ name: 'a', url: 'http://h/', headers: [{ name: 'Host', value: 'x' }, { name: 'a b', value: '' }, { name: 'X', value: 'a\nb' }] }, '/headers/0/name', '/headers/1/name', '/headers/2/value');
	await wrong({ name: 'a', command: ['x'], env: [{ name: 'A=B', value: '' }, { value: '' }] }, '/env/1/name');
	await wrong({ name: 'a', command: ['x'], env: [{ name: 'A', value: '' }, { name: 'A', value: '' }] }, '/env/1/name');
	await wrong({ name: 'a', command: ['x'], cwd: 'relative' }, '/cwd');
	await wrong({ name: 'a', command: ['x'], per: 'person', wat: 1, limits: { calls_max: 0, no: 1 } }, '/wat', '/per', '/limits/calls_max', '/limits/no');
	await wrong({ name: 'a', transport: 'http', command: ['x'] }, '/transport');
	for (const name of ['', '-a', 'a__b', 'a b', 'x'.repeat(65), 'gatehouse'])
		await wrong({ name, command: ['x'] }, '/name');
	(await api.post('/servers', '{"name":')).is(400);
	(await api.post('/servers', '[]')).is(422);
	(await api.get('/servers?nope=1')).is(400);
	(await api.get('/servers?limit=201')).is(400);
	(await api.get('/servers?sort=wat')).is(400);
	(await api.get('/servers?state=wat')).is(400);
	(await api.get('/servers?cursor=wat')).is(400);
	assert.equal((await api.get('/servers')).json.total, 0, 'nothing of it was kept');
});

test('on each limit it is taken, and one past it is not', { skip }, async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	const off = { is_enabled: false };
	(await api.post('/servers', { name: 'x'.repeat(64), command: ['x'], ...off })).is(201);
	const args = (n) => ['x', ...Array(n - 1).fill('y')];
	(await api.post('/servers', { name: 'args', command: args(256), ...off })).is(201);
	assert.deepEqual(pointers((await api.post('/servers', { name: 'more', command: args(257), ...off })).is(422)), ['/command']);
	(await api.post('/servers', { name: 'long', command: ['x', 'y'.repeat(8192)], ...off })).is(201);
	assert.deepEqual(pointers((await api.post('/servers', { name: 'longer', command: ['x', 'y'.repeat(8193)], ...off })).is(422)), ['/command/1']);
	const env = (n) => Array.from({ length: n }, (_, i) => ({ name: `N${i}`, value: 'v' }));
	(await api.post('/servers', { name: 'env', command: ['x'], env: env(256), ...off })).is(201);
	assert.deepEqual(pointers((await api.post('/servers', { name: 'envs', command: ['x'], env: env(257), ...off })).is(422)), ['/env']);
	const headers = (n) => Array.from({ length: n }, (_, i) => ({ name: `X-${i}`, value: 'v' }));
	(await api.post('/servers', { name: 'heads', url: 'http://h/', headers: headers(32), ...off })).is(201);
	assert.deepEqual(pointers((await api.post('/servers', { name: 'headers', url: 'http://h/', headers: headers(33), ...off })).is(422)), ['/headers']);
	for (const [name, min, max] of [['call_timeout_ms', 1, 86400000], ['start_timeout_ms', 1, 3600000], ['child_idle_ms', 1, 604800000],
		['children_max', 1, 10000], ['calls_max', 1, 1000000], ['message_bytes_max', 1024, 16777216]]) {
		for (const value of [min, max])
			(await api.put('/servers/limited', { command: ['x'], limits: { [name]: value }, ...off }, ifMatchOf(await api.get('/servers/limited')))).is(value === min && name === 'call_timeout_ms' ? 201 : 200);
		for (const value of [min - 1, max + 1, 1.5, '1'])
			assert.deepEqual(pointers((await api.put('/servers/limited', { command: ['x'], limits: { [name]: value }, ...off }, ifMatch('*'))).is(422)), [`/limits/${name}`]);
	}
});

function ifMatchOf(answer) {
	return answer.status === 200 ? ifMatch(answer.headers.etag) : {};
}

test('servers of the file, and the own one of the gate, are not changed here', { skip }, async (t) => {
	const gate = await startGate(t, { config: `servers:\n  filed:\n    command: [/bin/false]\n    enabled: false\n`, policies: { p: OPEN } });
	const api = local(gate);
	const one = (await api.get('/servers/filed')).is(200);
	assert.equal(one.json.is_from_file, true);
	for (const call of [api.put('/servers/filed', { command: ['x'] }, ifMatch('*')), api.del('/servers/filed', undefined, ifMatch('*')),
		api.post('/servers/filed/enable'), api.post('/servers/filed/disable')])
		(await call).is(409, /configuration file/);
	(await api.post('/servers', { name: 'filed', command: ['x'] })).is(409);
	await gate.grant('own', { gatehouse: 'p' });
	const own = (await api.get('/servers/gatehouse')).is(200);
	assert.equal(own.json.transport, 'builtin');
	(await api.put('/servers/gatehouse', { command: ['x'] }, ifMatch('*'))).is(409, /own/);
});

test('it is enabled, disabled and asked again', { skip }, async (t) => {
	const gate = await startGate(t, { servers: { files: commandOfFilesystem(testDir(t)), gone: ['/no/such/program'] }, policies: { p: OPEN }, rights: { files: 'p' }, expectErrors: [/gone/] });
	const api = local(gate);
	const up = await api.good('POST', '/servers/files/check');
	assert.ok(up.state === 'up' && up.tools > 5 && !up.error);
	const down = await api.good('POST', '/servers/gone/check');
	assert.ok(down.state === 'down' && down.error && down.tools === 0);
	assert.equal((await api.get('/servers/gone')).json.state, 'down');
	(await api.post('/servers/none/check')).is(404);
	assert.equal((await api.good('POST', '/servers/files/disable')).state, 'disabled');
	(await api.post('/servers/files/check')).is(409, /disabled/);
	await assert.rejects(connectHttp(t, gate.url('files'), gate.token), 'nobody is let in to it');
	assert.equal((await api.good('POST', '/servers/files/enable')).is_enabled, true);
	const client = await connectHttp(t, gate.url('files'), gate.token);
	assert.ok((await client.listTools()).tools.length > 5);
	assert.deepEqual((await api.good('GET', '/changes?object=server/files')).changes.map((c) => c.action).filter((a) => /able/.test(a)), ['server.enable', 'server.disable']);
});

test('a server is tried before it is added', { skip }, async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	const started = (await api.post('/servers/try', { command: commandOfEverything(testDir(t)) })).is(202);
	assert.equal(started.headers.location, `/api/v1/jobs/${started.json.job}`);
	const job = await jobOf(api, started.json.job);
	assert.deepEqual([job.state, job.result.ok, job.done], ['done', true, job.result.tools.length]);
	assert.ok(job.result.tools.length > 5 && job.result.server_info.name);
	const order = ['critical', 'high', 'medium', 'low'];
	const severities = job.result.tools.map((x) => order.indexOf(x.profile.severity));
	assert.deepEqual(severities, [...severities].sort((a, b) => a - b), 'the most dangerous first');
	assert.ok(job.result.tools.every((x) => x.profile.rationale));
	assert.equal((await api.get('/servers')).json.total, 0, 'nothing is kept');
	const bad = await jobOf(api, (await api.post('/servers/try', { name: 'x', command: ['/no/such/program'], env: [{ name: 'KEY', value: 's3cret' }] })).is(202).json.job);
	assert.deepEqual([bad.state, bad.result.ok, bad.result.tools], ['done', false, []]);
	assert.ok(bad.result.error && !JSON.stringify(bad).includes('s3cret'));
	assert.deepEqual(pointers((await api.post('/servers/try', { url: 'nowhere' })).is(422)), ['/url']);
	assert.equal((await api.good('GET', '/changes?what=server.try')).changes.length, 2, 'what was started is recorded');
});

test('many servers come in pages, sorted and filtered', { skip }, async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	for (let i = 0; i < 7; i++)
		(await api.post('/servers', { name: `s${i}`, command: ['/bin/false', `--n=${i}`], is_enabled: false })).is(201);
	const names = async (query) => (await api.get(`/servers?${query}`)).is(200).json.servers.map((s) => s.name);
	assert.deepEqual(await names('sort=-name&limit=2'), ['s6', 's5']);
	const all = [];
	for (let cursor = '', turns = 0; turns < 10; turns++) {
		const page = await api.good('GET', `/servers?limit=3${cursor && `&cursor=${cursor}`}`);
		assert.equal(page.total, 7);
		all.push(...page.servers.map((s) => s.name));
		cursor = page.next ?? '';
		if (!cursor)
			break;
	}
	assert.deepEqual(all, ['s0', 's1', 's2', 's3', 's4', 's5', 's6']);
	assert.deepEqual(await names('q=N%3D4'), ['s4']);
	assert.deepEqual(await names('state=up'), []);
	assert.equal((await names('state=disabled&sort=tools')).length, 7);
	assert.deepEqual(await names('held=true'), []);
	const page = await api.get('/servers');
	(await api.get('/servers', { headers: { 'if-none-match': page.headers.etag } })).is(304);
});

test('the same POST again gets the first answer', { skip }, async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	const body = { name: 'a', command: ['/bin/false'], is_enabled: false };
	const key = (k) => ({ headers: { 'idempotency-key': k } });
	const first = (await api.post('/servers', body, key('k1'))).is(201);
	const again = (await api.post('/servers', body, key('k1'))).is(201);
	assert.equal(again.headers['idempotency-replayed'], 'true');
	assert.deepEqual(again.json, first.json);
	(await api.post('/servers', { ...body, name: 'b' }, key('k1'))).is(422);
	(await api.post('/servers', body, key('k2'))).is(409, /already/);
	(await api.post('/servers', body, key('x'.repeat(129)))).is(400);
	assert.equal((await api.good('GET', '/changes?object=server/a')).changes.length, 1);
});

test('what is saved while the file has a mistake is said to be, and recorded', { skip }, async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	const good = readFileSync(gate.configFile, 'utf8');
	writeFileSync(gate.configFile, `${good}listne: x\n`);
	(await api.post('/servers', { name: 'a', command: ['/bin/false'], is_enabled: false })).is(409, /saved, and not in force.*listne/);
	assert.deepEqual((await api.good('GET', '/changes?object=server/a')).changes.map((c) => c.action), ['server.create']);
	(await api.post('/reload')).is(409);
	writeFileSync(gate.configFile, good);
	(await api.post('/reload')).is(200);
	(await api.get('/servers/a')).is(200);
});

test('of two changes to what was read once, one is refused', { skip }, async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	const body = (n) => ({ command: ['/bin/false'], is_enabled: false, limits: { calls_max: n } });
	let { etag } = (await api.put('/servers/a', body(1))).is(201).headers;
	for (let turn = 0; turn < 5; turn++) {
		const all = await Promise.all(Array.from({ length: 8 }, (_, i) => api.put('/servers/a', body(10 * turn + i + 2), ifMatch(etag))));
		assert.deepEqual(all.map((r) => r.status).sort(), [200, 412, 412, 412, 412, 412, 412, 412]);
		({ etag } = all.find((r) => r.status === 200).headers);
	}
});

test('a role for one server gives that server', { skip }, async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	for (const name of ['mine', 'other'])
		(await api.post('/servers', { name, url: `http://127.0.0.1:1/${name}?key=s3cret`, is_enabled: false })).is(201);
	const viewer = await person(gate, 'vera', 'viewer@mine');
	const manager = await person(gate, 'mia', 'admin@mine');
	const admin = await person(gate, 'ada', 'admin');
	(await nobody(gate).get('/servers')).is(401);
	const seen = await viewer.good('GET', '/servers');
	assert.deepEqual([seen.total, seen.servers[0].name], [1, 'mine']);
	assert.equal(seen.servers[0].url, 'http://127.0.0.1:1/mine?…', 'what may be a secret is for who manages it');
	assert.equal((await viewer.good('GET', '/servers?q=s3cret')).total, 0, 'nor can it be guessed by searching');
	(await viewer.get('/servers/other')).is(404);
	(await viewer.post('/servers/mine/check')).is(403);
	(await viewer.put('/servers/mine', { url: 'http://127.0.0.1:1/' }, ifMatch('*'))).is(403);
	assert.match((await manager.good('GET', '/servers/mine')).url, /s3cret/);
	const url = 'http://127.0.0.1:1/mine?key=s3cret';
	(await manager.put('/servers/mine', { url, is_enabled: false, limits: { calls_max: 2 } }, ifMatch('*'))).is(200);
	(await manager.put('/servers/mine', { url: `${url}x`, is_enabled: false }, ifMatch('*'))).is(403, /organisation/);
	(await manager.put('/servers/mine', { command: ['/bin/sh'], is_enabled: false }, ifMatch('*'))).is(403, /organisation/);
	(await manager.put('/servers/other', { url: 'http://127.0.0.1:1/x' }, ifMatch('*'))).is(404);
	(await manager.del('/servers/other', undefined, ifMatch('*'))).is(404);
	(await manager.post('/servers', { name: 'new', url: 'http://127.0.0.1:1/' })).is(403, /organisation/);
	(await manager.put('/servers/new', { url: 'http://127.0.0.1:1/' })).is(404);
	(await manager.post('/servers/try', { url: 'http://127.0.0.1:1/' })).is(403);
	(await admin.put('/servers/new', { url: 'http://127.0.0.1:1/', is_enabled: false }, { headers: { 'if-none-match': '*' } })).is(201);
	(await admin.put('/servers/new', { url: 'http://127.0.0.1:1/', is_enabled: false }, { headers: { 'if-none-match': '*' } })).is(412);
	const { changes } = await admin.good('GET', '/changes?object=server/mine');
	assert.equal(changes[0].who.name, 'mia');
	assert.ok(!JSON.stringify(changes).includes('s3cret'), 'nor is it in the record of changes');
});
