// The playground: a person calls a tool as a grant. The call is a real one, through all of the gate's steps, to servers of
// either era. Every answer is judged by docs/openapi.yaml (lib/api.mjs).
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { local } from './lib/api.mjs';
import { connectHttp } from './lib/client.mjs';
import { ROOT, startGate, testDir } from './lib/gate.mjs';
import { missing as skip } from './lib/openapi.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { commandOfFilesystem, startEverything } from './lib/servers.mjs';
import { until } from './lib/wait.mjs';

const OPEN = { version: '1', default: 'allow' };

// A gate before one recording server, and one grant.
async function start(t, policy, transport = 'http', options = {}) {
	const recorder = await startRecorder(t, transport, options);
	const gate = await startGate(t, { servers: { rec: recorder.where }, policies: { p: policy } });
	gate.token = await gate.grant('dev', { rec: 'p' }, ['--subject', 'ann']);
	const play = (tool, args, more) => local(gate).post('/playground', { grant: 'dev', server: 'rec', tool, arguments: args }, more);
	return { gate, recorder, play };
}

const one = async (gate, id) => (await gate.recordsWhen((all) => all.find((r) => r.id === id && r.outcome !== 'pending'))).find((r) => r.id === id);

test('a call is played as the grant, and recorded as played', { skip }, async (t) => {
	const { gate, recorder, play } = await start(t, OPEN);
	const r = (await play('echo', { text: 'hello' })).is(200).json;
	assert.deepEqual([r.decision, r.outcome, r.rule, r.is_forwarded, r.is_shadow], ['allow', 'ok', '', true, false]);
	assert.ok(r.result.content.length > 0);
	assert.equal(recorder.calls('echo').length, 1);
	const record = await one(gate, r.record_id);
	assert.deepEqual([record['grant.label'], record.session, record['client.name'], record['user.id'], record.tool, record.outcome],
		['dev', 'playground', 'gatehouse console', 'ann', 'echo', 'ok']);
	assert.match(record['client.version'], /^played by \S+/);
	assert.deepEqual(record.argument_keys, ['text']);
	const change = (await local(gate).get('/changes?what=playground.call', { isJudged: false })).json.changes[0];
	assert.deepEqual([change.object.type, change.after], ['grant', { server: 'rec', tool: 'echo', record: r.record_id, decision: 'allow' }]);
});

test('what was judged is what is sent', { skip }, async (t) => {
	const { recorder, gate } = await start(t, OPEN);
	const body = '{"grant":"dev","server":"rec","tool":"spend","arguments":{"amount":1.50,"big":123456789012345678901234567890,"z":1,"a":"\\u00fc"}}';
	const r = (await local(gate).post('/playground', body)).is(200).json;
	assert.equal(r.decision, 'allow');
	const sent = recorder.texts().find((x) => x.includes('tools/call'));
	assert.ok(sent.includes('"arguments":{"amount":1.50,"big":123456789012345678901234567890,"z":1,"a":"ü"}'), sent);
	assert.ok(!sent.includes('played by') && !sent.includes('dev'), 'the server is not told who plays');
});

test('refusals are answers, with what the agent would see', { skip }, async (t) => {
	const { gate, recorder, play } = await start(t, { version: '1', default: 'deny', hide: ['secret'],
		tools: { typed: {}, echo: { deny_if: [{ conditions: [{ path: 'args.text', op: 'eq', value: 'no' }], on_deny: 'not that' }] }, wipe: { action: 'deny' },
			log: { require: [{ conditions: [{ path: 'client.name', op: 'eq', value: 'gatehouse console' }] }] } } });
	for (const [tool, args, rule] of [['big', {}, '(default deny)'], ['secret', {}, '(hidden)'], ['typed', { n: 'x' }, '(schema)'],
		['echo', { text: 'no' }, '/tools/echo/deny_if/args.text-eq'], ['wipe', {}, '/tools/wipe/action'], ['nowhere', {}, '(default deny)']]) {
		const r = (await play(tool, args)).is(200).json;
		assert.deepEqual([r.decision, r.outcome, r.rule, r.is_forwarded], ['deny', 'refused', rule, false]);
		assert.equal(r.result.isError, true);
		assert.match(r.result.content[0].text, /^\[POLICY DENIED\]/);
		assert.equal((await one(gate, r.record_id)).rule, rule);
	}
	assert.equal((await play('log', {})).is(200).json.decision, 'allow');
	assert.deepEqual(recorder.calls().map((c) => c.name), ['log']);
});

test('a played call counts as any other of the grant', { skip }, async (t) => {
	const { gate, recorder, play } = await start(t, { version: '1', default: 'allow', tools: { echo: { limits: [{ counter: 'e', window: 'hour', max: 2 }] } } });
	const client = await connectHttp(t, gate.url('rec'), gate.token);
	await client.callTool({ name: 'echo', arguments: { text: 'a' } });
	assert.equal((await play('echo', {})).is(200).json.decision, 'allow');
	const over = (await play('echo', {})).is(200).json;
	assert.deepEqual([over.decision, over.rule], ['deny', '/tools/echo/limits/e']);
	assert.ok(over.retry_after_s > 0 && over.retry_after_s <= 3600);
	assert.equal(recorder.calls('echo').length, 2);
	assert.equal((await local(gate).get('/limits')).json.limits[0].left, 0);
});

test('a policy in mode shadow lets it through, and says so', { skip }, async (t) => {
	const { recorder, play } = await start(t, { version: '1', default: 'deny', mode: 'shadow' });
	const r = (await play('echo', { text: 'x' })).is(200).json;
	assert.deepEqual([r.decision, r.rule, r.is_shadow, r.is_forwarded, r.outcome], ['deny', '(default deny)', true, true, 'ok']);
	assert.equal(recorder.calls('echo').length, 1);
});

test('a call that needs a person is answered with the approval, and passes once it has it', { skip }, async (t) => {
	const { gate, recorder, play } = await start(t, { version: '1', default: 'allow', tools: { wipe: { action: 'require_approval', hold: '5m' } } });
	const first = (await play('wipe', { all: true })).is(200).json;
	assert.deepEqual([first.decision, first.outcome, first.is_forwarded], ['approve', 'refused', false]);
	assert.equal((await play('wipe', { all: true })).json.approval, first.approval, 'the same call asks once');
	await gate.mustRun(['approval', 'approve', first.approval]);
	assert.equal((await play('wipe', { all: false })).json.decision, 'approve', 'it is for these arguments');
	const second = (await play('wipe', { all: true })).is(200).json;
	assert.deepEqual([second.decision, second.outcome, second.approval], ['allow', 'ok', first.approval]);
	assert.equal((await play('wipe', { all: true })).json.decision, 'approve', 'it is for one call');
	assert.equal(recorder.calls('wipe').length, 1);
});

test('only a valid grant, for a server that it reaches', { skip }, async (t) => {
	const { gate, play } = await start(t, OPEN);
	const api = local(gate);
	await gate.grant('gone', { rec: 'p' });
	await gate.mustRun(['grant', 'revoke', 'gone']);
	await gate.addServer('other', 'http://127.0.0.1:9/mcp');
	const fails = async (body, pointer, detail) => {
		const r = (await api.post('/playground', { grant: 'dev', server: 'rec', tool: 'echo', ...body })).is(422, detail);
		assert.equal(r.json.errors[0].pointer, pointer);
	};
	await fails({ grant: 'nobody' }, '/grant');
	await fails({ grant: 'gone' }, '/grant', /revoked/);
	await fails({ server: 'other' }, '/grant', /does not reach/);
	await fails({ server: '' }, '/server');
	await fails({ tool: '' }, '/tool');
	await fails({ tool: 'x'.repeat(129) }, '/tool');
	await fails({ arguments: [1] }, '/arguments');
	await fails({ more: 1 }, '/more');
	assert.equal((await play('x'.repeat(128), {})).is(200).json.decision, 'deny');
	const records = await gate.records();
	assert.equal(records.filter((r) => r.session === 'playground').length, 1);
});

test('servers of either era, over either transport', { skip }, async (t) => {
	const dir = testDir(t);
	writeFileSync(path.join(dir, 'a.txt'), 'hello');
	const eras = (file, ...more) => [process.execPath, path.join(ROOT, 'tests/flow/servers', file), ...more];
	const servers = { files: commandOfFilesystem(dir), 'stdio-legacy': eras('eras-v1.mjs'), 'stdio-modern': eras('eras-v2.mjs'), both: eras('eras-v2.mjs', 'both'),
		'http-legacy': (await startRecorder(t, 'http')).where, 'http-v1': (await startEverything(t)).url };
	const gate = await startGate(t, { servers, policies: { p: OPEN } });
	await gate.grant('dev', Object.fromEntries(Object.keys(servers).map((name) => [name, 'p'])));
	const read = await local(gate).good('POST', '/playground', { grant: 'dev', server: 'files', tool: 'read_text_file', arguments: { path: path.join(dir, 'a.txt') } });
	assert.equal(read.result.content[0].text, 'hello');
	for (const server of Object.keys(servers).slice(1)) {
		const r = await local(gate).good('POST', '/playground', { grant: 'dev', server, tool: 'echo', arguments: { text: 'hi', message: 'hi' } });
		assert.deepEqual([server, r.decision, r.outcome], [server, 'allow', 'ok'], JSON.stringify(r));
	}
});

test('a server that fails, is slow, says much or asks back', { skip }, async (t) => {
	const { play } = await start(t, { version: '1', default: 'allow', tools: { hang: { timeout_ms: 300 }, big: {} } });
	const outcome = async (tool, args) => (await play(tool, args)).is(200).json;
	assert.equal((await outcome('hang', {})).outcome, 'timeout');
	const failed = await outcome('fail', {});
	assert.deepEqual([failed.outcome, failed.error.code], ['rpc_error', -32602]);
	assert.equal((await outcome('tool_error', {})).outcome, 'tool_error');
	assert.equal((await outcome('progress', {})).outcome, 'ok');
	assert.equal((await outcome('log', {})).outcome, 'ok');
	const asked = await outcome('ask_sampling', {});
	assert.ok(asked.result || asked.error, 'nobody is there to be asked, and it ends');
	const fits = await outcome('big', { bytes: (4 << 20) - 300 });
	assert.ok(fits.result && fits.result_bytes <= 4 << 20, `${fits.result_bytes}`);
	const over = await outcome('big', { bytes: (4 << 20) + 1 });
	assert.deepEqual([over.result, over.is_left_out], [undefined, true]);
	assert.ok(over.result_bytes > 4 << 20);
});

test('it ends when the person goes', { skip }, async (t) => {
	const { gate, recorder } = await start(t, OPEN);
	const body = JSON.stringify({ grant: 'dev', server: 'rec', tool: 'slow', arguments: {} });
	const req = http.request({ socketPath: path.join(gate.data, 'admin.sock'), method: 'POST', path: '/api/v1/playground', agent: false,
		headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } });
	req.on('error', () => {});
	req.end(body);
	await until('the server has it', () => recorder.entries('message').some((m) => m.text.includes('"slow"')));
	req.destroy();
	const records = await gate.recordsWhen((all) => all.some((r) => r.tool === 'slow' && r.outcome === 'cancelled'));
	assert.equal(records.find((r) => r.tool === 'slow').session, 'playground');
	recorder.letGo();
});

test('the same request again gets the first answer, and calls nothing', { skip }, async (t) => {
	const { recorder, play } = await start(t, OPEN);
	const key = { headers: { 'idempotency-key': 'once' } };
	const first = (await play('wipe', {}, key)).is(200);
	const again = (await play('wipe', {}, key)).is(200);
	assert.equal(again.json.record_id, first.json.record_id);
	assert.equal(again.headers['idempotency-replayed'], 'true');
	(await play('echo', {}, key)).is(422);
	assert.equal(recorder.calls().length, 1);
});
