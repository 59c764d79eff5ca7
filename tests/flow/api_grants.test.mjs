// Grants over the API: a token is shown once, what is changed counts from the next call on. Every answer is judged by
// docs/openapi.yaml (lib/api.mjs).
import assert from 'node:assert/strict';
import test from 'node:test';
import { local, person } from './lib/api.mjs';
import { connectHttp, textOf } from './lib/client.mjs';
import { startGate, testDir } from './lib/gate.mjs';
import { missing } from './lib/openapi.mjs';
import { commandOfEverything } from './lib/servers.mjs';
import { until } from './lib/wait.mjs';

const skip = missing;
const OPEN = { version: '1', default: 'allow' };
const SHUT = { version: '1', default: 'deny' };
const ifMatch = (etag) => ({ headers: { 'if-match': etag } });
const pointers = (answer) => answer.json.errors.map((e) => e.pointer);
const IN_A_YEAR = new Date(Date.now() + 365 * 86400e3).toISOString();

async function withTwo(t) {
	const gate = await startGate(t, { policies: { open: OPEN, shut: SHUT } });
	const api = local(gate);
	(await api.post('/servers', { name: 'everything', command: commandOfEverything(testDir(t)) })).is(201);
	(await api.post('/servers', { name: 'other', command: ['/bin/false'], is_enabled: false })).is(201);
	return { gate, api };
}

async function echo(t, gate, token) {
	const client = await connectHttp(t, gate.url('everything'), token);
	const r = await client.callTool({ name: 'echo', arguments: { message: 'hi' } });
	await client.close();
	return r.isError ? `refused: ${textOf(r)}` : textOf(r);
}

test('a grant is minted, used, changed, rotated and revoked', { skip }, async (t) => {
	const { gate, api } = await withTwo(t);
	assert.deepEqual((await api.get('/grants')).is(200).json, { grants: [], total: 0 });
	const made = (await api.post('/grants', { label: 'agent', subject: 'alice', tags: ['ci', 'night'], expires_at: IN_A_YEAR, bindings: [{ server: 'everything', policy: 'open' }] })).is(201);
	const { grant, token } = made.json;
	assert.equal(made.headers.location, `/api/v1/grants/${grant.id}`);
	assert.deepEqual([grant.label, grant.subject, grant.tags, grant.bindings, grant.state, Date.parse(grant.expires_at)],
		['agent', 'alice', ['ci', 'night'], [{ server: 'everything', policy: 'open' }], 'valid', Date.parse(IN_A_YEAR)]);
	assert.match(await echo(t, gate, token), /hi/);
	const read = (await api.get(`/grants/${grant.id}`)).is(200);
	assert.equal(read.headers.etag, made.headers.etag);
	(await api.get('/grants/agent')).is(404, /no grant/);
	await until('when it was used is told, to the hour', async () => {
		const at = Date.parse((await api.get('/grants')).is(200).json.grants[0].last_used_at);
		return at <= Date.now() && at > Date.now() - 3700e3;
	});
	assert.ok((await api.get(`/grants/${grant.id}`)).is(200).json.last_used_at);

	(await api.patch(`/grants/${grant.id}`, { label: 'new' })).is(428);
	const changed = (await api.patch(`/grants/${grant.id}`, { label: 'new', tags: [], expires_at: null, bindings: [{ server: 'everything', policy: 'shut' }, { server: 'other' }] }, ifMatch(read.headers.etag))).is(200);
	assert.deepEqual([changed.json.label, changed.json.tags, changed.json.expires_at, changed.json.subject], ['new', [], undefined, 'alice']);
	assert.deepEqual(changed.json.bindings, [{ server: 'everything', policy: 'shut' }, { server: 'other', policy: null }]);
	assert.match(await echo(t, gate, token).catch((e) => `refused: ${e.message}`), /refused/);
	const stale = (await api.patch(`/grants/${grant.id}`, { subject: 'bob' }, ifMatch(read.headers.etag))).is(412);
	assert.deepEqual(stale.json.difference, [{ pointer: '/subject', from: 'alice', to: 'bob' }]);

	const path = `/grants/${grant.id}/bindings`;
	(await api.put(`${path}/everything`, { policy: 'open' })).is(428);
	(await api.put(`${path}/everything`, { policy: 'opan' }, ifMatch('*'))).is(422, /did you mean 'open'/);
	const bound = (await api.put(`${path}/everything`, { policy: 'open' }, ifMatch(changed.headers.etag))).is(200);
	assert.match(await echo(t, gate, token), /hi/);
	(await api.del(`${path}/other`, undefined, ifMatch(changed.headers.etag))).is(412);
	assert.equal((await api.del(`${path}/other`, undefined, ifMatch(bound.headers.etag))).is(200).json.bindings.length, 1);
	(await api.del(`${path}/other`, undefined, ifMatch('*'))).is(404);
	(await api.put(`${path}/nowhere`, { policy: null }, ifMatch('*'))).is(404);

	const turned = (await api.post(`/grants/${grant.id}/rotate`)).is(200);
	assert.notEqual(turned.json.token, token);
	assert.equal(turned.json.grant.id, grant.id);
	await assert.rejects(connectHttp(t, gate.url('everything'), token), 'the old token is not known any more');
	assert.match(await echo(t, gate, turned.json.token), /hi/);

	(await api.del(`/grants/${grant.id}`)).is(428);
	(await api.del(`/grants/${grant.id}`, undefined, ifMatch('*'))).is(204);
	await assert.rejects(connectHttp(t, gate.url('everything'), turned.json.token));
	assert.equal((await api.get(`/grants/${grant.id}`)).is(200).json.state, 'revoked');
	for (const call of [api.del(`/grants/${grant.id}`, undefined, ifMatch('*')), api.post(`/grants/${grant.id}/rotate`), api.patch(`/grants/${grant.id}`, { label: 'x' }, ifMatch('*'))])
		(await call).is(409, /revoked/);
	const { changes } = await api.good('GET', '/changes?what=grant.');
	assert.deepEqual(changes.map((c) => c.action), ['grant.revoke', 'grant.rotate', 'grant.unbind', 'grant.bind', 'grant.update', 'grant.create']);
	assert.ok(!/gh_[A-Za-z0-9_-]{20}/.test(JSON.stringify(changes)), 'no token is recorded');
});

test('the command line rotates, too', { skip }, async (t) => {
	const { gate, api } = await withTwo(t);
	const { grant, token } = (await api.post('/grants', { label: 'agent', bindings: [{ server: 'everything', policy: 'open' }] })).is(201).json;
	const turned = await gate.json(['grant', 'rotate', 'agent']);
	assert.deepEqual([turned.id, turned.in_force], [grant.id, true]);
	await assert.rejects(connectHttp(t, gate.url('everything'), token));
	assert.match(await echo(t, gate, turned.token), /hi/);
	assert.deepEqual((await api.good('GET', '/changes?what=grant.rotate')).changes.map((c) => [c.object.id, c.who.kind]), [[grant.id, 'local']]);
	assert.equal((await gate.command(['grant', 'rotate', 'nobody'])).code, 2);
});

test('each mistake is told with its field, and each limit stands', { skip }, async (t) => {
	const { api } = await withTwo(t);
	const wrong = async (body, ...expected) => assert.deepEqual(pointers((await api.post('/grants', body)).is(422)), expected, JSON.stringify(body).slice(0, 200));
	await wrong({}, '/label');
	await wrong({ label: '' }, '/label');
	await wrong({ label: 'a\nb' }, '/label');
	await wrong({ label: 'a', wat: 1, tags: 'x', subject: 5 }, '/wat', '/subject', '/tags');
	await wrong({ label: 'a', expires_at: '2001-01-01T00:00:00Z' }, '/expires_at');
	await wrong({ label: 'a', expires_at: 'tomorrow' }, '/expires_at');
	await wrong({ label: 'a', bindings: [{ server: 'everythin' }, { server: 'other', policy: 'nope' }, { policy: null }, 5] }, '/bindings/0/server', '/bindings/1/policy', '/bindings/2/server', '/bindings/3');
	await wrong({ label: 'a', bindings: [{ server: 'other' }, { server: 'other' }] }, '/bindings/1/server');
	(await api.post('/grants', { label: 'x'.repeat(64), subject: 's'.repeat(256), tags: Array(64).fill('t'.repeat(64)) })).is(201);
	await wrong({ label: 'x'.repeat(65) }, '/label');
	await wrong({ label: 'a', subject: 's'.repeat(257) }, '/subject');
	await wrong({ label: 'a', tags: Array(65).fill('t') }, '/tags');
	await wrong({ label: 'a', tags: ['t'.repeat(65), ''] }, '/tags/0', '/tags/1');
	await wrong({ label: 'a', bindings: Array.from({ length: 1001 }, (_, i) => ({ server: `s${i}` })) }, '/bindings');
	assert.deepEqual(pointers((await api.post('/grants', { label: 'x'.repeat(64) })).is(409)), ['/label']);
	(await api.get('/grants?state=wat')).is(400);
	(await api.get('/grants?sort=wat')).is(400);
});

test('they are listed by what is asked for', { skip }, async (t) => {
	const { api } = await withTwo(t);
	const make = async (label, more) => (await api.post('/grants', { label, ...more })).is(201).json.grant;
	await make('one', { subject: 'zoe', bindings: [{ server: 'everything', policy: 'open' }] });
	const two = await make('two', { tags: ['nightly'], bindings: [{ server: 'other' }] });
	await make('three', { subject: 'amy', expires_at: IN_A_YEAR, bindings: [{ server: 'everything', policy: 'shut' }, { server: 'other', policy: 'open' }] });
	await api.del(`/grants/${two.id}`, undefined, ifMatch('*'));
	const labels = async (query) => (await api.get(`/grants?${query}`)).is(200).json.grants.map((g) => g.label);
	assert.deepEqual(await labels(''), ['three', 'two', 'one'], 'the newest first');
	assert.deepEqual(await labels('sort=label'), ['one', 'three', 'two']);
	assert.deepEqual(await labels('sort=expires_at&limit=1'), ['three']);
	assert.deepEqual(await labels('q=NIGHT'), ['two']);
	assert.deepEqual(await labels('q=zoe'), ['one']);
	assert.deepEqual(await labels('state=revoked'), ['two']);
	assert.deepEqual(await labels('server=other&state=valid'), ['three']);
	assert.deepEqual(await labels('policy=open'), ['three', 'one']);
	assert.deepEqual(await labels('server=everything&policy=open'), ['one'], 'both of the same binding');
	const page = await api.good('GET', '/grants?limit=2');
	assert.equal(page.total, 3);
	assert.deepEqual(await labels(`limit=2&cursor=${page.next}`), ['one']);
});

test('what is pasted into a client is right for it', { skip }, async (t) => {
	const { gate, api } = await withTwo(t);
	const { grant, token } = (await api.post('/grants', { label: 'a', bindings: [{ server: 'everything', policy: 'open' }, { server: 'other' }] })).is(201).json;
	const { snippets } = await api.good('GET', `/grants/${grant.id}/snippets`);
	const of = Object.fromEntries(snippets.map((s) => [s.client, s]));
	assert.deepEqual(Object.keys(of), ['claude-code', 'claude-desktop', 'cursor', 'vscode', 'codex', 'windsurf', 'gemini', 'zed', 'python', 'typescript', 'curl']);
	assert.ok(snippets.every((s) => s.text.includes('$TOKEN') && !s.text.includes(token)), 'the token belongs to who has it');
	for (const [client, key, url] of [['cursor', 'mcpServers', 'url'], ['vscode', 'servers', 'url'], ['windsurf', 'mcpServers', 'serverUrl'], ['gemini', 'mcpServers', 'httpUrl'], ['zed', 'context_servers', 'url']]) {
		const servers = JSON.parse(of[client].text)[key];
		assert.deepEqual([Object.keys(servers), servers.everything[url], servers.everything.headers.Authorization], [['everything', 'other'], gate.url('everything'), 'Bearer $TOKEN'], client);
	}
	assert.equal(JSON.parse(of['claude-desktop'].text).mcpServers.other.env.GATEHOUSE_TOKEN, 'Bearer $TOKEN');
	const one = (await api.good('GET', `/grants/${grant.id}/snippets?server=everything`)).snippets;
	assert.ok(one.find((s) => s.client === 'curl').text.includes(`curl ${gate.url('everything')} `));
	(await api.get(`/grants/${grant.id}/snippets?server=nowhere`)).is(400);
	const bare = (await api.post('/grants', { label: 'bare' })).is(201).json.grant;
	(await api.get(`/grants/${bare.id}/snippets`)).is(409);
});

test('one who manages one server does not change what others let in', { skip }, async (t) => {
	const { gate, api } = await withTwo(t);
	const both = (await api.post('/grants', { label: 'both', bindings: [{ server: 'everything', policy: 'open' }, { server: 'other' }] })).is(201).json.grant;
	const bare = (await api.post('/grants', { label: 'bare' })).is(201).json.grant;
	const viewer = await person(gate, 'vera', 'viewer@other');
	const policies = await person(gate, 'pia', 'policy_manager@other');
	const manager = await person(gate, 'mia', 'admin@other');
	const seen = await viewer.good('GET', '/grants');
	assert.deepEqual(seen.grants.map((g) => [g.label, g.bindings]), [['both', [{ server: 'other', policy: null }]]], 'what one does not see is not told');
	assert.equal((await viewer.good('GET', '/grants?server=everything')).total, 0);
	(await viewer.get(`/grants/${bare.id}`)).is(404);
	(await viewer.put(`/grants/${both.id}/bindings/other`, { policy: 'open' }, ifMatch('*'))).is(403);
	const read = (await policies.get(`/grants/${both.id}`)).is(200);
	const bound = (await policies.put(`/grants/${both.id}/bindings/other`, { policy: 'shut' }, ifMatch(read.headers.etag))).is(200);
	assert.deepEqual(bound.json.bindings, [{ server: 'other', policy: 'shut' }]);
	const stale = (await policies.put(`/grants/${both.id}/bindings/other`, { policy: null }, ifMatch(read.headers.etag))).is(412);
	assert.ok(!JSON.stringify(stale.json).includes('everything'));
	(await policies.put(`/grants/${both.id}/bindings/other`, { policy: 'open' }, ifMatch('*'))).is(422, /no policy/);
	(await policies.put(`/grants/${both.id}/bindings/everything`, { policy: 'shut' }, ifMatch('*'))).is(404);
	(await policies.del(`/grants/${both.id}/bindings/other`, undefined, ifMatch('*'))).is(403);
	(await policies.post('/grants', { label: 'x', bindings: [{ server: 'other' }] })).is(403);
	(await manager.patch(`/grants/${both.id}`, { label: 'mine' }, ifMatch('*'))).is(403);
	(await manager.post(`/grants/${both.id}/rotate`)).is(403);
	(await manager.del(`/grants/${both.id}`, undefined, ifMatch('*'))).is(403);
	(await manager.post('/grants', { label: 'x', bindings: [{ server: 'everything' }] })).is(422, /no server/);
	(await manager.post('/grants', { label: 'x' })).is(403);
	const mine = (await manager.post('/grants', { label: 'mine', bindings: [{ server: 'other', policy: 'shut' }] })).is(201).json.grant;
	(await manager.patch(`/grants/${mine.id}`, { bindings: [{ server: 'everything' }] }, ifMatch('*'))).is(422, /no server/);
	(await manager.del(`/grants/${mine.id}`, undefined, ifMatch('*'))).is(204);
	assert.equal((await api.get(`/grants/${both.id}`)).json.bindings.length, 2, 'nothing was lost');
});
