// People over HTTP: sessions, users, tokens, the record of changes, and what a foreign page can do.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Caller, PASSWORD, local, nobody, person, sessionOf } from './lib/api.mjs';
import { startGate } from './lib/gate.mjs';
import { HttpFace } from './lib/face.mjs';
import { startRecorder } from './lib/recorder.mjs';

test('an invitation, a session, and its end', async (t) => {
	const gate = await startGate(t);
	const before = (await nobody(gate).get('/session')).is(200).json;
	assert.deepEqual(before, { signed_in: false, needs_setup: true, oidc: null });
	const made = await local(gate).post('/users', { name: 'Alice', display_name: 'Alice A.', email: 'alice@example.com', roles: [{ role: 'admin' }] });
	made.is(201);
	assert.equal(made.headers.location, `/api/v1/users/${made.json.user.id}`);
	assert.equal(made.json.user.name, 'alice');
	assert.match(made.json.invite_url, /^http:\/\/127\.0\.0\.1:\d+\/setup#token=ghl_/);
	const token = made.json.invite_url.split('#token=')[1];
	(await nobody(gate).post('/setup', { token, password: 'short' })).is(422);
	(await nobody(gate).post('/setup', { token: `${token.slice(0, -1)}x`, password: PASSWORD })).is(422);
	const first = (await nobody(gate).post('/setup', { token, password: PASSWORD })).is(200);
	const line = first.headers['set-cookie'][0];
	assert.match(line, /^__Host-gatehouse=[\w-]+; Path=\/; Max-Age=\d+; Secure; HttpOnly; SameSite=Lax$/);
	assert.ok(!first.text.includes(first.cookie()), 'the cookie is in no body');
	(await nobody(gate).post('/setup', { token, password: PASSWORD })).is(422);
	const alice = sessionOf(gate, first);
	const session = (await alice.get('/session')).is(200).json;
	assert.deepEqual(session.user, { id: made.json.user.id, name: 'alice', display_name: 'Alice A.', kind: 'user' });
	assert.deepEqual(session.permissions, { organisation: ['see', 'audit', 'approve', 'policy', 'manage'], servers: {} });
	const wrong = (await nobody(gate).post('/session', { name: 'alice', password: 'nope nope nope' })).is(401);
	const unknown = (await nobody(gate).post('/session', { name: 'bob', password: 'nope nope nope' })).is(401);
	assert.equal(wrong.json.detail, unknown.json.detail, 'who there is cannot be found out');
	const again = (await nobody(gate).post('/session', { name: 'ALICE', password: PASSWORD })).is(200);
	assert.notEqual(again.cookie(), first.cookie());
	(await alice.del('/session')).is(204);
	(await alice.get('/users')).is(401);
	assert.equal((await alice.get('/session')).json.signed_in, false);
	(await sessionOf(gate, again).get('/users')).is(200);
});

test('too many wrong passwords cost a wait', async (t) => {
	const gate = await startGate(t);
	await person(gate, 'alice', 'viewer');
	let last;
	for (let i = 0; i < 7; i++)
		last = await nobody(gate).post('/session', { name: 'alice', password: `wrong password ${i}` });
	last.is(429);
	assert.ok(Number(last.headers['retry-after']) >= 1);
	(await nobody(gate).post('/session', { name: 'alice', password: PASSWORD })).is(429);
});

test('strangers who ask much leave room for others', async (t) => {
	const gate = await startGate(t);
	const ann = await person(gate, 'ann', 'admin');
	const large = (n) => nobody(gate).post('/session', JSON.stringify({ name: 'ann', password: 'x'.repeat(n) }));
	(await large(20000)).is(413);
	(await large(10000)).is(422);
	const many = Array.from({ length: 120 }, (_, i) => nobody(gate).post('/session', { name: `nobody-${i}`, password: 'a wrong password' }));
	(await ann.get('/users')).is(200);
	const seen = new Set((await Promise.all(many)).map((r) => r.status));
	assert.ok(seen.has(401) && seen.has(503) && [...seen].every((s) => [401, 429, 503].includes(s)), [...seen].join());
	(await ann.get('/users')).is(200);
});

test('users: list, find, change with a tag, disable, delete', async (t) => {
	const gate = await startGate(t);
	const admin = await person(gate, 'root', 'admin');
	for (const name of ['ann', 'ben', 'cat'])
		await person(gate, name, 'viewer');
	const page = (await admin.get('/users?limit=2')).is(200).json;
	assert.deepEqual([page.users.map((u) => u.name), page.total], [['ann', 'ben'], 4]);
	const rest = (await admin.get(`/users?limit=2&cursor=${page.next}`)).json;
	assert.deepEqual(rest.users.map((u) => u.name), ['cat', 'root']);
	assert.deepEqual((await admin.get('/users?q=be')).json.users.map((u) => u.name), ['ben']);
	(await admin.get('/users?cursor=!!')).is(400);
	(await admin.get('/users?limit=0')).is(400);
	(await admin.get('/users?color=red')).is(400);
	const ben = `/users/${page.users[1].id}`;
	const shown = (await admin.get(ben)).is(200);
	(await admin.patch(ben, { display_name: 'Ben B.' })).is(428);
	const changed = (await admin.patch(ben, { display_name: 'Ben B.', roles: [{ role: 'auditor' }] }, { headers: { 'if-match': shown.headers.etag } })).is(200);
	assert.deepEqual(changed.json.roles, [{ role: 'auditor', server: null }]);
	assert.equal(changed.headers.etag, (await admin.get(ben)).headers.etag);
	const stale = (await admin.patch(ben, { display_name: 'Benny' }, { headers: { 'if-match': shown.headers.etag } })).is(412);
	assert.equal(stale.json.current.display_name, 'Ben B.');
	assert.equal(stale.json.current_etag, changed.headers.etag);
	assert.ok(stale.json.difference.some((d) => d.pointer === '/display_name' && d.from === 'Ben B.' && d.to === 'Benny'));
	const wrong = (await admin.patch(ben, { roles: [{ role: 'boss' }, { role: 'viewer', server: 5 }], colour: 1 }, { headers: { 'if-match': '*' } })).is(422);
	assert.ok(wrong.json.errors.length >= 1);
	const session = sessionOf(gate, (await nobody(gate).post('/session', { name: 'ben', password: PASSWORD })).is(200));
	(await admin.patch(ben, { is_enabled: false }, { headers: { 'if-match': '*' } })).is(200);
	(await session.get('/users')).is(401);
	(await nobody(gate).post('/session', { name: 'ben', password: PASSWORD })).is(401);
	(await admin.del(ben)).is(428);
	(await admin.del(ben, undefined, { headers: { 'if-match': '*' } })).is(204);
	(await admin.get(ben)).is(404);
	(await admin.patch(`/users/${admin.user.id}`, { roles: [] }, { headers: { 'if-match': '*' } })).is(409, /last admin/);
	(await admin.del(`/users/${admin.user.id}`, undefined, { headers: { 'if-match': '*' } })).is(409, /last admin/);
	(await admin.post('/users', { name: 'ann' })).is(409);
	(await admin.post('/users', { name: 'not a name' })).is(422);
	(await admin.get('/users/ann')).is(404);
});

test('an invitation again, and all sessions of somebody ended', async (t) => {
	const gate = await startGate(t);
	const admin = await person(gate, 'root', 'admin');
	const ann = await person(gate, 'ann', 'viewer');
	const link = (await admin.post(`/users/${ann.user.id}/invite`)).is(200).json.invite_url;
	(await admin.del(`/users/${ann.user.id}/sessions`)).is(204);
	(await ann.get('/tokens')).is(401);
	const r = (await nobody(gate).post('/setup', { token: link.split('#token=')[1], password: 'another good password' })).is(200);
	assert.equal(r.json.user.name, 'ann');
	(await nobody(gate).post('/session', { name: 'ann', password: PASSWORD })).is(401);
});

test('a password of one\'s own', async (t) => {
	const gate = await startGate(t);
	const ann = await person(gate, 'ann', 'viewer');
	const other = sessionOf(gate, (await nobody(gate).post('/session', { name: 'ann', password: PASSWORD })).is(200));
	assert.equal((await ann.put('/session/password', { old: 'wrong', new: 'another good password' })).is(422).json.errors[0].pointer, '/old');
	assert.equal((await ann.put('/session/password', { old: PASSWORD, new: 'short' })).is(422).json.errors[0].pointer, '/new');
	(await ann.put('/session/password', { old: PASSWORD, new: 'another good password' })).is(204);
	(await ann.get('/tokens')).is(200);
	(await other.get('/tokens')).is(401);
	(await nobody(gate).post('/session', { name: 'ann', password: 'another good password' })).is(200);
	(await local(gate).put('/session/password', { old: 'x', new: 'y' })).is(403);
});

test('tokens: never more than their owner, shown once', async (t) => {
	const gate = await startGate(t);
	const admin = await person(gate, 'root', 'admin');
	const ann = await person(gate, 'ann', 'auditor');
	const made = (await ann.post('/tokens', { name: 'ci', expires_at: '2999-01-01T00:00:00Z' })).is(201).json;
	assert.match(made.secret, /^ghp_/);
	const token = new Caller(gate, { token: made.secret });
	(await token.get('/users')).is(200);
	(await token.post('/users', { name: 'x' })).is(403, /role admin/);
	(await token.post('/tokens', { name: 'y' })).is(403);
	(await token.put('/session/password', { old: PASSWORD, new: PASSWORD })).is(403);
	(await token.post('/session/totp')).is(403);
	(await token.del('/session')).is(403);
	assert.equal((await token.get('/session')).json.user.kind, 'token');
	const limited = (await ann.post('/tokens', { name: 'look', roles: [{ role: 'viewer' }] })).is(201).json;
	(await new Caller(gate, { token: limited.secret }).get('/users')).is(403);
	assert.equal((await ann.post('/tokens', { name: 'z', roles: [{ role: 'admin' }] })).is(422).json.errors[0].pointer, '/roles/0');
	assert.equal((await ann.post('/tokens', { name: 'z', roles: [] })).is(422).json.errors[0].pointer, '/roles');
	assert.equal((await ann.post('/tokens', { name: 'z', expires_at: '2001-01-01T00:00:00Z' })).is(422).json.errors[0].pointer, '/expires_at');
	assert.equal((await ann.post('/tokens', { name: 'z', expires_at: 'soon' })).is(422).json.errors[0].pointer, '/expires_at');
	assert.equal((await ann.post('/tokens', {})).is(422).json.errors[0].pointer, '/name');
	(await ann.post('/tokens', { name: 'ci' })).is(409);
	const list = (await ann.get('/tokens')).is(200);
	assert.deepEqual(list.json.tokens.map((x) => x.name), ['look', 'ci']);
	assert.ok(!list.text.includes('ghp_'));
	const page = (await ann.get('/tokens?limit=1')).json;
	assert.deepEqual((await ann.get(`/tokens?limit=1&cursor=${page.next}`)).json.tokens.map((x) => x.name), ['ci']);
	(await ann.get('/tokens?owner=all')).is(403);
	assert.equal((await admin.get('/tokens')).json.total, 0);
	assert.equal((await admin.get('/tokens?owner=all')).json.total, 2);
	assert.equal((await admin.get(`/tokens?owner=${ann.user.id}`)).json.total, 2);
	const ben = await person(gate, 'ben', 'viewer');
	(await ben.del(`/tokens/${made.token.id}`)).is(404);
	(await ann.del(`/tokens/${made.token.id}`)).is(204);
	(await token.get('/users')).is(401);
	(await admin.del(`/tokens/${limited.token.id}`)).is(204);
	(await new Caller(gate, { token: 'ghp_nonsense' }).get('/session', { isJudged: false })).is(200);
	(await new Caller(gate, { token: 'ghp_nonsense' }).get('/users')).is(401);
});

test('changes say who did what, with before and after, and no secret', async (t) => {
	const gate = await startGate(t);
	const admin = await person(gate, 'root', 'admin');
	const ann = await person(gate, 'ann', 'viewer');
	const made = (await ann.post('/tokens', { name: 'ci' })).json;
	await admin.patch(`/users/${ann.user.id}`, { display_name: 'Ann' }, { headers: { 'if-match': '*' } });
	const all = (await admin.get('/changes')).is(200);
	assert.ok(!all.text.includes(made.secret) && !all.text.includes(PASSWORD) && !all.text.includes('ghl_') && !all.text.includes(ann.cookie));
	const what = all.json.changes.map((c) => `${c.who.name} ${c.action}`);
	assert.deepEqual(what.slice(0, 3), ['root user.update', 'ann token.create', 'ann user.set_up']);
	const [update] = all.json.changes;
	assert.equal(update.before.display_name, '');
	assert.equal(update.after.display_name, 'Ann');
	assert.deepEqual(update.object, { type: 'user', id: ann.user.id });
	assert.equal(update.who.address, '127.0.0.1');
	assert.equal((await admin.get('/changes?what=token.')).json.total, 1);
	assert.equal((await admin.get(`/changes?object=user/${ann.user.id}&what=user.update`)).json.total, 1);
	assert.equal((await admin.get('/changes?who=ann')).json.total, 2);
	const page = (await admin.get('/changes?limit=1')).json;
	assert.equal((await admin.get(`/changes?limit=1&cursor=${page.next}`)).json.changes[0].action, 'token.create');
	(await admin.get('/changes?since=yesterday')).is(400);
	(await admin.get('/changes?cursor=x')).is(400);
	(await ann.get('/changes')).is(403, /auditor/);
});

test('a foreign page can do nothing with a cookie', async (t) => {
	const gate = await startGate(t);
	const root = await person(gate, 'root', 'admin');
	const cookieOnly = new Caller(gate, { cookie: root.cookie });
	(await cookieOnly.post('/users', { name: 'x' })).is(403, /csrf/i);
	(await new Caller(gate, { cookie: root.cookie, csrf: `${root.csrf.slice(0, -1)}!` }).post('/users', { name: 'x' })).is(403);
	const foreign = { origin: 'https://evil.example' };
	(await root.post('/users', { name: 'x' }, { headers: foreign })).is(403, /another address/);
	(await root.post('/users', { name: 'x' }, { headers: { origin: 'null' } })).is(403);
	(await root.post('/users', { name: 'x' }, { headers: { 'sec-fetch-site': 'cross-site' } })).is(403);
	(await root.post('/users', { name: 'x' }, { headers: { 'sec-fetch-site': 'same-site' } })).is(403);
	(await nobody(gate).post('/session', { name: 'root', password: PASSWORD }, { headers: foreign })).is(403);
	(await root.post('/users', '{"name":"x"}', { headers: { 'content-type': 'text/plain' } })).is(415);
	(await root.post('/users', { name: 'x' }, { headers: { origin: `http://127.0.0.1:${gate.port}`, 'sec-fetch-site': 'same-origin' } })).is(201);
	const other = await person(gate, 'ann', 'admin');
	(await new Caller(gate, { cookie: root.cookie, csrf: other.csrf }).post('/users', { name: 'y' })).is(403);
});

test('no session where the cookie could be read on its way', async (t) => {
	const gate = await startGate(t, { config: 'console:\n  url: https://gate.example.com\n' });
	const made = await local(gate).good('POST', '/users', { name: 'root', roles: [{ role: 'admin' }] });
	assert.match(made.invite_url, /^https:\/\/gate\.example\.com\/setup#token=/);
	const token = made.invite_url.split('#token=')[1];
	const body = { token, password: PASSWORD };
	(await nobody(gate).post('/setup', body, { headers: { host: '192.0.2.7:8811' } })).is(403, /https/);
	(await nobody(gate).post('/setup', body, { headers: { host: 'gate.example.com', origin: 'https://gate.example.com' } })).is(200);
	const sign = { name: 'root', password: PASSWORD };
	(await nobody(gate).post('/session', sign, { headers: { host: '192.0.2.7:8811' } })).is(403, /X-Forwarded-Proto/);
	(await nobody(gate).post('/session', sign, { headers: { host: '127.evil.example' } })).is(403);
	(await nobody(gate).post('/session', sign, { headers: { host: '192.0.2.7', 'x-forwarded-proto': 'https' } })).is(200);
	(await nobody(gate).post('/session', sign, { headers: { host: `localhost:${gate.port}` } })).is(200);
	(await nobody(gate).post('/session', sign, { headers: { host: '127.0.0.1', origin: 'https://gate.example.com' } })).is(200);
});

test('approvals: who sees them, who sees the arguments, who decides, and never one\'s own', async (t) => {
	const policy = { version: '1', default: 'deny', tools: { wipe: { action: 'require_approval', reason: 'wiping needs a yes', hold: '0s', quorum: 2 } } };
	const [a, b] = [await startRecorder(t, 'http'), await startRecorder(t, 'http')];
	const gate = await startGate(t, { servers: { a: a.where, b: b.where }, policies: { p: policy } });
	const agent = async (server, subject, what) => {
		const face = new HttpFace(gate.url(server), await gate.grant(`agent of ${server}`, { [server]: 'p' }, ['--subject', subject]));
		await face.open();
		return (await face.call('wipe', { what })).result._meta['io.gatehouse/decision'].approvalId;
	};
	const onA = await agent('a', 'cat@example.com', 'the secret of a'), onB = await agent('b', 'someone', 'the secret of b');
	const viewer = await person(gate, 'vic', 'viewer'), ofA = await person(gate, 'ann', 'approver@a'), ben = await person(gate, 'ben', 'approver');
	const { user } = await local(gate).good('POST', '/users', { name: 'cat', email: 'Cat@Example.com', roles: [{ role: 'approver' }] });
	const link = (await local(gate).good('POST', `/users/${user.id}/invite`)).invite_url.split('#token=')[1];
	const cat = sessionOf(gate, (await nobody(gate).post('/setup', { token: link, password: PASSWORD })).is(200));
	const list = (await viewer.get('/approvals?state=pending')).is(200);
	assert.equal(list.json.approvals.length, 2);
	assert.ok(!list.text.includes('the secret'));
	assert.deepEqual((await ofA.get('/approvals')).json.approvals.map((x) => x.id), [onA]);
	assert.equal((await viewer.get(`/approvals/${onA}`)).is(200).json.arguments, undefined);
	assert.deepEqual((await ben.get(`/approvals/${onB}`)).is(200).json.arguments, { what: 'the secret of b' });
	assert.deepEqual((await ofA.get(`/approvals/${onA}`)).is(200).json.arguments, { what: 'the secret of a' });
	(await ofA.get(`/approvals/${onB}`)).is(404);
	(await ofA.post(`/approvals/${onB}/approve`)).is(404);
	(await viewer.post(`/approvals/${onA}/approve`)).is(403, /approver/);
	(await new Caller(gate, { cookie: ben.cookie }).post(`/approvals/${onA}/deny`)).is(403, /csrf/i);
	(await cat.post(`/approvals/${onA}/approve`)).is(403, /works for you/);
	const bot = new Caller(gate, { token: (await cat.good('POST', '/tokens', { name: 'bot' })).secret });
	(await bot.post(`/approvals/${onA}/approve`)).is(403, /works for you/);
	assert.equal((await ben.post(`/approvals/${onA}/approve`, { note: 'fine' })).is(200).json.state, 'pending');
	const bens = new Caller(gate, { token: (await ben.good('POST', '/tokens', { name: 'bot' })).secret });
	(await bens.post(`/approvals/${onA}/approve`)).is(409, /already/);
	const done = (await ofA.post(`/approvals/${onA}/approve`)).is(200).json;
	assert.equal(done.state, 'approved');
	assert.deepEqual(done.votes.map((v) => [v.person, v.note ?? '']), [['ben', 'fine'], ['ann', '']]);
	assert.equal((await bot.post(`/approvals/${onB}/deny`)).is(200).json.votes[0].person, 'cat');
	const changes = (await local(gate).get('/changes?what=approval.')).json.changes;
	assert.deepEqual(changes.map((c) => `${c.who.name} ${c.action}`), ['cat/bot approval.deny', 'ann approval.approve', 'ben approval.approve']);
	assert.deepEqual(changes[2].after, { state: 'pending', server: 'a', tool: 'wipe', note: 'fine' });
	const { token } = await gate.json(['approver', 'add', 'eve', '--subject', 'eve']);
	const eve = new Caller(gate, { token });
	(await eve.get(`/approvals/${onB}`)).is(200);
	(await eve.get('/users')).is(401, /approvals and the catalogue/);
	(await new Caller(gate, { token: `${token.slice(0, -1)}_` }).get('/approvals')).is(401);
});

test('the catalogue is for those who see the whole gate', async (t) => {
	const gate = await startGate(t);
	await gate.addServer('files', 'http://127.0.0.1:9/mcp');
	const viewer = await person(gate, 'vic', 'viewer'), one = await person(gate, 'ann', 'viewer@files'), admin = await person(gate, 'root', 'admin');
	(await viewer.get('/catalog')).is(200);
	(await viewer.get('/catalog/servers?limit=5')).is(200);
	(await viewer.get('/catalog/servers?colour=red')).is(400);
	(await viewer.post('/catalog/classify', { name: 'delete_all' })).is(200);
	(await one.post('/catalog/classify', { name: 'delete_all' })).is(200);
	(await one.get('/catalog')).is(403);
	(await one.get('/catalog/attacks')).is(200);
	(await viewer.post('/catalog/servers/files/refresh')).is(403);
	(await admin.post('/catalog/servers/nothing/refresh')).is(404);
	(await nobody(gate).get('/catalog')).is(401);
});
