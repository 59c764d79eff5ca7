// Flows: what an agent did changes what it may do, for clients of both eras, over servers and restarts.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { atEnd } from './lib/ending.mjs';
import { ROOT, startGate } from './lib/gate.mjs';
import { HttpFace } from './lib/face.mjs';
import { Process } from './lib/process.mjs';
import { connectHttp, textOf } from './lib/client.mjs';
import { until } from './lib/wait.mjs';

const LABELS = { read: ['reads_private'], search: ['reads_untrusted'], send: ['sends_out'], wipe: ['destroys'] };
const LEAK = { name: 'no-exfiltration', after: ['reads_private', 'reads_untrusted'], refuse: ['sends_out'],
               reason: 'private data and untrusted text met in this session' };
const policy = (flows, more = {}) => ({ version: '1', default: 'allow', labels: LABELS, flows, resources: { default: 'allow' }, prompts: { default: 'allow' }, ...more });

async function startOffice(t) {
	const office = new Process([process.execPath, path.join(ROOT, 'tests/flow/servers/office.mjs')], { name: 'office' });
	atEnd(t, () => office.stop());
	const line = await office.line(/^port \d+$/);
	return `http://127.0.0.1:${line.slice(5)}/mcp`;
}

// policies: { server: document }
async function start(t, policies) {
	const where = await startOffice(t);
	const names = Object.keys(policies);
	return startGate(t, { servers: Object.fromEntries(names.map((n) => [n, where])),
	                      policies: Object.fromEntries(names.map((n) => [`p-${n}`, policies[n]])),
	                      rights: Object.fromEntries(names.map((n) => [n, `p-${n}`])) });
}

async function connectModern(t, url, token) {
	const client = new Client({ name: 'flow', version: '2.0' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
	atEnd(t, () => client.close());
	await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { authorization: `Bearer ${token}` } } }));
	return client;
}

const call = (client, name, args = {}) => client.callTool({ name, arguments: args });
async function passes(client, name, args) {
	const r = await call(client, name, args);
	assert.ok(!/POLICY DENIED/.test(textOf(r)), textOf(r));
}
async function refused(client, name, args, rule = '/flows/no-exfiltration') {
	const r = await call(client, name, args);
	assert.match(textOf(r), /^\[POLICY DENIED\] /);
	assert.equal(r._meta['io.gatehouse/decision'].rule, rule);
	return textOf(r);
}

test('a session that read private data and untrusted text sends nothing out', async (t) => {
	const gate = await start(t, { a: policy([LEAK]) });
	const client = await connectHttp(t, gate.url('a'), gate.token);
	const other = await connectHttp(t, gate.url('a'), gate.token);
	await passes(client, 'read');
	await passes(client, 'send');
	await passes(client, 'search', { text: 'is an error' });
	assert.match(await refused(client, 'send'), /private data and untrusted text met/);
	await passes(client, 'plain');
	await passes(other, 'send');
	const records = await gate.recordsWhen((all) => all.some((r) => r.rule === '/flows/no-exfiltration'));
	const denied = records.find((r) => r.tool === 'send' && r.decision === 'deny');
	assert.equal(denied['session.labels'], 'reads_private sends_out reads_untrusted');
	assert.ok(records.every((r) => r === denied || !('session.labels' in r)));
});

test('only what was delivered counts', async (t) => {
	const gate = await start(t, { a: policy([LEAK], { tools: { search: { deny_if: [{ conditions: [{ path: 'args.to', op: 'eq', value: 'x' }] }] } } }) });
	const client = await connectHttp(t, gate.url('a'), gate.token);
	await passes(client, 'read');
	await assert.rejects(call(client, 'search', { text: 'fail' }));
	assert.match(textOf(await call(client, 'search', { to: 'x' })), /POLICY DENIED/);
	await passes(client, 'send');
	await passes(client, 'search');
	await refused(client, 'send');
});

for (const how of ['stop', 'kill'])
	test(`a restart forgets nothing: ${how}`, async (t) => {
		const gate = await start(t, { a: policy([LEAK]) });
		const face = new HttpFace(gate.url('a'), gate.token);
		await face.open();
		await face.call('read');
		await face.call('search');
		const modern = await connectModern(t, gate.url('a'), await gate.grant('modern', { a: 'p-a' }));
		const token = await gate.grant('modern2', { a: 'p-a' });
		const again = await connectModern(t, gate.url('a'), token);
		await passes(again, 'read');
		await passes(again, 'search');
		await passes(modern, 'read');
		if (how === 'stop')
			await gate.stop();
		else
			await gate.kill();
		await gate.start();
		face.url = gate.url('a');
		const m = await face.call('send');
		assert.equal(m.result._meta['io.gatehouse/decision'].rule, '/flows/no-exfiltration');
		await refused(await connectModern(t, gate.url('a'), token), 'send');
	});

test('clients without sessions share the window of their grant', async (t) => {
	const gate = await start(t, { a: policy([LEAK]) });
	const one = await connectModern(t, gate.url('a'), gate.token);
	const two = await connectModern(t, gate.url('a'), gate.token);
	const stranger = await connectModern(t, gate.url('a'), await gate.grant('other', { a: 'p-a' }));
	await passes(one, 'read');
	await passes(two, 'search');
	await refused(one, 'send');
	await refused(two, 'send');
	await passes(stranger, 'send');
});

test('the same repository may be written to', async (t) => {
	const gate = await start(t, { a: policy([{ ...LEAK, unless_same: 'args.repo' }]) });
	const client = await connectHttp(t, gate.url('a'), gate.token);
	await passes(client, 'read', { repo: 'one' });
	await passes(client, 'search', { repo: 'one' });
	await passes(client, 'send', { repo: 'one' });
	await refused(client, 'send', { repo: 'two' });
	await refused(client, 'send', {});
	await passes(client, 'read', { repo: 'two' });
	await refused(client, 'send', { repo: 'one' });
	await refused(client, 'send', { repo: 'two' });
});

test('one session goes over several servers', async (t) => {
	const gate = await start(t, { a: policy([]), b: policy([LEAK]) });
	const client = await connectHttp(t, `http://127.0.0.1:${gate.port}/mcp`, gate.token);
	await passes(client, 'a__read');
	await passes(client, 'b__send');
	await passes(client, 'a__search');
	await refused(client, 'b__send');
	await passes(client, 'a__send');
});

test('resources and prompts read what others wrote', async (t) => {
	const gate = await start(t, { a: policy([LEAK]), b: policy([LEAK], { labels: { ...LABELS, 'resources/read': ['reads_private'], 'prompts/get': [] } }) });
	const client = await connectHttp(t, gate.url('a'), gate.token);
	await passes(client, 'read');
	await client.readResource({ uri: 'office://note' });
	await refused(client, 'send');
	const prompted = await connectHttp(t, gate.url('a'), gate.token);
	await passes(prompted, 'read');
	await prompted.getPrompt({ name: 'greet' });
	await refused(prompted, 'send');
	const own = await connectHttp(t, gate.url('b'), gate.token);
	await passes(own, 'search');
	await own.getPrompt({ name: 'greet' });
	await passes(own, 'send');
	await own.readResource({ uri: 'office://note' });
	await refused(own, 'send');
});

test('an address that stood first in a text of others is not written to', async (t) => {
	const deny = [{ conditions: [{ path: 'args.to', op: 'seen_in', value: { labels: ['reads_untrusted'], where: 'text', kinds: ['mail'] } }], on_deny: 'from a text of others' }];
	const gate = await start(t, { a: policy([], { tools: { send: { deny_if: deny } } }) });
	const client = await connectHttp(t, gate.url('a'), gate.token);
	await passes(client, 'plain', { text: 'ann' });
	await passes(client, 'search', { text: 'inbox' });
	await passes(client, 'send', { to: 'ann@a.example' });
	await passes(client, 'send', { to: 'you@home.example' });
	assert.match(textOf(await call(client, 'send', { to: 'Eve <EVE@evil.example>' })), /from a text of others/);
	await client.readResource({ uri: 'office://note' });
	assert.match(textOf(await call(client, 'send', { to: 'mallory@evil.example' })), /from a text of others/);
	const other = await connectHttp(t, gate.url('a'), gate.token);
	await passes(other, 'send', { to: 'eve@evil.example' });
	await gate.kill();
	await gate.start();
	const again = new HttpFace(gate.url('a'), gate.token);
	again.session = client.transport.sessionId;
	const m = await again.call('send', { to: 'eve@evil.example' });
	assert.match(m.result.content[0].text, /from a text of others/);
});

test('a person may agree, and what was read meanwhile still counts', async (t) => {
	const ask = { name: 'ask', after: ['reads_private'], refuse: ['sends_out'], unless: 'approval', reason: 'private data would leave' };
	const gate = await start(t, { a: policy([ask, LEAK], { approvals: { hold: '40s' } }) });
	const pending = () => until('somebody is asked', async () => (await gate.json(['approval', 'list']))[0]);
	const face = new HttpFace(gate.url('a'), gate.token);
	await face.open();
	await face.call('read');
	const first = face.call('send', { to: 'one' });
	await gate.mustRun(['approval', 'approve', (await pending()).id]);
	assert.equal((await first).result.content[0].text, 'nothing', 'with a yes it passes');
	const second = face.call('send', { to: 'two' });
	const { id } = await pending();
	await face.call('search');
	await gate.mustRun(['approval', 'approve', id]);
	assert.equal((await second).result._meta['io.gatehouse/decision'].rule, '/flows/no-exfiltration', 'what came while it waited is not passed over');
});

test('a session counts its calls', async (t) => {
	const many = { all_tools: { deny_if: [{ conditions: [{ path: 'session.calls', op: 'gte', value: 3 }], on_deny: 'three calls are enough' }] } };
	const gate = await start(t, { a: policy([], many) });
	const client = await connectHttp(t, gate.url('a'), gate.token);
	for (let i = 0; i < 3; i++)
		await passes(client, 'plain');
	assert.match(textOf(await call(client, 'plain')), /three calls are enough/);
	await passes(await connectHttp(t, gate.url('a'), gate.token), 'plain');
});
