// Approvals: a call waits for a person, and passes once.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import test from 'node:test';
import { connectHttp, textOf, types } from './lib/client.mjs';
import { atEnd } from './lib/ending.mjs';
import { HttpFace } from './lib/face.mjs';
import { startGate } from './lib/gate.mjs';
import { startRecorder } from './lib/recorder.mjs';
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
