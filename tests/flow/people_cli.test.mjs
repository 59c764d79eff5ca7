// People on the command line: the first link, users, their tokens, and the record of what was changed.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Caller, PASSWORD } from './lib/api.mjs';
import { Gate, PROGRAM, testDir } from './lib/gate.mjs';
import { run } from './lib/process.mjs';

const LINK = /setup#token=(ghl_[A-Za-z0-9_-]{43})/;
const linkOf = (text) => LINK.exec(text)?.[1];

test('a start prints the link of the first admin while there is none', async (t) => {
	const gate = await new Gate(t).start();
	const line = await gate.process.line(LINK);
	assert.ok(line.includes(`http://127.0.0.1:${gate.port}/setup#token=`), line);
	const first = linkOf(line);
	assert.ok(!gate.process.err.join('\n').includes(first), 'not in the log');
	await gate.stop();
	await gate.start();
	const second = linkOf(await gate.process.line(LINK));
	assert.notEqual(first, second);
	const nobody = new Caller(gate);
	const use = (token, name) => nobody.call('POST', '/setup', { token, name, password: PASSWORD });
	assert.equal((await use(first, 'eve')).status, 422, 'the link of an earlier start has ended');
	const third = linkOf((await gate.mustRun(['user', 'link'])).out);
	assert.equal((await use(second, 'eve')).status, 422, 'so has the one before a new one');
	assert.equal((await use(third, 'alice')).status, 200);
	assert.equal((await use(third, 'eve')).status, 422, 'a link works once');
	assert.equal((await gate.command(['user', 'link'])).code, 2, 'there is no other first admin');
	await gate.stop();
	await gate.start();
	assert.ok(!LINK.test(gate.process.text()), 'nobody is needed any more');
	for (const file of ['gatehouse.db', 'gatehouse.db-wal'].map((f) => path.join(gate.data, f)))
		assert.ok(![first, second, third, PASSWORD].some((secret) => fileOf(file).includes(secret)), `secrets in ${file}`);
});

function fileOf(file) {
	try {
		return readFileSync(file);
	} catch {
		return Buffer.alloc(0);
	}
}

test('users come, change and go', async (t) => {
	const gate = await new Gate(t).start();
	const added = await gate.json(['user', 'add', 'Alice', '--role', 'admin', '--link']);
	assert.equal(added.user.name, 'alice');
	assert.match(added.link, LINK);
	assert.match((await gate.command(['user', 'add', 'bob', '--role', 'boss'])).err, /'boss' is no role: use viewer/);
	assert.match((await gate.command(['user', 'add', 'bob', '--role', 'viewer@nothing'])).err, /there is no server 'nothing'/);
	assert.deepEqual((await gate.json(['user', 'add', 'bob'])).user.roles, [{ role: 'viewer', server: null }]);
	const signIn = async (password) => (await new Caller(gate).call('POST', '/session', { name: 'bob', password })).status;
	assert.equal(await signIn(PASSWORD), 401);
	assert.equal((await gate.command(['user', 'password', 'bob'], { input: 'short\n' })).code, 2);
	assert.equal((await gate.command(['user', 'password', 'bob'], { input: `${PASSWORD}\n` })).code, 0);
	assert.equal(await signIn(PASSWORD), 200);
	await gate.mustRun(['user', 'disable', 'bob']);
	assert.equal(await signIn(PASSWORD), 401);
	await gate.mustRun(['user', 'enable', 'bob']);
	assert.equal(await signIn(PASSWORD), 200);
	assert.deepEqual((await gate.json(['user', 'role', 'bob', 'auditor'])).roles, [{ role: 'auditor', server: null }]);
	for (const last of [['disable', 'alice'], ['remove', 'alice'], ['role', 'alice', 'none']])
		assert.match((await gate.command(['user', ...last])).err, /the last admin/);
	await gate.mustRun(['user', 'remove', 'bob']);
	assert.equal((await gate.command(['user', 'show', 'bob'])).code, 2);
	assert.deepEqual((await gate.json(['user', 'list'])).map((u) => u.name), ['alice']);
});

test('a token does what it and its user may, and ends', async (t) => {
	const gate = await new Gate(t).start();
	await gate.mustRun(['user', 'add', 'alice', '--role', 'admin']);
	await gate.mustRun(['user', 'add', 'bob', '--role', 'auditor']);
	const { secret, token } = await gate.json(['token', 'add', 'backup', '--user', 'bob', '--role', 'admin', '--expires', '30d']);
	const caller = new Caller(gate, { token: secret });
	assert.equal((await caller.call('GET', '/changes')).status, 200, 'an auditor reads changes');
	assert.equal((await caller.call('POST', '/users', { name: 'eve' })).status, 403, 'and adds nobody, whatever the token asked for');
	assert.ok(!JSON.stringify(await gate.json(['token', 'list'])).includes(secret));
	await gate.mustRun(['user', 'disable', 'bob']);
	assert.equal((await caller.call('GET', '/changes')).status, 401);
	await gate.mustRun(['user', 'enable', 'bob']);
	assert.equal((await caller.call('GET', '/changes')).status, 200);
	await gate.mustRun(['token', 'remove', token.id]);
	assert.equal((await caller.call('GET', '/changes')).status, 401);
	assert.equal((await gate.command(['token', 'add', 'x', '--user', 'bob', '--expires', '2020-01-01T00:00:00Z'])).code, 2);
	assert.equal((await gate.command(['token', 'add', 'x'])).code, 2);
});

test('what was changed stands in a record that cannot be altered unseen', async (t) => {
	const gate = await new Gate(t).start();
	await gate.mustRun(['user', 'add', 'alice', '--role', 'admin']);
	await gate.mustRun(['user', 'add', 'bob']);
	await gate.mustRun(['user', 'role', 'bob', 'approver']);
	const lines = (await gate.mustRun(['audit', 'changes', '--action', 'user.', '--json'])).out.trim().split('\n').map((l) => JSON.parse(l));
	assert.deepEqual(lines.map((c) => c.action), ['user.update', 'user.create', 'user.create']);
	assert.deepEqual([lines[0].before.roles[0].role, lines[0].after.roles[0].role, lines[0].who.kind], ['viewer', 'approver', 'local']);
	assert.match((await gate.mustRun(['audit', 'changes', '--limit', '1'])).out, /user\.update/);
	const verdict = await gate.json(['audit', 'verify']);
	assert.deepEqual(verdict.changes, { intact: true, rows: lines.length });
	await gate.stop();
	const copy = path.join(testDir(t), 'copy');
	mkdirSync(copy, { mode: 0o700 });
	copyFileSync(path.join(gate.data, 'secret.key'), path.join(copy, 'secret.key'));
	const bytes = readFileSync(path.join(gate.data, 'gatehouse.db'));
	const at = bytes.indexOf('user.updateuser');
	assert.ok(at > 0);
	bytes.write('user.deleteuser', at);
	writeFileSync(path.join(copy, 'gatehouse.db'), bytes);
	const torn = await run([PROGRAM, 'audit', 'verify', '--json', '--data-dir', copy], { env: gate.env });
	assert.equal(torn.code, 1, torn.out);
	assert.equal(JSON.parse(torn.out).changes.intact, false);
});

test('what the command line does to servers, policies and grants is recorded, without secrets', async (t) => {
	const gate = await new Gate(t).start();
	await gate.mustRun(['server', 'add', 'web', 'http://127.0.0.1:9/mcp?key=s3cret', '--header', 'X-Key: s3cret']);
	await gate.applyPolicy('p', { version: '1', default: 'deny' });
	await gate.applyPolicy('p', { version: '1', default: 'deny' });
	await gate.applyPolicy('p', { version: '1', default: 'allow' });
	await gate.mustRun(['policy', 'rollback', 'p', '--to', '1']);
	const token = await gate.grant('agent', { web: 'p' });
	await gate.mustRun(['grant', 'bind', 'agent', 'web=p']);
	await gate.mustRun(['server', 'disable', 'web']);
	await gate.mustRun(['grant', 'revoke', 'agent']);
	await gate.mustRun(['approver', 'add', 'bob', '--subject', 'bob@example.com']);
	await gate.mustRun(['server', 'remove', 'web']);
	const { out } = await gate.mustRun(['audit', 'changes', '--json']);
	const changes = out.trim().split('\n').map((l) => JSON.parse(l)).reverse();
	assert.deepEqual(changes.map((c) => c.action), ['server.create', 'policy.create', 'policy.update', 'policy.restore', 'grant.create',
		'server.disable', 'grant.revoke', 'approver.create', 'server.delete']);
	assert.ok(!out.includes('s3cret') && !out.includes(token), out);
	const [made, , updated, restored, granted, disabled, revoked, , removed] = changes;
	assert.deepEqual([made.before, made.after.name, made.after.headers], [undefined, 'web', [{ name: 'X-Key', is_set: true }]]);
	assert.deepEqual([updated.before.document.default, updated.after.document.default, updated.after.version], ['deny', 'allow', 2]);
	assert.equal(restored.after.document.default, 'deny');
	assert.deepEqual([granted.object.id, granted.after.label], [granted.after.id, 'agent']);
	assert.deepEqual([disabled.before.is_enabled, disabled.after.is_enabled], [true, false]);
	assert.deepEqual([revoked.before.state, revoked.after.state], ['valid', 'revoked']);
	assert.deepEqual([removed.before.name, removed.after], ['web', undefined]);
	assert.equal((await gate.json(['audit', 'verify'])).changes.rows, changes.length);
});
