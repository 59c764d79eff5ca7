// Approvals: a call waits for a person, and passes once.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { cpSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import test from 'node:test';
import { Client as Modern, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { connectHttp, textOf, types } from './lib/client.mjs';
import { atEnd } from './lib/ending.mjs';
import { HttpFace, PipeFace } from './lib/face.mjs';
import { Gate, PROGRAM, environment, startGate, testDir } from './lib/gate.mjs';
import { findPostgres, startPostgres } from './lib/postgres.mjs';
import { run } from './lib/process.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { Store, storeProgram } from './lib/store.mjs';
import { until } from './lib/wait.mjs';

const ask = (more = {}) => ({ version: '1', default: 'deny', tools: { echo: {}, wipe: { action: 'require_approval', reason: 'wiping needs a yes', hold: '0s', ...more } } });

async function open(t, policy, { config = '', expectErrors = [], grant = [] } = {}) {
	const server = await startRecorder(t, 'http');
	const gate = await startGate(t, { servers: { a: server.where }, policies: { p: policy }, config, expectErrors });
	gate.token = await gate.grant('test', { a: 'p' }, ['--subject', 'alice@example.com', ...grant]);
	const face = await openFace(gate);
	return { server, gate, face };
}

async function openFace(gate, token = gate.token) {
	const f = new HttpFace(gate.url('a'), token);
	await f.open();
	return f;
}

const decisionOf = (m) => (m.result ?? m)._meta['io.gatehouse/decision'];
const passed = (m) => m.result !== undefined && m.result.isError !== true;
const pending = (gate) => gate.json(['approval', 'list']);

test('retry: the same call passes once it is approved, and once only', async (t) => {
	const { server, gate, face } = await open(t, ask());
	const first = await face.call('wipe', { what: 'all' });
	assert.ok(first.result.isError);
	assert.match(first.result.content[0].text, /^\[APPROVAL REQUIRED\] wiping needs a yes/);
	const { approvalId, rule, decisionId } = decisionOf(first);
	assert.ok(approvalId && decisionId && rule, JSON.stringify(first));
	assert.match(first.result.content[0].text, new RegExp(`gatehouse approval approve ${approvalId}`));
	assert.equal(decisionOf(await face.call('wipe', { what: 'all' })).approvalId, approvalId, 'asking again asks nobody anew');
	const shown = await gate.json(['approval', 'show', approvalId]);
	assert.deepEqual(shown.arguments, { what: 'all' });
	assert.equal(shown.tool, 'wipe');
	assert.equal(shown.grant.subject, 'alice@example.com');
	const other = await face.call('wipe', { what: 'some' });
	assert.notEqual(decisionOf(other).approvalId, approvalId, 'other arguments are another approval');
	await gate.mustRun(['approval', 'approve', approvalId, '--note', 'fine']);
	assert.ok(!passed(await face.call('wipe', { what: 'some' })), 'it is not for other arguments');
	assert.equal(server.calls('wipe').length, 0);
	const pass = await face.call('wipe', { what: 'all' });
	assert.ok(passed(pass), JSON.stringify(pass));
	const again = await face.call('wipe', { what: 'all' });
	assert.ok(!passed(again) && decisionOf(again).approvalId !== approvalId);
	assert.equal(server.calls('wipe').length, 1);
	const records = await gate.recordsWhen((all) => all.filter((r) => r.approval === approvalId).length >= 4 && all.some((r) => r.method === 'approvals/vote'));
	const of = records.filter((r) => r.approval === approvalId);
	assert.ok(of.some((r) => r.decision === 'approve' && r.method === 'tools/call'));
	assert.ok(of.some((r) => r.decision === 'allow' && r.tool === 'wipe' && r.method === 'tools/call'));
	assert.ok(of.some((r) => r.method === 'approvals/vote' && /fine/.test(r.message)));
	const used = await gate.json(['approval', 'show', approvalId]);
	assert.equal(used.state, 'used');
	assert.equal(of.find((r) => r.decision === 'allow' && r.method === 'tools/call').id, used.record);
});

test('a denial is told with its note, and nothing passes', async (t) => {
	const { server, gate, face } = await open(t, ask());
	const { approvalId } = decisionOf(await face.call('wipe'));
	await gate.mustRun(['approval', 'deny', approvalId, '--note', 'not on a Friday']);
	const m = await face.call('wipe');
	assert.match(m.result.content[0].text, /^\[POLICY DENIED\] .*denied by unix:.*not on a Friday/);
	assert.equal((await gate.command(['approval', 'approve', approvalId])).code, 1, 'what is decided is decided');
	assert.equal(server.calls('wipe').length, 0);
});

test('approved before a restart, it passes after it', async (t) => {
	const { server, gate, face } = await open(t, ask());
	const { approvalId } = decisionOf(await face.call('wipe', { n: 1 }));
	await gate.mustRun(['approval', 'approve', approvalId]);
	await gate.stop();
	await gate.start();
	const again = await openFace(gate);
	assert.ok(passed(await again.call('wipe', { n: 1 })));
	assert.ok(!passed(await again.call('wipe', { n: 1 })));
	assert.equal(server.calls('wipe').length, 1);
});

test('of a hundred retries at once, one passes', async (t) => {
	const { server, gate, face } = await open(t, { ...ask(), all_tools: { limits: [{ counter: 'any', window: 'day', max: 1000 }] } });
	const { approvalId } = decisionOf(await face.call('wipe', { n: 1 }));
	await gate.mustRun(['approval', 'approve', approvalId]);
	const all = await Promise.all(Array.from({ length: 100 }, () => face.call('wipe', { n: 1 })));
	assert.equal(all.filter(passed).length, 1);
	assert.equal(server.calls('wipe').length, 1);
});

test('whom the grant speaks for cannot approve, and a quorum needs different people', async (t) => {
	const { server, gate, face } = await open(t, ask({ quorum: 2 }));
	const token = async (name, subject) => (await gate.json(['approver', 'add', name, '--subject', subject])).token;
	const [alice, bob, carl] = [await token('alice', 'Alice@example.com'), await token('bob', 'bob@example.com'), await token('carl', 'carl@example.com')];
	const { approvalId } = decisionOf(await face.call('wipe'));
	const api = async (who, verb, method = 'POST', body = '') => {
		const r = await fetch(`http://127.0.0.1:${gate.port}/api/v1/approvals/${approvalId}${verb}`, { method, headers: { authorization: `Bearer ${who}` }, body: method === 'POST' ? body : undefined });
		return { status: r.status, body: await r.json() };
	};
	assert.equal((await api('gha_wrong', '/approve')).status, 401);
	assert.equal((await api(gate.token, '/approve')).status, 401, 'the token of a grant is none of an approver');
	assert.equal((await api(alice, '/approve')).status, 403);
	assert.equal((await api(bob, '/approve', 'POST', '{"note":"one"}')).body.yes, 1);
	assert.equal((await api(bob, '/approve')).status, 409);
	assert.equal((await api(bob, '', 'GET')).body.arguments_bytes, 2);
	assert.ok(!passed(await face.call('wipe')));
	assert.equal((await api(carl, '/approve')).body.state, 'approved');
	assert.ok(passed(await face.call('wipe')));
	await gate.mustRun(['approver', 'revoke', 'bob']);
	assert.equal((await api(bob, '', 'GET')).status, 401);
	assert.equal(server.calls('wipe').length, 1);
});

test('an approval that expired lets nothing through', async (t) => {
	const { server, gate, face } = await open(t, ask({ expires: '1s' }));
	const { approvalId } = decisionOf(await face.call('wipe'));
	await gate.mustRun(['approval', 'approve', approvalId]);
	await until('it has expired', async () => (await gate.json(['approval', 'show', approvalId])).state === 'expired');
	const m = await face.call('wipe');
	assert.ok(!passed(m));
	assert.notEqual(decisionOf(m).approvalId, approvalId);
	assert.equal(server.calls('wipe').length, 0);
});

test('nobody is asked for what a limit would refuse', async (t) => {
	const { gate, face } = await open(t, ask({ limits: [{ counter: 'few', window: 'day', max: 1 }] }));
	const { approvalId } = decisionOf(await face.call('wipe', { n: 1 }));
	await gate.mustRun(['approval', 'approve', approvalId]);
	assert.ok(passed(await face.call('wipe', { n: 1 })));
	const m = await face.call('wipe', { n: 2 });
	assert.match(m.result.content[0].text, /^\[POLICY DENIED\]/);
	assert.match(decisionOf(m).rule, /limits\/few/);
	assert.deepEqual(await pending(gate), []);
});

test('hold: the call goes on when a person decides, with progress meanwhile', async (t) => {
	const { server, gate, face } = await open(t, ask({ hold: '30s' }));
	const held = face.call('wipe', { n: 1 }, { progressToken: 'p1' });
	const [{ id }] = await until('somebody is asked', async () => { const all = await pending(gate); return all.length ? all : null; });
	await until('the client is told to wait', () => face.heard.some((m) => m.method === 'notifications/progress' && m.params.progressToken === 'p1'));
	assert.equal(server.calls('wipe').length, 0);
	await gate.mustRun(['approval', 'approve', id]);
	assert.ok(passed(await held));
	const denied = face.call('wipe', { n: 2 });
	const [other] = await until('somebody is asked', async () => { const all = await pending(gate); return all.length ? all : null; });
	await gate.mustRun(['approval', 'deny', other.id, '--note', 'no more']);
	assert.match((await denied).result.content[0].text, /^\[POLICY DENIED\].*no more/);
	assert.equal(server.calls('wipe').length, 1);
	const records = await gate.recordsWhen((all) => all.filter((r) => r.approval === id && r.method === 'approvals/ask').length === 1);
	assert.ok(records.some((r) => r.approval === id && r.decision === 'allow' && r.tool === 'wipe'));
});

test('hold: when nobody decides, the client is told to come again, and a client that goes leaves the question', async (t) => {
	const { server, gate, face } = await open(t, ask({ hold: '1s' }));
	const m = await face.call('wipe', { n: 1 });
	assert.match(m.result.content[0].text, /^\[APPROVAL REQUIRED\]/);
	const gone = new AbortController();
	const f = await openFace(gate);
	const held = f.post(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'wipe', arguments: { n: 2 } } }), { signal: gone.signal }).catch(() => null);
	const waiting = await until('both are asked for', async () => { const all = await pending(gate); return all.length === 2 ? all : null; });
	gone.abort();
	await held;
	const second = waiting.find((a) => a.id !== decisionOf(m).approvalId);
	await gate.mustRun(['approval', 'approve', second.id]);
	assert.ok(passed(await face.call('wipe', { n: 2 })), 'it is there for the next call');
	assert.equal(server.calls('wipe').length, 1);
});

test('hold: with the official SDK client', async (t) => {
	const { server, gate } = await open(t, ask({ hold: '30s' }));
	const client = await connectHttp(t, gate.url('a'), gate.token);
	const held = client.callTool({ name: 'wipe', arguments: { n: 1 } }, undefined, { onprogress: () => {}, resetTimeoutOnProgress: true });
	const [{ id }] = await until('somebody is asked', async () => { const all = await pending(gate); return all.length ? all : null; });
	await gate.mustRun(['approval', 'approve', id]);
	assert.ok(!(await held).isError);
	const retried = await client.callTool({ name: 'echo', arguments: {} });
	assert.ok(!retried.isError, textOf(retried));
	assert.equal(server.calls('wipe').length, 1);
});

const URL_CONFIG = 'approvals:\n  url: "https://gate.example.com"\n';

test('ask: a client of 2025-11-25 that can open pages is sent there', async (t) => {
	const { server, gate } = await open(t, ask(), { config: URL_CONFIG });
	const asked = [];
	const client = await connectHttp(t, gate.url('a'), gate.token, {
		capabilities: { elicitation: { url: {} } },
		handlers: [[types.ElicitRequestSchema, (r) => { asked.push(r.params); return { action: asked.length > 1 ? 'decline' : 'accept' }; }]],
	});
	const held = client.callTool({ name: 'wipe', arguments: { n: 1 } });
	await until('the client is asked', () => asked.length === 1);
	const [{ id }] = await pending(gate);
	assert.equal(asked[0].mode, 'url');
	assert.equal(asked[0].url, `https://gate.example.com/approve/${id}`);
	await gate.mustRun(['approval', 'approve', id]);
	assert.ok(!(await held).isError);
	const declined = await client.callTool({ name: 'wipe', arguments: { n: 2 } });
	assert.match(textOf(declined), /^\[APPROVAL REQUIRED\].*https:\/\/gate\.example\.com\/approve\//s);
	assert.equal(server.calls('wipe').length, 1);
});

async function connectModern(t, gate, { capabilities = {}, onElicit } = {}) {
	const client = new Modern({ name: 'flow', version: '2.0' }, { capabilities, versionNegotiation: { mode: { pin: '2026-07-28' } } });
	if (onElicit)
		client.setRequestHandler('elicitation/create', onElicit);
	atEnd(t, () => client.close());
	await client.connect(new ModernTransport(new URL(gate.url('a')), { requestInit: { headers: { authorization: `Bearer ${gate.token}` } } }));
	return client;
}

test('a client of 2026-07-28: retry, hold and ask', async (t) => {
	const { server, gate } = await open(t, ask(), { config: URL_CONFIG });
	const plain = await connectModern(t, gate);
	const first = await plain.callTool({ name: 'wipe', arguments: { n: 1 } });
	assert.match(textOf(first), /^\[APPROVAL REQUIRED\]/);
	await gate.mustRun(['approval', 'approve', first._meta['io.gatehouse/decision'].approvalId]);
	assert.ok(!(await plain.callTool({ name: 'wipe', arguments: { n: 1 } })).isError);
	const asked = [];
	const client = await connectModern(t, gate, {
		capabilities: { elicitation: { url: {} } },
		onElicit: async (r) => {
			asked.push(r.params);
			const [{ id }] = await pending(gate);
			await gate.mustRun(['approval', 'approve', id]);
			return { action: 'accept' };
		},
	});
	const m = await client.callTool({ name: 'wipe', arguments: { n: 2 } });
	assert.ok(!m.isError, textOf(m));
	assert.equal(asked.length, 1);
	assert.match(asked[0].url, /^https:\/\/gate\.example\.com\/approve\//);
	assert.equal(server.calls('wipe').length, 2);
	assert.ok(!server.texts().some((x) => /requestState|inputResponses/.test(x)), 'what was said to the gate stays there');
	await gate.applyPolicy('p', ask({ hold: '30s' }));
	const held = plain.callTool({ name: 'wipe', arguments: { n: 3 } });
	const [{ id }] = await until('somebody is asked', async () => { const all = await pending(gate); return all.length ? all : null; });
	await gate.mustRun(['approval', 'approve', id]);
	assert.ok(!(await held).isError);
});

test('every door: all servers at once, batches, and mode shadow', async (t) => {
	const { server, gate, face } = await open(t, ask());
	const all = new HttpFace(gate.url('').replace(/\/$/, ''), gate.token);
	await all.open();
	const { approvalId } = decisionOf(await all.call('a__wipe', { n: 1 }));
	await gate.mustRun(['approval', 'approve', approvalId]);
	assert.ok(passed(await all.call('a__wipe', { n: 1 })));
	const old = new HttpFace(gate.url('a'), gate.token);
	await old.open('2025-03-26');
	const batch = await old.exchange(JSON.stringify([1, 2].map((n) => ({ jsonrpc: '2.0', id: n, method: 'tools/call', params: { name: 'wipe', arguments: { batch: n } } }))));
	const answers = batch.flat();
	assert.equal(answers.filter((m) => /^\[APPROVAL REQUIRED\]/.test(m.result.content[0].text)).length, 2);
	await gate.applyPolicy('p', { ...ask(), mode: 'shadow' });
	const before = (await pending(gate)).length;
	assert.ok(passed(await face.call('wipe', { shadow: true })), 'mode shadow asks nobody');
	assert.equal((await pending(gate)).length, before);
	assert.equal(server.calls('wipe').length, 2);
});

test('the page: says nothing before a token, shows all of it, and decides', async (t) => {
	const { server, gate, face } = await open(t, ask(), { config: URL_CONFIG });
	const token = (await gate.json(['approver', 'add', 'bob', '--subject', 'bob@example.com'])).token;
	const own = (await gate.json(['approver', 'add', 'alice', '--subject', 'alice@example.com'])).token;
	const args = { html: '<script>alert(1)</script>', bidi: 'a\u202eb', long: 'x'.repeat(70000) };
	const { approvalId } = decisionOf(await face.call('wipe', args));
	const url = `http://127.0.0.1:${gate.port}/approve/${approvalId}`;
	const post = async (fields) => {
		const r = await fetch(url, { method: 'POST', body: new URLSearchParams(fields) });
		return { status: r.status, text: await r.text(), headers: r.headers };
	};
	const blank = await fetch(url);
	const text = await blank.text();
	assert.equal(blank.status, 200);
	assert.ok(!text.includes('wipe') && !text.includes('alert'), 'nothing is said to strangers');
	assert.match(blank.headers.get('content-security-policy'), /default-src 'none'/);
	assert.equal(blank.headers.get('set-cookie'), null);
	assert.equal((await post({ token: 'gha_wrong' })).status, 401);
	assert.equal((await post({ decision: 'approve' })).status, 401);
	const shown = await post({ token });
	assert.equal(shown.status, 200);
	assert.ok(shown.text.includes('wipe') && shown.text.includes('&lt;script&gt;') && !shown.text.includes('<script'));
	assert.ok(shown.text.includes('U+202E') && !shown.text.includes('\u202e'), 'what turns text is shown');
	assert.match(shown.text, /Only the first 65536 of 7\d{4} bytes/);
	const visit = (page) => /name="visit" value="([^"]+)"/.exec(page.text)[1];
	const refused = await post({ visit: visit(await post({ token: own })), decision: 'approve' });
	assert.equal(refused.status, 403);
	assert.match(refused.text, /works for you/);
	assert.equal((await post({ visit: `${visit(shown).slice(0, -2)}AA`, decision: 'approve' })).status, 401, 'a changed seal is none');
	const done = await post({ visit: visit(shown), decision: 'approve', note: 'fine\nby me' });
	assert.equal(done.status, 200);
	assert.match(done.text, /It is approved\./);
	assert.ok(passed(await face.call('wipe', args)));
	assert.equal(server.calls('wipe').length, 1);
});

// A receiver that fails `failures` times, then takes what it is told.
async function startReceiver(t, failures) {
	const got = [];
	const receiver = createServer((req, res) => {
		const parts = [];
		req.on('data', (b) => parts.push(b));
		req.on('end', () => {
			got.push({ headers: req.headers, body: Buffer.concat(parts) });
			res.statusCode = got.length <= failures ? 500 : 200;
			res.end();
		});
	});
	await new Promise((resolve) => { receiver.listen(0, '127.0.0.1', resolve); });
	atEnd(t, () => new Promise((resolve) => { receiver.close(resolve); receiver.closeAllConnections(); }));
	return { got, url: `http://127.0.0.1:${receiver.address().port}/hook` };
}

function checkSignature(m, secret) {
	const [, seconds, hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(m.headers['gatehouse-signature']);
	assert.ok(Math.abs(Date.now() / 1000 - Number(seconds)) < 300);
	assert.equal(createHmac('sha256', secret).update(`${seconds}.`).update(m.body).digest('hex'), hex);
	return JSON.parse(m.body);
}

test('webhooks: signed, sent again, over a restart, and without the arguments', async (t) => {
	const receiver = await startReceiver(t, 2);
	const config = `approvals:\n  url: "https://gate.example.com"\n  webhook_url: "${receiver.url}"\n  webhook_secret: "sesame"\n`;
	const { gate, face } = await open(t, ask(), { config });
	const { approvalId } = decisionOf(await face.call('wipe', { secret: 'do-not-tell <b>' }));
	await until('it was told once', () => receiver.got.length >= 1);
	await gate.stop();
	await gate.start();
	await until('it is told again', () => receiver.got.length >= 3, 40000);
	const first = checkSignature(receiver.got[0], 'sesame'), third = checkSignature(receiver.got[2], 'sesame');
	assert.equal(receiver.got[0].headers['gatehouse-delivery'], receiver.got[2].headers['gatehouse-delivery']);
	for (const body of [first, third]) {
		assert.equal(body.event, 'approval.created');
		assert.equal(body.approval.id, approvalId);
		assert.equal(typeof body.text, 'string');
		assert.equal(body.blocks[0].text.type, 'mrkdwn');
		assert.ok(body.text.includes(`https://gate.example.com/approve/${approvalId}`));
	}
	assert.ok(!receiver.got.some((m) => m.body.includes('do-not-tell')), 'values stay here');
	await gate.mustRun(['approval', 'deny', approvalId, '--note', 'no']);
	await until('the decision is told', () => receiver.got.length >= 4, 20000);
	assert.equal(checkSignature(receiver.got[3], 'sesame').event, 'approval.denied');
	const shown = await until('both are delivered', async () => {
		const a = await gate.json(['approval', 'show', approvalId]);
		return a.webhooks.length === 2 && a.webhooks.every((w) => w.state === 'delivered') ? a : null;
	});
	assert.ok(shown.webhooks[0].attempts >= 3);
	assert.ok(!gate.log().some((l) => l.includes('/hook')), 'the address of a webhook is a secret');
});

test('beside gatehouse wrap approvals are decided without a gate that listens', async (t) => {
	const dir = testDir(t);
	const server = await startRecorder(t, 'stdio');
	writeFileSync(`${dir}/p.json`, JSON.stringify(ask({ hold: '30s' })));
	const face = new PipeFace(t, [PROGRAM, 'wrap', '--policy', `${dir}/p.json`, '--data-dir', `${dir}/data`, '--', ...server.where], { dir });
	await face.open();
	const held = face.call('wipe', { n: 1 });
	const cli = async (args) => {
		const r = await run([PROGRAM, ...args, '--data-dir', `${dir}/data`, '--json'], { env: environment(dir), cwd: dir });
		assert.equal(r.code, 0, r.err);
		return JSON.parse(r.out);
	};
	const [{ id }] = await until('somebody is asked', async () => { const all = await cli(['approval', 'list']); return all.length ? all : null; });
	assert.equal((await cli(['approval', 'approve', id])).state, 'approved');
	assert.ok(passed(await held));
	assert.equal(server.calls('wipe').length, 1);
});

test('two gates that share PostgreSQL and Valkey or Redis: decided at one, used once at either', { skip: findPostgres() ? false : 'PostgreSQL is not installed' }, async (t) => {
	const url = await startPostgres(t);
	const store = storeProgram() ? await new Store(t).start() : null;
	if (!store)
		t.diagnostic('neither valkey-server nor redis-server is installed: counters are not shared here');
	const config = `approvals:\n  database: "${url}"\n${store ? `counters:\n  url: "${store.url}"\n  timeout: 5s\n` : ''}`;
	const limits = store ? [{ counter: 'wipes', window: 'month', max: 2 }] : [];
	const expectErrors = [/counters: the store cannot be used/];
	const { server, gate: a } = await open(t, ask({ limits }), { config, expectErrors });
	await a.stop();
	const b = new Gate(t, { config, expectErrors });
	cpSync(a.data, b.data, { recursive: true, filter: (from) => !from.endsWith('.sock') });
	await a.start();
	await b.start();
	for (const gate of [a, b])
		await until('it is ready', async () => (await fetch(`http://127.0.0.1:${gate.port}/readyz`)).ok);
	const [fa, fb] = [await openFace(a), await openFace(b, a.token)];
	const { approvalId } = decisionOf(await fa.call('wipe', { n: 1 }));
	assert.equal(decisionOf(await fb.call('wipe', { n: 1 })).approvalId, approvalId, 'both ask the same');
	assert.deepEqual((await b.json(['approval', 'show', approvalId])).arguments, { n: 1 });
	await b.mustRun(['approval', 'approve', approvalId]);
	const all = await Promise.all(Array.from({ length: 100 }, (_, i) => (i % 2 ? fa : fb).call('wipe', { n: 1 })));
	assert.equal(all.filter(passed).length, 1);
	assert.equal(server.calls('wipe').length, 1);
	await a.applyPolicy('p', ask({ hold: '30s', limits }));
	const held = fa.call('wipe', { n: 2 });
	const waiting = await until('somebody is asked', async () => (await pending(b)).find((x) => x.hints && x.arguments_bytes === 7 && x.id !== approvalId));
	const shown = await Promise.all((await pending(b)).map((x) => b.json(['approval', 'show', x.id])));
	const { id } = shown.find((x) => x.arguments.n === 2) ?? waiting;
	await b.mustRun(['approval', 'approve', id]);
	assert.ok(passed(await held), 'what is decided at one gate lets the other go on');
	assert.equal(server.calls('wipe').length, 2);
	if (!store)
		return;
	for (const f of [fa, fb])
		assert.match(decisionOf(await f.call('wipe', { n: 3 })).rule, /limits\/wipes/, 'the lost ones gave back what they had reserved, the two that passed did not');
});

test('hold: of many that wait for the same yes, one passes', async (t) => {
	const { server, gate } = await open(t, ask({ hold: '20s' }));
	const faces = await Promise.all(Array.from({ length: 10 }, () => openFace(gate)));
	const held = faces.map((f) => f.call('wipe', { n: 1 }));
	const [{ id }] = await until('somebody is asked', async () => { const all = await pending(gate); return all.length ? all : null; });
	await gate.mustRun(['approval', 'approve', id]);
	const passing = await Promise.race(held.map((p) => p.then((m) => (passed(m) ? m : new Promise(() => {})))));
	assert.ok(passing);
	const late = await until('the others ask anew', async () => { const all = await pending(gate); return all.length ? all : null; }, 5000).catch(() => []);
	for (const a of late)
		await gate.mustRun(['approval', 'deny', a.id]);
	const all = await Promise.all(held);
	assert.equal(all.filter(passed).length, 1);
	assert.equal(server.calls('wipe').length, 1);
});

test('hold: so many calls of one grant, and no more', async (t) => {
	const { server, gate } = await open(t, ask({ hold: '60s' }));
	const faces = await Promise.all(Array.from({ length: 65 }, () => openFace(gate)));
	let answered = [];
	const all = faces.map((f) => f.call('wipe', { n: 1 }).then((m) => { answered.push(m); return m; }));
	await until('the one past the limit is answered', () => answered.length === 1);
	assert.match(answered[0].result.content[0].text, /^\[APPROVAL REQUIRED\]/);
	const [{ id }] = await pending(gate);
	assert.equal(answered.length, 1, 'those on the limit wait');
	await gate.mustRun(['approval', 'deny', id]);
	answered = [];
	assert.equal((await Promise.all(all)).filter((m) => /denied by/.test(m.result.content[0].text)).length, 64);
	assert.equal(server.calls('wipe').length, 0);
});
