// Tools and their reviews over the API. Every answer is judged by docs/openapi.yaml (lib/api.mjs).
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { local, person } from './lib/api.mjs';
import { connectHttp } from './lib/client.mjs';
import { startGate, testDir } from './lib/gate.mjs';
import { missing } from './lib/openapi.mjs';
import { commandOfEverything, commandOfFilesystem } from './lib/servers.mjs';
import { until } from './lib/wait.mjs';

const skip = missing;

async function start(t, more = {}) {
	const dir = testDir(t);
	mkdirSync(path.join(dir, 'files'));
	const gate = await startGate(t, { servers: { files: commandOfFilesystem(path.join(dir, 'files')), every: commandOfEverything() },
		policies: { read: { version: '1', default: 'deny', tools: { read_text_file: {}, list_directory: {} }, hide: ['write_file'] }, open: { version: '1', default: 'allow' } }, ...more });
	const token = await gate.grant('laptop', { files: 'read', every: 'open' });
	const api = local(gate);
	await until('the servers have said what they have', async () => (await api.get('/tools?limit=1')).is(200).json.unknown_servers === 0, 60000);
	return { gate, api, token };
}

test('all tools are listed, filtered, sorted and counted', { skip }, async (t) => {
	const { gate, api, token } = await start(t);
	const all = (await api.get('/tools?limit=200')).is(200).json;
	assert.equal(all.total, all.tools.length);
	const name = (x) => `${x.server}/${x.name}`;
	assert.ok(all.tools.some((x) => name(x) === 'every/echo') && all.tools.some((x) => name(x) === 'files/read_text_file'));
	const order = ['unknown', 'low', 'medium', 'high', 'critical'];
	const severities = all.tools.map((x) => order.indexOf(x.severity));
	assert.deepEqual(severities, [...severities].sort((a, b) => b - a), 'the most dangerous first');

	const list = async (query) => (await api.get(`/tools?limit=200&${query}`)).is(200).json;
	for (const [query, fits] of [['server=files', (x) => x.server === 'files'], ['severity=high', (x) => x.severity === 'high'],
		['category=read', (x) => x.category === 'read'], ['label=destroys', (x) => x.labels.includes('destroys')], ['state=ok', (x) => x.state === 'ok'],
		['q=READ_text', (x) => /read_text/i.test(x.name + x.description)], ['state=held', (x) => x.is_held]]) {
		const found = await list(query);
		assert.deepEqual(found.tools.map(name).sort(), all.tools.filter(fits).map(name).sort(), query);
		assert.equal(found.total, found.tools.length);
	}
	assert.deepEqual((await list('sort=name')).tools.map((x) => x.name), all.tools.map((x) => x.name).sort());
	const pages = [];
	for (let cursor = ''; cursor !== undefined;) {
		const page = (await api.get(`/tools?sort=server&limit=7${cursor && `&cursor=${cursor}`}`)).is(200).json;
		pages.push(...page.tools.map(name));
		cursor = page.next;
	}
	assert.deepEqual([...pages].sort(), all.tools.map(name).sort());
	assert.deepEqual(pages, [...pages].sort((a, b) => (a.split('/')[0] < b.split('/')[0] ? -1 : a.split('/')[0] > b.split('/')[0] ? 1 : a < b ? -1 : 1)));

	const { facets } = await list('server=files&severity=high');
	assert.equal(facets.severity.low ?? 0, all.tools.filter((x) => x.server === 'files' && x.severity === 'low').length, 'a facet counts what another choice would give');
	assert.equal(facets.server.every ?? 0, all.tools.filter((x) => x.server === 'every' && x.severity === 'high').length);

	const mine = await list('grant=laptop');
	const decision = Object.fromEntries(mine.tools.map((x) => [name(x), x.grants[0].decision]));
	assert.deepEqual([decision['files/read_text_file'], decision['files/write_file'], decision['every/echo']], ['allow', 'hidden', 'allow']);
	assert.deepEqual((await list('grant=laptop&decision=hidden')).tools.map(name).sort(), mine.tools.filter((x) => x.grants[0].decision === 'hidden').map(name).sort());
	for (const [query, parameter] of [['severity=awful', 'severity'], ['category=x', 'category'], ['label=x', 'label'], ['state=x', 'state'], ['sort=x', 'sort'],
		['cursor=x', 'cursor'], ['grant=nobody', 'grant'], ['decision=allow', 'decision'], ['colour=red', 'colour']])
		assert.deepEqual((await api.get(`/tools?${query}`)).is(400).json.errors.map((e) => e.parameter), [parameter], query);

	const client = await connectHttp(t, gate.url('every'), token);
	for (let i = 0; i < 3; i++)
		await client.callTool({ name: 'echo', arguments: { message: 'm' } });
	await until('the calls are counted', async () => (await list('sort=-calls')).tools[0].calls === 3);
	assert.equal(name((await list('sort=-calls')).tools[0]), 'every/echo');
	assert.equal((await list('q=echo&server=every')).tools[0].calls, 3);

	const one = await person(gate, 'olga', 'viewer@every');
	const own = (await one.get('/tools?limit=200')).is(200).json;
	assert.deepEqual(own.tools.map(name).sort(), all.tools.filter((x) => x.server === 'every').map(name).sort());
	assert.deepEqual(Object.keys(own.facets.server), ['every']);
	(await one.get('/tools/files/read_text_file')).is(404);
});

test('one tool, whole', { skip }, async (t) => {
	const { api, gate, token } = await start(t);
	const x = (await api.get('/tools/files/write_file')).is(200).json;
	assert.equal(x.definition.name, 'write_file');
	assert.equal(x.profile.tool, 'write_file');
	assert.ok(x.profile.evidence.length > 0 && x.attacks.length > 0 && x.attacks[0].sources.length > 0);
	assert.deepEqual(x.grants.map((g) => [g.label, g.policy, g.decision]), [['laptop', 'read', 'hidden']]);
	assert.equal(x.state, 'ok');
	assert.equal(x.pin.state, 'reviewed');
	assert.deepEqual([x.calls, x.calls_by_day.length], [0, 7]);
	const client = await connectHttp(t, gate.url('every'), token);
	await client.callTool({ name: 'echo', arguments: { message: 'm' } });
	await until('the call is counted', async () => (await api.get('/tools/every/echo')).is(200).json.calls === 1);
	(await api.get('/tools/files/nothing')).is(404);
	(await api.get('/tools/nothing/echo')).is(404);
});

test('what waits for a review is listed page by page, and accepted by who may', { skip }, async (t) => {
	const { gate, api } = await start(t, { config: 'pins: { mode: review }\n' });
	const held = (await api.get('/tools?limit=200&state=held')).is(200).json;
	assert.ok(held.total > 10 && held.tools.every((x) => x.state === 'new'));
	const pins = [];
	for (let cursor = ''; cursor !== undefined;) {
		const page = (await api.get(`/pins?limit=5${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)).is(200).json;
		assert.equal(page.total, held.total);
		pins.push(...page.tools);
		cursor = page.next;
	}
	assert.deepEqual(pins.map((p) => `${p.server}/${p.tool}`).sort(), held.tools.map((x) => `${x.server}/${x.name}`).sort());
	const echo = pins.find((p) => p.tool === 'echo');
	const word = { server: 'every', tool: 'echo', pin: echo.waiting.pin, decision: 'accept', note: 'looked at' };
	const viewer = await person(gate, 'vera', 'viewer'), other = await person(gate, 'paul', 'policy_manager@files'), mine = await person(gate, 'pia', 'policy_manager@every');
	(await viewer.post('/pins', word)).is(403);
	(await other.post('/pins', word)).is(404);
	(await mine.post('/pins', { ...word, pin: 'ffffffffff' })).is(409);
	assert.deepEqual((await mine.post('/pins', { ...word, decision: 'maybe' })).is(422).json.errors.map((e) => e.pointer), ['/decision']);
	(await mine.post('/pins', word)).is(200);
	const after = (await api.get('/tools/every/echo')).is(200).json;
	assert.deepEqual([after.state, after.is_held, after.reviews[0].what, after.reviews[0].by, after.reviews[0].note], ['ok', false, 'accepted', 'pia', 'looked at']);
	assert.equal((await api.get('/pins?server=every')).json.tools.some((p) => p.tool === 'echo'), false);
	const { changes } = await api.good('GET', '/changes?object=tool/every/echo');
	assert.deepEqual(changes.map((c) => [c.action, c.who.name, c.note]), [['tool.accept', 'pia', 'looked at']]);
});
