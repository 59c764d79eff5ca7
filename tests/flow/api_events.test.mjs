// Events: what happens, as it happens, to those who may see it, and for as long as they are signed in.
import assert from 'node:assert/strict';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { local, nobody, person } from './lib/api.mjs';
import { connectHttp } from './lib/client.mjs';
import { startGate } from './lib/gate.mjs';
import { missing } from './lib/openapi.mjs';
import { commandOfEverything } from './lib/servers.mjs';
import { until } from './lib/wait.mjs';

const skip = missing;

// A stream that is read as a browser reads it.
class Listener {
	constructor(t, caller, headers = {}) {
		this.events = [];
		this.isOver = false;
		let text = '';
		const where = caller.socket ? { socketPath: path.join(caller.gate.data, 'admin.sock') } : { host: '127.0.0.1', port: caller.gate.port };
		const own = { ...(caller.cookie ? { cookie: `__Host-gatehouse=${caller.cookie}` } : {}), ...(caller.token ? { authorization: `Bearer ${caller.token}` } : {}) };
		this.req = http.request({ ...where, path: '/api/v1/events', headers: { ...own, ...headers }, agent: false }, (res) => {
			this.status = res.statusCode;
			this.type = res.headers['content-type'];
			res.on('data', (d) => {
				text += d;
				for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2))
					this.take(text.slice(0, end));
			});
			res.on('end', () => { this.isOver = true; });
			res.on('error', () => { this.isOver = true; });
		});
		this.req.on('error', () => { this.isOver = true; });
		this.req.end();
		t.after(() => this.req.destroy());
	}

	take(block) {
		const lines = block.split('\n').filter((l) => !l.startsWith(':'));
		const of = (name) => lines.find((l) => l.startsWith(`${name}: `))?.slice(name.length + 2);
		if (of('retry'))
			this.isOpen = true;
		if (of('event'))
			this.events.push({ id: of('id'), event: of('event'), data: JSON.parse(of('data')) });
	}

	open() { return until('the stream is open', () => this.isOpen); }
	one(event, fits = () => true) { return until(`an event '${event}'`, () => this.events.find((e) => e.event === event && fits(e.data))); }
}

async function withTwo(t) {
	const gate = await startGate(t, { servers: { a: commandOfEverything(), b: commandOfEverything() },
		policies: { open: { version: '1', default: 'allow', tools: { 'get-sum': { require: [{ conditions: [{ path: 'args.a', op: 'lt', value: 5 }], on_deny: 'too much' }] } } } } });
	const token = await gate.grant('laptop', { a: 'open', b: 'open' });
	return { gate, a: await connectHttp(t, gate.url('a'), token), b: await connectHttp(t, gate.url('b'), token) };
}

test('a call is told when it is decided and when it is over, with all of its record', { skip }, async (t) => {
	const { gate, a } = await withTwo(t);
	const l = new Listener(t, local(gate));
	await l.open();
	assert.match(l.type, /^text\/event-stream/);
	await a.callTool({ name: 'echo', arguments: { message: 'hi' } });
	const first = await l.one('record', (r) => r['gen_ai.tool.name'] === 'echo' && r.outcome === 'pending');
	const over = await l.one('record', (r) => r.id === first.data.id && r.outcome === 'ok');
	const kept = (await local(gate).get(`/records/${over.data.id}`)).is(200).json;
	assert.deepEqual(over.data, kept, 'what is told is what is kept');
	await a.callTool({ name: 'get-sum', arguments: { a: 7, b: 1 } }).catch(() => {});
	const refused = await l.one('record', (r) => r.decision === 'deny');
	assert.deepEqual([refused.data.outcome, refused.data.message], ['refused', 'too much']);
	assert.deepEqual((await local(gate).get(`/records/${refused.data.id}`)).json, refused.data);
});

test('changes, jobs and states of servers are told', { skip }, async (t) => {
	const { gate } = await withTwo(t);
	const l = new Listener(t, local(gate));
	await l.open();
	await local(gate).good('PUT', '/policies/new', { document: { version: '1', default: 'deny' } });
	const change = await l.one('change', (c) => c.type === 'policy');
	assert.equal(change.data.id, 'new');
	await local(gate).good('POST', '/audit/verify');
	await l.one('job');
	await local(gate).good('POST', '/servers', { name: 'bad', command: ['/nonexistent/program'] });
	const down = await l.one('server', (s) => s.name === 'bad');
	assert.equal(down.data.state, 'down');
	assert.ok(down.data.error);
});

test('one hears only of what one may see', { skip }, async (t) => {
	const { gate, a, b } = await withTwo(t);
	const own = new Listener(t, await person(gate, 'olga', 'viewer@b'));
	await own.open();
	await a.callTool({ name: 'echo', arguments: { message: 'hi' } });
	await b.callTool({ name: 'echo', arguments: { message: 'hi' } });
	await own.one('record', (r) => r.outcome === 'ok');
	assert.ok(own.events.every((e) => e.event !== 'record' || e.data.server === 'b'));
	const stranger = new Listener(t, nobody(gate));
	await until('an answer', () => stranger.status);
	assert.equal(stranger.status, 401);
});

test('who comes back is told what came meanwhile, or that it is not kept', { skip }, async (t) => {
	const { gate, a } = await withTwo(t);
	const l = new Listener(t, local(gate));
	await l.open();
	await a.callTool({ name: 'echo', arguments: { message: 'one' } });
	const last = await l.one('record', (r) => r.outcome === 'ok');
	l.req.destroy();
	await a.callTool({ name: 'echo', arguments: { message: 'two' } });
	const again = new Listener(t, local(gate), { 'last-event-id': last.id });
	const missed = await again.one('record', (r) => r.outcome === 'ok');
	assert.notEqual(missed.data.id, last.data.id);
	assert.ok(!again.events.some((e) => e.event === 'missed'));
	const lost = new Listener(t, local(gate), { 'last-event-id': '5-17' });
	await lost.one('missed');
});

test('the end of a session, of a user and of the gate ends the stream with a word', { skip }, async (t) => {
	const { gate } = await withTwo(t);
	const olga = await person(gate, 'olga', 'viewer'), tom = await person(gate, 'tom', 'viewer');
	const one = new Listener(t, olga), two = new Listener(t, tom), three = new Listener(t, local(gate));
	await Promise.all([one.open(), two.open(), three.open()]);
	(await olga.del('/session')).is(204);
	assert.equal((await one.one('bye')).data.reason, 'session');
	await until('it is over', () => one.isOver);
	assert.ok(!two.isOver);
	(await local(gate).patch(`/users/${tom.user.id}`, { is_enabled: false }, { headers: { 'if-match': '*' } })).is(200);
	assert.equal((await two.one('bye')).data.reason, 'session');
	gate.process.signal('SIGTERM');
	assert.equal((await three.one('bye')).data.reason, 'stopping');
});
