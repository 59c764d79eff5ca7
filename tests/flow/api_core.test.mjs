// What every call of the API has in common: paths, bodies, queries, tags, keys, jobs, limits, and clients that leave.
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';
import { Caller, local, nobody, person } from './lib/api.mjs';
import { atEnd } from './lib/ending.mjs';
import { startGate } from './lib/gate.mjs';
import { until } from './lib/wait.mjs';

// The limits of src/base/limits_admin.h that these tests stand on.
const API_BODY = 4 << 20, API_CALLS = 256, API_PAGE = 200, JOBS = 32, KEYS = 1000;
const NOTHING = '01900000-0000-7000-8000-000000000000';
const POLICY = { version: '1', default: 'deny' };

// A server that takes connections and says nothing until it is told to; then it breaks them.
async function startSilent(t) {
	const sockets = new Set();
	const server = net.createServer((s) => {
		s.on('error', () => {});
		s.on('close', () => sockets.delete(s));
		if (server.isBroken)
			s.destroy();
		else
			sockets.add(s);
	});
	await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
	const silent = { url: `http://127.0.0.1:${server.address().port}/mcp`, sockets, letGo: () => { server.isBroken = true; sockets.forEach((s) => s.destroy()); } };
	atEnd(t, () => { silent.letGo(); server.close(); });
	return silent;
}

async function withSilent(t, more) {
	const gate = await startGate(t, more), silent = await startSilent(t);
	const api = local(gate);
	await api.good('POST', '/servers', { name: 'silent', url: silent.url });
	return { gate, api, silent };
}

const errorsOf = (r) => r.json.errors.map((e) => [e.pointer ?? e.parameter ?? e.header, e.detail]);

test('paths: the exact one first, nothing, and other methods', async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	(await api.good('POST', '/servers', { name: 'try', url: 'http://127.0.0.1:9/mcp', is_enabled: false }));
	(await api.get('/servers/try', { isJudged: false })).is(405, /POST/);
	assert.equal((await api.get('/policies/schema')).is(200).json.title !== undefined, true, 'a word of the table is no name');
	const raw = { isJudged: false };
	for (const target of ['', '/', '/nothing', '/servers/', '/servers/a/b', '/servers//check', '/policies/a/versions/1/2', '/Servers', '/servers/%zz/check/'])
		(await api.get(target, raw)).is(404);
	(await api.get('/servers/%zz', raw)).is(400, /encoded/);
	(await api.get('/servers/%00', raw)).is(400, /encoded/);
	(await api.get('/servers/a%2Fb', raw)).is(404);
	const allowed = async (method, target) => (await api.call(method, target, undefined, raw)).is(405).headers.allow.split(', ').sort();
	assert.deepEqual(await allowed('PATCH', '/servers/x'), ['DELETE', 'GET', 'PUT']);
	assert.deepEqual(await allowed('PUT', '/servers'), ['GET', 'POST']);
	assert.deepEqual(await allowed('DELETE', '/policies/schema'), ['GET']);
	assert.equal((await api.get('/servers')).headers['cache-control'], 'private, no-cache');
	assert.equal((await nobody(gate).get('/servers')).is(401).headers['cache-control'], 'no-store');
});

test('bodies: their type, their size, their form', async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	const raw = { isJudged: false };
	const type = (value) => ({ ...raw, headers: { 'content-type': value } });
	(await api.post('/policies/import', '{}', type('text/plain'))).is(415, /application\/json/);
	(await api.post('/policies/import', '{}', type('application/jsonx'))).is(415);
	(await api.post('/policies/import', '{}', type(undefined))).is(415);
	(await api.post('/policies/import', '{}', type('APPLICATION/json ; charset=utf-8'))).is(422);
	(await api.post('/policies/import', undefined, raw)).is(400, /body is needed/);
	for (const text of ['{', '{"a":1,"a":2}', '{"a":\u0001}', '{} {}', 'nul', '\ufeff{}', '['.repeat(65) + ']'.repeat(65)])
		assert.ok([400, 413].includes((await api.post('/policies/import', text, raw)).status), text);
	for (const text of ['[]', 'null', '1', '"x"', 'true'])
		assert.equal((await api.post('/policies/import', text, raw)).is(422).json.errors[0].pointer, '');
	const filled = (n) => `{"text":"${'x'.repeat(n - 11)}"}`;
	assert.equal(filled(100).length, 100);
	(await api.post('/policies/import', filled(API_BODY), raw)).is(422);
	(await api.post('/policies/import', filled(API_BODY + 1), raw)).is(413, /4 MiB/);
	const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`x${i}`, 1]));
	const wrong = (await api.post('/users', { name: 'x', ...many })).is(422);
	assert.equal(wrong.json.errors.length, 32, 'enough is told');
	assert.equal((await api.post('/users', { name: 'x', 'a/b~c': 1 })).is(422).json.errors[0].pointer, '/a~1b~0c');
});

test('queries: known names, once, encoded, and pages', async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	const raw = { isJudged: false };
	assert.deepEqual(errorsOf((await api.get('/servers?colour=red&limit=5&shape=1', raw)).is(400)).map((e) => e[0]), ['colour', 'shape']);
	assert.match(errorsOf((await api.get('/servers?limit=5&limit=5', raw)).is(400))[0][1], /twice/);
	assert.match(errorsOf((await api.get('/servers?limit=1&q=&limit=', raw)).is(400))[0][1], /twice/);
	assert.match(errorsOf((await api.get('/servers?q=%zz', raw)).is(400))[0][1], /encoded/);
	assert.match(errorsOf((await api.get('/servers?q', raw)).is(400))[0][1], /encoded/);
	(await api.get('/servers?q=%00', raw)).is(400);
	(await api.get('/servers?&&q=a+b%26c&', raw)).is(200);
	for (const bad of ['0', String(API_PAGE + 1), '-1', '1.5', 'x', '99999999999999999999'])
		assert.equal(errorsOf((await api.get(`/servers?limit=${bad}`, raw)).is(400))[0][0], 'limit');
	(await api.get(`/servers?limit=${API_PAGE}`)).is(200);
	for (const list of ['servers', 'grants', 'users', 'tokens', 'changes', 'records', 'limits'])
		for (const bad of ['!!', 'AAAA', '-1', 'x'.repeat(2000)]) {
			const r = await api.get(`/${list}?cursor=${bad}`, raw);
			assert.equal(r.status, 400, `${r.what}: ${r.status} ${r.text.slice(0, 200)}`);
		}
	(await api.get('/jobs/x?limit=1', raw)).is(400);
});

test('tags: what one has, what is stale, and what is not there', async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	const at = '/policies/p', header = (name, value) => ({ headers: { [name]: value } });
	const match = (value) => header('if-match', value);
	(await api.put(at, { document: POLICY }, match('*'))).is(412, /not there/);
	const made = (await api.put(at, { document: POLICY }, header('if-none-match', '*'))).is(201);
	const { etag } = (await api.get(at)).is(200).headers;
	assert.match(etag, /^"[0-9a-f]{32}"$/);
	assert.equal(made.headers.etag, etag);
	for (const value of [etag, `W/${etag}`, `"x", ${etag}`, `"x",${etag},"y"`, '*']) {
		const r = (await api.get(at, header('if-none-match', value))).is(304);
		assert.deepEqual([r.text, r.headers.etag, r.headers['content-type']], ['', etag, undefined]);
	}
	for (const value of ['"x"', etag.slice(1, -1), 'W/"x"', ''])
		(await api.get(at, header('if-none-match', value))).is(200);
	const list = (await api.get('/policies')).is(200).headers.etag;
	(await api.get('/policies', header('if-none-match', list))).is(304);
	const next = { version: '1', default: 'allow' };
	const bare = (await api.put(at, { document: next })).is(428);
	assert.equal(bare.json.errors[0].header, 'If-Match');
	(await api.put(at, { document: next }, header('if-none-match', '*'))).is(412);
	for (const value of ['"x"', `W/${etag}`, etag.slice(1, -1), '']) {
		const r = (await api.put(at, { document: next }, match(value))).is(412);
		assert.equal(r.json.current_etag, etag);
		assert.deepEqual(r.json.current.document, POLICY);
		assert.ok(r.json.difference.some((d) => d.pointer === '/document/default' && d.from === 'deny' && d.to === 'allow'), r.text);
	}
	const changed = (await api.put(at, { document: next }, match(`"x", ${etag}`))).is(200);
	assert.notEqual(changed.headers.etag, etag);
	(await api.get('/policies', header('if-none-match', list))).is(200);
	(await api.del(at, undefined, match(etag))).is(412);
	(await api.del(at, undefined, match('*'))).is(204);
	(await api.del(at, undefined, match('*'))).is(404);
});

test('keys: the first answer again, for the same wish of the same person', async (t) => {
	const gate = await startGate(t);
	const root = await person(gate, 'root', 'admin'), other = await person(gate, 'other', 'admin');
	const api = local(gate);
	const key = (value) => ({ headers: { 'idempotency-key': value } });
	const raw = (value) => ({ ...key(value), isJudged: false });
	const first = (await root.post('/users', { name: 'ann' }, key('k'))).is(201);
	assert.equal(first.headers['idempotency-replayed'], undefined);
	const again = (await root.post('/users', { name: 'ann' }, key('k'))).is(201);
	assert.deepEqual([again.text, again.headers.location, again.headers['idempotency-replayed']], [first.text, first.headers.location, 'true']);
	(await root.post('/users', { name: 'ben' }, key('k'))).is(422, /another request/);
	(await other.post('/users', { name: 'ann' }, key('k'))).is(409);
	(await root.post('/users', { name: 'ann' }, key('K'))).is(409);
	(await root.post('/tokens', { name: 'ann' }, key('k'))).is(201);
	(await root.post('/users', { name: 'no name' }, key('f'))).is(422, /name/);
	(await root.post('/users', { name: 'cat' }, key('f'))).is(201);
	(await root.post('/users', { name: 'd1' }, key('x'.repeat(128)))).is(201);
	for (const bad of ['x'.repeat(129), '', 'ä'])
		assert.equal((await root.post('/users', { name: 'd2' }, raw(bad))).is(400).json.errors[0].header, 'Idempotency-Key');
	const made = await root.good('POST', '/tokens', { name: 'bot' });
	const bot = new Caller(gate, { token: made.secret });
	(await bot.post('/users', { name: 'ann' }, key('k'))).is(409);
	const changes = (await api.get('/changes?what=user.create')).json.changes.filter((c) => c.object?.id === first.json.user.id);
	assert.ok(changes.length <= 1, 'it is recorded once');
	(await root.post('/users', { name: 'ann' }, { headers: { ...key('k').headers, 'x-csrf-token': 'x' } })).is(403);
});

test(`the oldest of ${KEYS} keys is forgotten`, async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	const once = async (i) => {
		const r = (await api.post('/policies/check', { document: POLICY }, { headers: { 'idempotency-key': `k${i}` }, isJudged: false })).is(200);
		return r.headers['idempotency-replayed'] === 'true';
	};
	assert.equal(await once(0), false);
	for (let i = 1; i < KEYS; i += 50)
		await Promise.all(Array.from({ length: Math.min(50, KEYS - i) }, (_, k) => once(i + k)));
	assert.equal(await once(0), true);
	assert.equal(await once(KEYS), false);
	assert.equal(await once(KEYS), true);
	assert.equal(await once(0), false);
});

test('cross-site: a cookie wants the token of its session, a bearer wants none', async (t) => {
	const gate = await startGate(t);
	const root = await person(gate, 'root', 'admin');
	const bare = new Caller(gate, { cookie: root.cookie });
	(await bare.get('/users')).is(200);
	for (const csrf of [undefined, '', 'x', `${root.csrf}x`, root.csrf.slice(1)])
		(await bare.post('/users', { name: 'x' }, { headers: { 'x-csrf-token': csrf } })).is(403, /csrf/);
	(await bare.del(`/users/${NOTHING}`, undefined, { headers: { 'if-match': '*' } })).is(403);
	(await root.post('/users', { name: 'x' })).is(201);
	const bot = new Caller(gate, { token: (await root.good('POST', '/tokens', { name: 'bot' })).secret });
	(await bot.post('/users', { name: 'y' })).is(201);
	(await bot.post('/users', { name: 'z' }, { headers: { cookie: `__Host-gatehouse=${root.cookie}` } })).is(201);
	const cookies = (value) => nobody(gate).get('/users', { headers: { cookie: value } });
	(await cookies(`a=b; __Host-gatehouse=${root.cookie}; c=d`)).is(200);
	for (const value of [`__Host-gatehouse =${root.cookie}`, `x__Host-gatehouse=${root.cookie}`, `__host-gatehouse=${root.cookie}`, '__Host-gatehouse=', ';;=;', `a="; __Host-gatehouse"=${root.cookie}`])
		(await cookies(value)).is(401);
});

test('jobs: so many, only one\'s own, cancelled, and made room for', async (t) => {
	const { gate, api, silent } = await withSilent(t);
	const ann = await person(gate, 'ann', 'admin');
	const start = (who) => who.post('/servers/try', { url: silent.url });
	const state = async (job, who = api) => (await who.get(`/jobs/${job}`)).is(200).json.state;
	const jobs = [];
	for (let i = 0; i < JOBS; i++) {
		const r = (await start(i ? api : ann)).is(202);
		assert.equal(r.headers.location, `/api/v1/jobs/${r.json.job}`);
		jobs.push(r.json.job);
	}
	const full = (await start(api)).is(429, /32 jobs/);
	assert.equal(full.headers['retry-after'], '10');
	(await api.get(`/jobs/${jobs[0]}`)).is(404);
	(await api.del(`/jobs/${jobs[0]}`)).is(404);
	assert.equal(await state(jobs[0], ann), 'running');
	for (const job of jobs.slice(1, -1))
		(await api.del(`/jobs/${job}`)).is(204);
	assert.equal(await state(jobs[1]), 'running', 'one that waits ends when it is its turn');
	(await ann.del(`/jobs/${jobs[0]}`)).is(204);
	await until('the one that runs ends, though its server says nothing', async () => await state(jobs[0], ann) === 'cancelled');
	silent.letGo();
	await until('the last job is over', async () => await state(jobs.at(-1)) === 'done');
	assert.equal(await state(jobs[1]), 'cancelled');
	assert.equal((await api.get(`/jobs/${jobs.at(-1)}`)).json.result.ok, false);
	(await api.del(`/jobs/${jobs[1]}`)).is(204);
	(await api.get(`/jobs/${jobs[1]}`)).is(404);
	for (let i = 0; i < JOBS + 1; i++)
		await until('there is room again', async () => (await start(api)).status === 202);
	(await ann.get(`/jobs/${jobs[0]}`)).is(404, /forgotten/);
});

// A call that is under way until the silent server is let go; answers the request and what will come.
function begin(gate, target, headers = {}) {
	const req = http.request({ socketPath: path.join(gate.data, 'admin.sock'), method: 'POST', path: `/api/v1${target}`, agent: false, headers });
	const answer = new Promise((resolve, reject) => {
		req.on('error', reject);
		req.on('response', (res) => {
			res.resume();
			res.on('end', () => resolve({ status: res.statusCode, headers: res.headers }));
		});
	});
	answer.catch(() => {});
	req.end();
	return { req, answer };
}

test('calls under way: so many, the same twice, and one whose client left', async (t) => {
	const { gate, api, silent } = await withSilent(t);
	const key = { 'idempotency-key': 'k' };
	const again = () => api.post('/servers/silent/check', undefined, { headers: key });
	const calls = [begin(gate, '/servers/silent/check', key)];
	await until('it is under way', async () => (await again()).status === 409);
	const left = begin(gate, '/servers/silent/check');
	while (calls.length < API_CALLS - 1)
		calls.push(begin(gate, '/servers/silent/check'));
	const busy = await until('all are under way', async () => {
		const r = await api.get('/jobs/x', { isJudged: false });
		return r.status === 503 ? r : null;
	});
	busy.is(503, /too many requests/);
	left.req.destroy();
	(await api.get('/jobs/x', { isJudged: false })).is(503);
	silent.letGo();
	for (const { answer } of calls)
		assert.equal((await answer).status, 200);
	assert.equal((await again()).is(200).headers['idempotency-replayed'], 'true');
	(await api.get('/status')).is(200);
});

test('the program stops while calls and jobs are under way', async (t) => {
	const { gate, api, silent } = await withSilent(t, { config: 'timeouts:\n  stop: 100ms\n' });
	const users = [];
	for (let i = 0; i < 4; i++)
		users.push((await api.good('POST', '/users', { name: `u${i}` })).invite_url.split('#token=')[1]);
	await api.good('POST', '/servers/try', { url: silent.url });
	await until('the job has asked', () => silent.sockets.size > 0);
	begin(gate, '/servers/silent/check');
	const slow = users.map((token) => nobody(gate).post('/setup', { token, password: 'correct horse battery' }).catch(() => null));
	for (let i = 0; i < 20; i++)
		slow.push(api.get('/policies').catch(() => null));
	await gate.stop();
	await Promise.all(slow);
});
