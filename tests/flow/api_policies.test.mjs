// Policies over the API: written, read, compared, tried, taken back; and what each limit has left. Every answer is
// judged by docs/openapi.yaml (lib/api.mjs).
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { local, person } from './lib/api.mjs';
import { connectHttp } from './lib/client.mjs';
import { startGate, testDir } from './lib/gate.mjs';
import { missing } from './lib/openapi.mjs';
import { commandOfFilesystem } from './lib/servers.mjs';
import { Store, storeProgram } from './lib/store.mjs';
import { until } from './lib/wait.mjs';

const DENY = { version: '1', default: 'deny' };
const READ = { version: '1', default: 'deny', description: 'Reading alone', tools: { read_text_file: {} } };
const skip = missing;
const ifMatch = (etag) => ({ headers: { 'if-match': etag } });

async function withFiles(t, more = {}) {
	const dir = testDir(t);
	mkdirSync(path.join(dir, 'files'));
	writeFileSync(path.join(dir, 'files/a.txt'), 'hello');
	const gate = await startGate(t, { servers: { files: commandOfFilesystem(path.join(dir, 'files')) }, ...more });
	gate.files = path.join(dir, 'files');
	return gate;
}

test('a policy is made, read, changed and taken away', { skip }, async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	assert.deepEqual((await api.get('/policies')).is(200).json, { policies: [], total: 0 });
	(await api.get('/policies/files')).is(404);
	const text = '{ "version": "1",\n  "default": "deny" }  ';
	const made = (await api.put('/policies/files', { text, note: 'first' })).is(201);
	assert.equal(made.headers.location, '/api/v1/policies/files');
	assert.equal(made.json.text, text, 'kept as it was written');
	assert.deepEqual([made.json.version, made.json.note, made.json.document, made.json.used_by, made.json.warnings], [1, 'first', DENY, [], []]);
	const read = (await api.get('/policies/files')).is(200);
	assert.equal(read.headers.etag, made.headers.etag);
	(await api.get('/policies/files', { headers: { 'if-none-match': read.headers.etag } })).is(304);

	const missingTag = (await api.put('/policies/files', { document: READ })).is(428, /If-Match/);
	assert.deepEqual(missingTag.json.errors.map((e) => e.header), ['If-Match']);
	assert.equal(missingTag.json.title, 'Precondition Required');
	const changed = (await api.put('/policies/files', { document: READ, note: 'second' }, ifMatch(read.headers.etag))).is(200);
	assert.deepEqual([changed.json.version, changed.json.document], [2, READ]);
	assert.match(changed.json.text, /^\{\n {2}"version": "1",\n/, 'a document is printed for people');
	const same = (await api.put('/policies/files', { text: changed.json.text }, ifMatch(changed.headers.etag))).is(200);
	assert.equal(same.json.version, 2, 'the same text again changes nothing');

	const stale = (await api.put('/policies/files', { document: DENY, note: 'second' }, ifMatch(read.headers.etag))).is(412, /changed/);
	assert.equal(stale.json.current.version, 2);
	assert.equal(stale.json.current_etag, changed.headers.etag);
	assert.deepEqual(stale.json.difference, [{ pointer: '/document/description', from: 'Reading alone' },
		{ pointer: '/document/tools', from: { read_text_file: {} } }]);
	(await api.put('/policies/files', { document: DENY }, ifMatch('*'))).is(200);
	(await api.put('/policies/files', { document: DENY }, { headers: { 'if-none-match': '*' } })).is(412);
	(await api.put('/policies/fresh', { document: DENY }, ifMatch('"x"'))).is(412);
	(await api.put('/policies/fresh', { document: DENY }, { headers: { 'if-none-match': '*' } })).is(201);

	(await api.del('/policies/fresh')).is(428);
	(await api.del('/policies/fresh', undefined, ifMatch('"00000000000000000000000000000000"'))).is(412);
	(await api.del('/policies/fresh', undefined, ifMatch('*'))).is(204);
	(await api.get('/policies/fresh')).is(404);
	(await api.del('/policies/fresh', undefined, ifMatch('*'))).is(404);
	const what = (await api.get('/changes', { isJudged: false })).json.changes.map((c) => [c.action, c.object.id]);
	assert.deepEqual(what, [['policy.delete', 'fresh'], ['policy.create', 'fresh'], ['policy.update', 'files'], ['policy.update', 'files'], ['policy.create', 'files']]);
});

test('a document that is none is refused, with every mistake and its place', { skip }, async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	const bad = { version: '1', default: 'deny', tools: { a: { require: [{ conditions: [{ path: 'args.x', op: 'eqq', value: 1 }] }] } }, defalt: 'allow' };
	const one = (await api.put('/policies/p', { document: bad })).is(422);
	assert.deepEqual(one.json.errors.map((e) => e.pointer).sort(), ['/document/defalt', '/document/tools/a/require/0/conditions/0/op']);
	const two = (await api.put('/policies/p', { text: '{"version": "1",\n "default": "dny"}' })).is(422);
	assert.equal(two.json.errors[0].pointer, '/text');
	assert.match(two.json.errors[0].detail, /^line 2, column \d+: /);
	assert.deepEqual([two.json.problems[0].pointer, two.json.problems[0].line], ['/default', 2]);
	(await api.put('/policies/p', { text: 'no JSON' })).is(422);
	(await api.put('/policies/p', { text: '' })).is(422);
	(await api.put('/policies/p', {})).is(422, /either/);
	(await api.put('/policies/p', { text: '{}', document: {} })).is(422, /either/);
	(await api.put('/policies/p', { document: DENY, more: 1 })).is(422);
	(await api.put('/policies/p', { document: [] })).is(422);
	(await api.put('/policies/p', 'no JSON')).is(400);
	(await api.put('/policies/p', { document: DENY }, { headers: { 'content-type': 'text/plain' } })).is(415);
	(await api.put('/policies/no%20name', { document: DENY })).is(400, /name/);
	(await api.put('/policies/p', { document: DENY, note: 'x'.repeat(1025) })).is(422);
	(await api.get('/policies/p')).is(404);
	(await api.put('/policies/p', { document: DENY, note: 'x'.repeat(1024) })).is(201);
	const longest = (n) => `{"version":"1","default":"deny"}${' '.repeat(n - 32)}`;
	(await api.put('/policies/large', { text: longest((1 << 20) + 1) })).is(422);
	(await api.put('/policies/large', { text: longest(1 << 20) })).is(201);
});

test('the list says who uses what, page by page', { skip }, async (t) => {
	const gate = await withFiles(t);
	const api = local(gate);
	for (const name of ['a', 'b', 'c', 'Other'])
		await gate.applyPolicy(name, name === 'b' ? { ...READ, tools: { read_text_file: { require: [{ conditions: [{ path: 'args.n', op: 'lt', value: 1 }, { path: 'args.n', op: 'gt', value: 2 }] }] } } } : READ);
	await gate.grant('dev', { files: 'b' });
	const all = (await api.get('/policies')).is(200).json;
	assert.deepEqual(all.policies.map((p) => p.name), ['Other', 'a', 'b', 'c']);
	const b = all.policies[2];
	assert.deepEqual([b.used_by.map((u) => [u.label, u.server]), b.warnings > 0, b.description, b.is_broken], [[['dev', 'files']], true, 'Reading alone', false]);
	const page = (await api.get('/policies?limit=3')).is(200).json;
	assert.deepEqual([page.policies.map((p) => p.name), page.total, page.next], [['Other', 'a', 'b'], 4, 'b']);
	const rest = (await api.get(`/policies?limit=3&cursor=${page.next}`)).is(200).json;
	assert.deepEqual([rest.policies.map((p) => p.name), rest.total, rest.next], [['c'], 4, undefined]);
	assert.deepEqual((await api.get('/policies?q=OTH')).is(200).json.policies.map((p) => p.name), ['Other']);
	for (const query of ['limit=0', 'limit=201', 'limit=x', 'lmit=1', 'q=', `q=${'x'.repeat(65)}`, `cursor=${'x'.repeat(513)}`])
		assert.equal((await api.get(`/policies?${query}`)).is(400).json.errors[0].parameter, query.split('=')[0]);
	for (const query of ['limit=200', `q=${'x'.repeat(64)}`, `cursor=${'x'.repeat(512)}`])
		(await api.get(`/policies?${query}`)).is(200);
	(await api.del('/policies/b', undefined, ifMatch('*'))).is(409, /'dev' for 'files'/);
});

test('versions: listed, read, compared, restored', { skip }, async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	const tools = (max) => ({ ...DENY, tools: { pay: { require: [{ conditions: [{ path: 'args.amount', op: 'lte', value: max }] }] } } });
	await api.good('PUT', '/policies/pay', { document: tools(10), note: 'small' });
	await api.good('PUT', '/policies/pay', { document: tools(500), note: 'more' }, ifMatch('*'));
	const list = (await api.get('/policies/pay/versions')).is(200).json;
	assert.deepEqual(list.versions.map((v) => [v.version, v.is_current, v.note]), [[2, true, 'more'], [1, false, 'small']]);
	const first = (await api.get('/policies/pay/versions?limit=1')).is(200).json;
	assert.deepEqual([first.versions.length, first.total, first.next], [1, 2, '2']);
	assert.deepEqual((await api.get('/policies/pay/versions?limit=1&cursor=2')).json.versions.map((v) => v.version), [1]);
	assert.deepEqual((await api.get('/policies/pay/versions/1')).is(200).json.document, tools(10));
	(await api.get('/policies/pay/versions/3')).is(404);
	(await api.get('/policies/pay/versions/x')).is(404);
	(await api.get('/policies/none/versions')).is(404);

	const diff = (await api.get('/policies/pay/diff')).is(200).json;
	assert.deepEqual(diff.difference, [{ pointer: '/tools/pay/require/0/conditions/0/value', from: 10, to: 500 }]);
	assert.ok(diff.decisions.different > 0);
	const call = diff.decisions.calls.find((c) => c.from === 'deny' && c.to === 'allow');
	assert.ok(JSON.parse(call.call).amount > 10, 'the call stands on the other side of the limit');
	assert.deepEqual((await api.get('/policies/pay/diff?from=2&to=2')).is(200).json.difference, []);
	assert.equal((await api.get('/policies/pay/diff?from=9')).is(400).json.errors[0].parameter, 'from');
	(await api.get('/policies/pay/diff?server=nowhere')).is(400);

	const back = (await api.post('/policies/pay/restore', { version: 1 })).is(200).json;
	assert.deepEqual([back.version, back.document, back.note], [3, tools(10), 'version 1 again']);
	const again = (await api.post('/policies/pay/restore', { version: 1, note: 'once more' })).is(200).json;
	assert.equal(again.version, 3, 'it is in force already');
	(await api.post('/policies/pay/restore', { version: 7 })).is(422);
	(await api.post('/policies/pay/restore', {})).is(422);
	(await api.post('/policies/none/restore', { version: 1 })).is(404);
});

test('a policy of the configuration file is changed there', { skip }, async (t) => {
	const gate = await startGate(t, { config: 'policies:\n  fixed:\n    document:\n      version: "1"\n      default: deny\n' });
	const api = local(gate);
	assert.equal((await api.get('/policies/fixed')).is(200).json.is_from_file, true);
	for (const [method, target, body] of [['PUT', '/policies/fixed', { document: READ }], ['DELETE', '/policies/fixed'], ['POST', '/policies/fixed/restore', { version: 1 }]])
		(await api.call(method, target, body, ifMatch('*'))).is(409, /gatehouse\.yaml/);
});

test('a document is checked while it is written', { skip }, async (t) => {
	const gate = await withFiles(t);
	const api = local(gate);
	const check = async (body) => (await api.post('/policies/check', body)).is(200).json;
	assert.deepEqual(await check({ document: DENY }), { is_valid: true, problems: [] });
	const wrong = await check({ text: '{\n "version": "1",\n "defalt": "deny"\n}' });
	assert.equal(wrong.is_valid, false);
	assert.deepEqual([wrong.problems[0].pointer, wrong.problems[0].line, wrong.problems[0].column], ['/defalt', 3, 2]);
	assert.match(wrong.problems[0].detail, /did you mean 'default'/);
	const one = await check({ text: JSON.stringify({ ...READ, tools: { read_text_file: { require: [{ conditions: [{ path: 'args.pth', op: 'eq', value: 'a' }] }] }, write_file: { action: 'require_approval' }, move_file: { action: 'deny' } } }), server: 'files' });
	assert.equal(one.is_valid, true);
	assert.match(one.problems[0].detail, /did you mean 'path'/);
	assert.equal(one.problems[0].is_warning, true);
	const words = Object.fromEntries(one.tools.map((x) => [x.name, x.decision]));
	assert.deepEqual([words.read_text_file, words.write_file, words.move_file, words.edit_file], ['conditional', 'approve', 'deny', 'hidden']);
	assert.deepEqual((await check({ document: { ...DENY, classes: { read: {} } }, server: 'files' })).tools.find((x) => x.name === 'list_directory'),
		{ name: 'list_directory', decision: 'allow', rule: '', class: 'read', severity: 'low' });
	assert.equal((await check({ document: DENY, server: 'nowhere' })).tools, undefined);
	(await api.post('/policies/check', { server: 'files' })).is(422);
	(await api.post('/policies/check', { document: DENY, server: 1 })).is(422);
});

test('one call is explained, with the facts of a grant', { skip }, async (t) => {
	const gate = await withFiles(t);
	const api = local(gate);
	const document = { version: '1', default: 'allow', tools: { write_file: { action: 'require_approval' },
		read_text_file: { require: [{ conditions: [{ path: 'grant.subject', op: 'eq', value: 'ann' }] }, { conditions: [{ path: 'args.path', op: 'path_within', value: '/srv' }] }] } } };
	await api.good('PUT', '/policies/p', { document });
	await gate.grant('dev', { files: 'p' }, ['--subject', 'ann', '--tag', 'team']);
	const explain = async (more) => (await api.post('/policies/explain', { document, server: 'files', tool: 'read_text_file', arguments: { path: '/srv/a' }, ...more })).is(200).json;
	const stranger = await explain({});
	assert.deepEqual([stranger.decision, stranger.rule], ['deny', '/tools/read_text_file/require/grant.subject-eq']);
	assert.equal(stranger.steps[stranger.step].refuses, true);
	const known = await explain({ grant: 'dev' });
	assert.deepEqual([known.decision, known.step], ['allow', undefined]);
	const outside = await explain({ grant: 'dev', arguments: { path: '/etc/passwd' } });
	assert.deepEqual([outside.decision, outside.steps[outside.step].pointer], ['deny', '/tools/read_text_file/require/1']);
	assert.ok(outside.steps.some((s) => s.saw === '"/etc/passwd"'));
	const asks = (await api.post('/policies/explain', { policy: 'p', server: 'files', tool: 'write_file', arguments: { path: 'a', content: 'b' } })).is(200).json;
	assert.deepEqual([asks.decision, asks.steps[asks.step].pointer], ['approve', '/tools/write_file/action']);
	const early = await explain({ document: { ...READ, tools: { read_text_file: { require: [{ conditions: [{ path: 'time.hour', op: 'lt', value: 12 }] }] } } }, at: '2030-01-01T15:00:00Z' });
	assert.equal(early.decision, 'deny');
	const fails = async (more, pointer) => assert.equal((await api.post('/policies/explain', { document, server: 'files', tool: 'read_text_file', ...more })).is(422).json.errors[0].pointer, pointer);
	await fails({ tool: 'nope' }, '/tool');
	await fails({ server: 'nowhere' }, '/server');
	await fails({ grant: 'nobody' }, '/grant');
	await fails({ at: 'noon' }, '/at');
	await fails({ arguments: [] }, '/arguments');
	await fails({ policy: 'p' }, '/policy');
	await fails({ document: { version: '1' } }, '/document');
	(await api.post('/policies/explain', { policy: 'none', server: 'files', tool: 'write_file' })).is(422, /none/);
});

test('recorded calls are decided anew, as a job', { skip }, async (t) => {
	const gate = await withFiles(t, { policies: { p: READ } });
	const api = local(gate);
	const client = await connectHttp(t, gate.url('files'), await gate.grant('dev', { files: 'p' }));
	for (let i = 0; i < 3; i++)
		await client.callTool({ name: 'read_text_file', arguments: { path: path.join(gate.files, 'a.txt') } });
	await client.callTool({ name: 'write_file', arguments: {} }).catch(() => null);
	const started = (await api.post('/policies/simulate', { document: DENY, server: 'files', grant: 'dev' })).is(202);
	assert.equal(started.headers.location, `/api/v1/jobs/${started.json.job}`);
	const job = await until('the job is over', async () => {
		const j = (await api.get(`/jobs/${started.json.job}`)).is(200).json;
		return j.state === 'running' ? null : j;
	});
	assert.equal(job.state, 'done', JSON.stringify(job));
	assert.deepEqual([job.result.calls, job.result.changed, job.result.unknown], [4, 3, 0]);
	const [change] = job.result.changes;
	assert.deepEqual([change.tool, change.from, change.to, change.to_rule, change.calls], ['read_text_file', 'allow', 'deny', '(default deny)', 3]);
	const later = (await api.post('/policies/simulate', { document: DENY, since: '2099-01-01T00:00:00Z' })).is(202).json;
	await until('the job is over', async () => (await api.get(`/jobs/${later.job}`)).json.state === 'done');
	assert.equal((await api.get(`/jobs/${later.job}`)).json.result.calls, 0);
	(await api.del(`/jobs/${later.job}`)).is(204);
	for (const [body, pointer] of [[{ document: { version: '1' } }, '/document'], [{ document: DENY, since: 'soon' }, '/since'],
		[{ document: DENY, since: '2030-01-02T00:00:00Z', until: '2030-01-01T00:00:00Z' }, '/until']])
		assert.equal((await api.post('/policies/simulate', body)).is(422).json.errors[0].pointer, pointer);
	(await api.get(`/jobs/${'0'.repeat(8)}-0000-7000-8000-000000000000`)).is(404);
});

test('a policy is recommended, imported, and described for editors', { skip }, async (t) => {
	const gate = await withFiles(t);
	const api = local(gate);
	const { document } = await api.good('POST', '/policies/recommend', { server: 'files' });
	assert.equal(document.default, 'deny');
	assert.ok('read_text_file' in document.tools && document.hide.includes('write_file'));
	assert.equal((await api.good('POST', '/policies/check', { document, server: 'files' })).is_valid, true);
	assert.deepEqual(Object.keys((await api.good('POST', '/policies/recommend', { server: 'files', tools: ['list_directory'] })).document.tools), ['list_directory']);
	(await api.post('/policies/recommend', { server: 'nowhere' })).is(422);
	(await api.post('/policies/recommend', { server: 'files', tools: [1] })).is(422);
	const yaml = 'version: "1"\ntools:\n  drop:\n    rules:\n      - name: never\n        action: deny\n';
	const imported = await api.good('POST', '/policies/import', { text: yaml });
	assert.equal(imported.document.tools.drop.action, 'deny');
	assert.ok(imported.notes.length > 0);
	const refused = (await api.post('/policies/import', { text: 'version: "1"\ntools:\n  drop: 1\n' })).is(422);
	assert.ok(refused.json.notes.some((n) => n.is_error && n.line === 3));
	(await api.post('/policies/import', { text: yaml, scope: 'world' })).is(422);
	(await api.post('/policies/import', {})).is(422);
	assert.equal((await api.good('GET', '/policies/schema')).$schema, 'https://json-schema.org/draft/2020-12/schema');
});

const COUNTED = { version: '1', default: 'allow', all_tools: { limits: [{ counter: 'all', window: 'hour', max: 100, scope: 'server' }] },
	tools: { read_text_file: { limits: [{ counter: 'reads', window: 'hour', max: 5 }, { counter: 'rolling', window: 3600, max: 2.5, algorithm: 'sliding' }, { counter: 'each', window: 'hour', max: 1, scope: 'session' }] } } };

async function checkLimits(t, gate) {
	const api = local(gate);
	const client = await connectHttp(t, gate.url('files'), await gate.grant('dev', { files: 'p' }));
	await client.callTool({ name: 'read_text_file', arguments: { path: path.join(gate.files, 'a.txt') } });
	await client.callTool({ name: 'list_directory', arguments: { path: gate.files } });
	const { limits, total } = (await api.get('/limits?grant=dev')).is(200).json;
	assert.equal(total, 4);
	const by = Object.fromEntries(limits.map((l) => [l.counter, l]));
	assert.deepEqual([by.all.used, by.all.left, by.all.scope, by.all.pointer], [2, 98, 'server', '/all_tools/limits/0']);
	assert.deepEqual([by.reads.used, by.reads.left, by.reads.window, by.reads.kind], [1, 4, 'hour', 'fixed']);
	assert.ok(Date.parse(by.reads.resets_at) > Date.now());
	assert.deepEqual([by.rolling.used, by.rolling.left, by.rolling.resets_at], [1, 1.5, undefined]);
	assert.deepEqual([by.each.used, by.each.left], [undefined, undefined], 'each session has its own');
	const again = (await api.get('/limits?grant=dev')).is(200).json;
	assert.deepEqual(again.limits, limits, 'looking takes nothing');
}

test('what limits have left', { skip }, async (t) => {
	const gate = await withFiles(t, { policies: { p: COUNTED } });
	const api = local(gate);
	await checkLimits(t, gate);
	const page = (await api.get('/limits?limit=3')).is(200).json;
	assert.deepEqual([page.limits.length, page.total, page.next], [3, 4, '3']);
	assert.equal((await api.get('/limits?limit=3&cursor=3')).is(200).json.limits.length, 1);
	assert.deepEqual((await api.get('/limits?server=nowhere')).is(200).json, { limits: [], total: 0 });
	(await api.get('/limits?cursor=x')).is(400);
});

test('what limits have left in the shared store', { skip: skip || (storeProgram() ? false : 'neither valkey-server nor redis-server is installed') }, async (t) => {
	const store = await new Store(t).start();
	const gate = await withFiles(t, { policies: { p: COUNTED }, config: `counters:\n  url: "${store.url}"\n  timeout: 2s\n`, expectErrors: [/counters: the store cannot be used/] });
	await checkLimits(t, gate);
	await store.kill();
	await until('the gate sees that the store is gone', async () => (await local(gate).get('/limits')).is(200).json.limits.every((l) => l.used === undefined));
});

test('who may see and write which policy', { skip }, async (t) => {
	const gate = await withFiles(t, { policies: { used: READ, free: READ } });
	await gate.grant('dev', { files: 'used' });
	const viewer = await person(gate, 'vera', 'viewer'), elsewhere = await person(gate, 'eli', 'viewer@other');
	const manager = await person(gate, 'max', 'policy_manager@files'), stranger = await person(gate, 'stan', 'policy_manager@other');
	(await viewer.get('/policies/used')).is(200);
	(await viewer.put('/policies/used', { document: DENY }, ifMatch('*'))).is(403, /policy_manager/);
	(await viewer.post('/policies/used/restore', { version: 1 })).is(403);
	(await viewer.post('/playground', { grant: 'dev', server: 'files', tool: 'x' })).is(403);
	assert.deepEqual((await elsewhere.get('/policies')).is(200).json.policies.map((p) => p.name), ['free']);
	(await elsewhere.get('/policies/used')).is(404);
	(await elsewhere.post('/policies/check', { document: DENY, server: 'files' })).is(404);
	(await elsewhere.post('/policies/simulate', { document: DENY })).is(422, /name a server/);
	assert.deepEqual((await elsewhere.get('/limits')).is(200).json.limits, []);
	(await manager.put('/policies/used', { document: DENY }, ifMatch('*'))).is(200);
	(await manager.put('/policies/free', { document: DENY }, ifMatch('*'))).is(200);
	(await stranger.put('/policies/used', { document: DENY }, ifMatch('*'))).is(404);
	(await stranger.put('/policies/made', { document: DENY })).is(201);
});
