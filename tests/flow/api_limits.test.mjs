// The limits of src/base/limits_admin.h and limits_records.h that a caller of the API can reach: on each, and one past it.
import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';
import { Caller, PASSWORD, local, nobody, person } from './lib/api.mjs';
import { atEnd } from './lib/ending.mjs';
import { startGate } from './lib/gate.mjs';
import { until } from './lib/wait.mjs';

const DISPLAY_NAME = 128, EMAIL = 254, NOTE = 1024, WORDS = 256, POINTS = 1500, LISTENERS = 256, TOKENS = 100, ROLES = 1000, STRANGERS = 64, STRANGER_BODY = 16384;
const POLICY = { version: '1', default: 'deny' };

test('texts: as long as they may be, and a byte longer', async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	const raw = { isJudged: false };
	const at = (r) => r.is(422).json.errors[0].pointer;
	const address = (n) => `${'x'.repeat(n - 12)}@example.com`;
	await api.good('POST', '/users', { name: 'a', display_name: 'd'.repeat(DISPLAY_NAME), email: address(EMAIL) });
	assert.equal(at(await api.post('/users', { name: 'b', display_name: 'd'.repeat(DISPLAY_NAME + 1) }, raw)), '/display_name');
	assert.equal(at(await api.post('/users', { name: 'b', email: address(EMAIL + 1) }, raw)), '/email');
	await api.good('PUT', '/policies/p', { document: POLICY, note: 'n'.repeat(NOTE) });
	assert.equal(at(await api.put('/policies/q', { document: POLICY, note: 'n'.repeat(NOTE + 1) }, raw)), '/note');
	(await api.get(`/records?q=${'w'.repeat(WORDS)}`)).is(200);
	assert.equal((await api.get(`/records?q=${'w'.repeat(WORDS + 1)}`, raw)).is(400).json.errors[0].parameter, 'q');
});

test('lists of one person: roles and tokens', async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	const raw = { isJudged: false };
	const roles = (n) => Array.from({ length: n }, (_, i) => ({ role: 'viewer', server: `s${i}` }));
	await api.good('POST', '/users', { name: 'many', roles: roles(ROLES) });
	(await api.post('/users', { name: 'more', roles: roles(ROLES + 1) }, raw)).is(422);
	const ann = await person(gate, 'ann', 'viewer');
	for (let i = 0; i < TOKENS; i++)
		await ann.good('POST', '/tokens', { name: `t${i}` });
	const full = (await ann.post('/tokens', { name: 'one-more' }, raw));
	assert.ok([409, 422].includes(full.status), full.text);
	await ann.good('DELETE', `/tokens/${(await ann.get('/tokens')).json.tokens[0].id}`, undefined, { headers: { 'if-match': '*' } });
	await ann.good('POST', '/tokens', { name: 'one-more' });
});

test('points of a chart', async (t) => {
	const gate = await startGate(t);
	const api = local(gate);
	const start = Date.UTC(2030, 0, 1);
	const ask = (points) => api.get(`/stats?step=minute&since=${new Date(start).toISOString()}&until=${new Date(start + points * 60000).toISOString()}`, { isJudged: false });
	(await ask(POINTS)).is(200);
	(await ask(POINTS + 1)).is(400, /1500/);
});

test('listeners to events', async (t) => {
	const gate = await startGate(t);
	const { secret } = await (await person(gate, 'ann', 'viewer')).good('POST', '/tokens', { name: 'bot' });
	const listen = () => new Promise((resolve, reject) => {
		const req = http.get({ host: '127.0.0.1', port: gate.port, path: '/api/v1/events', agent: false, headers: { authorization: `Bearer ${secret}` } }, (res) => {
			res.on('error', () => {});
			res.resume();
			resolve({ status: res.statusCode, end: () => req.destroy() });
		});
		req.on('error', reject);
		atEnd(t, () => req.destroy());
	});
	const all = [];
	for (let i = 0; i < LISTENERS; i += 32)
		all.push(...await Promise.all(Array.from({ length: 32 }, listen)));
	assert.deepEqual(all.filter((l) => l.status !== 200), []);
	const bot = new Caller(gate, { token: secret });
	(await bot.get('/events', { isJudged: false })).is(429, /256/);
	all[0].end();
	await until('there is room again', async () => {
		const l = await listen();
		return l.status === 200;
	});
});

test('what strangers send, and how many of them wait', async (t) => {
	const gate = await startGate(t);
	const ann = await person(gate, 'ann', 'viewer');
	const raw = { isJudged: false };
	const body = (n) => `{"name":"${'n'.repeat(n - 26)}","password":"x"}`.padEnd(n);
	assert.equal(body(STRANGER_BODY).length, STRANGER_BODY);
	assert.notEqual((await nobody(gate).post('/session', body(STRANGER_BODY), raw)).status, 413);
	(await nobody(gate).post('/session', body(STRANGER_BODY + 1), raw)).is(413);
	const all = await Promise.all(Array.from({ length: 2 * STRANGERS }, (_, i) => nobody(gate).post('/session', { name: `u${i}`, password: PASSWORD }, raw)));
	const refused = all.filter((r) => r.status === 503).length;
	assert.ok(refused > 0 && all.length - refused >= STRANGERS, `${refused} of ${all.length}`);
	(await ann.get('/policies')).is(200);
	assert.notEqual((await nobody(gate).post('/session', { name: 'u', password: PASSWORD }, raw)).status, 503);
});
