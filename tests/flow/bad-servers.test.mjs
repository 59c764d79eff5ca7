// Servers that are dead, slow, flooding or lying, beside servers that are none of it:
// the calls to the good ones must not notice.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import test from 'node:test';
import { atEnd } from './lib/ending.mjs';
import { startGate } from './lib/gate.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { HttpFace } from './lib/face.mjs';
import { freePort } from './lib/process.mjs';
import { Wire } from './lib/socket.mjs';
import { until } from './lib/wait.mjs';

const TIMEOUT_MS = 700;
const quick = { timeout_ms: TIMEOUT_MS };
const POLICY = { version: '1', default: 'deny', tools: { echo: {}, big: {}, forge: {}, twice: {}, garbage: quick, cut: quick, die: quick, hang: quick, flood: quick } };

async function open(t, bad, { expectErrors = [/./], config } = {}) {
	const goodHttp = await startRecorder(t, 'http');
	const goodPipe = await startRecorder(t, 'stdio');
	const servers = { goodHttp: goodHttp.where, goodPipe: goodPipe.where, ...bad };
	const gate = await startGate(t, { servers, policies: { p: POLICY }, rights: Object.fromEntries(Object.keys(servers).map((n) => [n, 'p'])), expectErrors, config });
	const faces = { goodHttp: new HttpFace(gate.url('goodHttp'), gate.token), goodPipe: new HttpFace(gate.url('goodPipe'), gate.token) };
	await faces.goodHttp.open();
	await faces.goodPipe.open();
	return { gate, faces };
}

// Calls to the good servers, for as long as the work with the bad one takes; all must be right.
async function beside(faces, work) {
	let isOver = false;
	let calls = 0;
	const loops = Object.values(faces).map(async (face) => {
		for (let i = 0; !isOver || i < 5; i++) {
			const m = await face.call('echo', { text: `${i}` });
			assert.equal(m.result?.content?.[0].text, `{"text":"${i}"}`, JSON.stringify(m));
			calls++;
		}
	});
	const over = work().finally(() => { isOver = true; });
	await Promise.all([over, ...loops]);
	assert.ok(calls >= 10);
	return over;
}

async function tryOpen(gate, name) {
	const face = new HttpFace(gate.url(name), gate.token);
	const m = await face.request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } });
	return { face, m };
}

test('dead servers', async (t) => {
	const { gate, faces } = await open(t, {
		refuses: `http://127.0.0.1:${await freePort()}/mcp`,
		exits: [process.execPath, '-e', 'process.exit(3)'],
		missing: ['/nonexistent/program'],
		silent: [process.execPath, '-e', 'process.stdout.end(); setInterval(() => {}, 1000)'],
	}, { config: 'timeouts: { start: 1500ms }\n' });
	await beside(faces, async () => {
		for (const name of ['refuses', 'exits', 'missing']) {
			const { m, face } = await tryOpen(gate, name);
			assert.ok(m.error, `${name}: an error, not ${JSON.stringify(m)}`);
			assert.match(m.error.message, new RegExp(name), 'that names the server');
			assert.ok([200, 502, 503, 504].includes(face.last.status));
		}
	});
	const status = await gate.json(['status']);
	const state = Object.fromEntries(status.servers.map((s) => [s.name, s.state]));
	assert.equal(state.goodHttp, 'up');
	assert.equal(state.goodPipe, 'up');
	assert.notEqual(state.refuses, 'up');
	assert.notEqual(state.exits, 'up');
});

test('a server that dies under a session, and comes back', async (t) => {
	const port = await freePort();
	const first = await startRecorder(t, 'http', { port });
	const { gate, faces } = await open(t, { mortal: first.where });
	const { face } = await tryOpen(gate, 'mortal');
	face.version = '2025-11-25';
	await face.notify('notifications/initialized');
	assert.ok(!(await face.call('echo')).result.isError);
	await first.process.stop();
	await beside(faces, async () => assert.ok((await face.call('echo')).error));
	await startRecorder(t, 'http', { port });
	const lost = await face.post('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{}}}');
	assert.equal(lost.status, 404, 'the new server does not know the session: initialize again');
	const again = await tryOpen(gate, 'mortal');
	assert.ok(again.m.result);
});

test('slow servers: a call ends at its deadline, and only it', async (t) => {
	const web = await startRecorder(t, 'http');
	const events = await startRecorder(t, 'http', { reply: 'sse' });
	const pipe = await startRecorder(t, 'stdio');
	const { gate, faces } = await open(t, { web: web.where, events: events.where, pipe: pipe.where });
	for (const name of ['web', 'events', 'pipe']) {
		const face = new HttpFace(gate.url(name), gate.token);
		await face.open();
		await beside(faces, async () => {
			const hanging = Array.from({ length: 5 }, () => face.call('hang'));
			assert.equal((await face.call('echo', { text: 'beside' })).result.content[0].text, '{"text":"beside"}');
			for (const m of await Promise.all(hanging))
				assert.match(m.error.message, /time/, 'the answer says that time is up');
		});
		assert.ok(!(await face.call('echo')).result.isError, 'and the session goes on');
	}
	const all = await gate.recordsWhen((r) => r.filter((x) => x.tool === 'hang' && x.outcome === 'timeout').length === 15, 'the records say timeout');
	assert.ok(all.length > 15);
});

test('flooding servers: the others go on, and memory stays small', async (t) => {
	const events = await startRecorder(t, 'http', { reply: 'sse' });
	const pipe = await startRecorder(t, 'stdio');
	const { gate, faces } = await open(t, { events: events.where, pipe: pipe.where });
	for (const name of ['events', 'pipe']) {
		const face = new HttpFace(gate.url(name), gate.token);
		await face.open();
		face.take = () => {};
		await beside(faces, async () => {
			const m = await face.call('flood').catch((e) => ({ error: e }));
			assert.ok(m === undefined || m.error, 'the flood ends with the deadline of the call, or is cut before');
		});
		const deaf = new HttpFace(gate.url(name), gate.token);
		await deaf.open();
		const wire = new Wire(gate.port);
		const body = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"flood"}}';
		await wire.send(`POST /mcp/${name} HTTP/1.1\r\nHost: 127.0.0.1\r\n${Object.entries(deaf.headers()).map(([k, v]) => `${k}: ${v}\r\n`).join('')}Content-Length: ${body.length}\r\n\r\n${body}`);
		wire.socket.pause();
		await beside(faces, () => until('the flood is over', async () => (await gate.json(['status'])).calls.in_flight === 0 || null, 20000).catch(() => {}));
		wire.end();
		assert.ok(memoryOf(gate.pid) < 400, `${memoryOf(gate.pid)} MB`);
	}
});

function memoryOf(pid) {
	return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

test('lying servers: forged, double, broken and cut answers stay with the call that caused them', async (t) => {
	for (const [transport, options] of [['http', {}], ['http', { reply: 'sse' }], ['stdio', {}]]) {
		const liar = await startRecorder(t, transport, options);
		const { gate, faces } = await open(t, { liar: liar.where });
		const victim = new HttpFace(gate.url('liar'), gate.token);
		await victim.open();
		for (const trick of ['forge', 'twice', 'garbage', 'cut', 'die'])
			await t.test(`${trick}, ${transport} ${options.reply ?? ''}`, async () => {
				const { face, m } = await tryOpen(gate, 'liar');
				if (!m.result)
					return;
				face.version = '2025-11-25';
				await face.notify('notifications/initialized');
				await beside(faces, async () => {
					const echoes = trick === 'die' ? [] : Array.from({ length: 10 }, (_, i) => victim.call('echo', { text: `${trick}${i}` }));
					const lie = await face.call(trick);
					if (trick === 'forge')
						assert.ok(lie.error || lie.result.content[0].text === 'mine', JSON.stringify(lie));
					else if (trick === 'twice')
						assert.ok(['first', 'second'].includes(lie.result.content[0].text));
					else
						assert.ok(lie === undefined || lie.error, `an error, not ${JSON.stringify(lie)}`);
					const answers = await Promise.all(echoes);
					/* On one pipe a server may well lie about its own other calls; over HTTP each has a stream. */
					for (const [i, a] of transport === 'stdio' ? [] : answers.entries())
						assert.equal(a.result?.content[0].text, `{"text":"${trick}${i}"}`, JSON.stringify(a));
				});
			});
	}
});

test('a server that lies about what it is', async (t) => {
	const teapot = await startRecorder(t, 'http', { status: 418 });
	const failing = await startRecorder(t, 'http', { status: 500 });
	const odd = await startRecorder(t, 'http', { tools: [
		{ name: 'echo', inputSchema: { type: 'object', properties: { a: { $ref: 'http://127.0.0.1:9/schema.json' } } } },
		{ name: 'big', inputSchema: { type: 'nonsense' } }, { name: 7, inputSchema: {} }, { name: 'x'.repeat(200), inputSchema: { type: 'object' } },
		{ name: 'forge' }, { name: 'twice', inputSchema: { type: 'object' } } ] });
	const rubbish = await startRecorder(t, 'http', { tools: ['rubbish', 7, null] });
	const { gate, faces } = await open(t, { teapot: teapot.where, failing: failing.where, odd: odd.where, rubbish: rubbish.where });
	await beside(faces, async () => {
		for (const name of ['teapot', 'failing'])
			assert.ok((await tryOpen(gate, name)).m.error);
		const broken = (await tryOpen(gate, 'rubbish')).face;
		broken.version = '2025-11-25';
		assert.ok(isRefused(await broken.call('echo')), 'a list of rubbish offers nothing');
		const { face } = await tryOpen(gate, 'odd');
		face.version = '2025-11-25';
		await face.notify('notifications/initialized');
		const tools = await face.list();
		assert.ok(tools.every((x) => typeof x.name === 'string' && x.name.length <= 128));
		for (const name of ['echo', 'big'])
			assert.ok(isRefused(await face.call(name, { a: 1 })), `${name}: a schema that cannot be used lets nothing through`);
		assert.ok(!isRefused(await face.call('twice')), 'but the other tools work');
	});
	assert.deepEqual(odd.calls().map((c) => c.name), ['twice']);
});

const isRefused = (m) => m.error !== undefined || m.result.isError === true;

// A server of 2024-11-05. behave(message, say, end): what it does with what it is told.
async function startSse(t, endpoint, behave) {
	const seen = { streams: 0, posts: 0 };
	let stream;
	const say = (m) => stream.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...m })}\n\n`);
	const server = http.createServer((req, res) => {
		let body = '';
		req.on('data', (d) => { body += d; });
		req.on('end', () => {
			if (req.method === 'GET') {
				seen.streams++;
				stream = res.writeHead(200, { 'content-type': 'text/event-stream' });
				stream.write(endpoint ? `event: endpoint\ndata: ${endpoint}\n\n` : ': wait\n\n');
			} else if (req.url === '/sse') {
				res.writeHead(405).end();
			} else {
				seen.posts++;
				res.writeHead(202).end();
				const m = JSON.parse(body);
				if (m.method === 'initialize')
					say({ id: m.id, result: { protocolVersion: '2024-11-05', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } });
				else if (m.method === 'tools/list')
					say({ id: m.id, result: { tools: [{ name: 'echo', inputSchema: { type: 'object' } }, { name: 'flood', inputSchema: { type: 'object' } }] } });
				else if (m.id !== undefined)
					behave(m, say, stream);
			}
		});
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	atEnd(t, () => { server.closeAllConnections(); server.close(); });
	return { seen, port: server.address().port, url: `http://127.0.0.1:${server.address().port}/sse` };
}

test('servers of HTTP+SSE that lie', async (t) => {
	const other = await startSse(t, '/messages', () => {});
	const thief = await startSse(t, `http://127.0.0.1:${other.port}/messages`, () => {});
	const mute = await startSse(t, '', () => {});
	const breaker = await startSse(t, '/messages', (m, say, stream) => stream.end());
	const flood = await startSse(t, '/messages?x=1', (m, say, stream) => {
		const more = () => { while (!stream.destroyed && stream.write(': nothing\n\n'.repeat(1000))); };
		stream.on('drain', more);
		more();
	});
	const { gate, faces } = await open(t, { thief: thief.url, mute: mute.url, breaker: breaker.url, flood: flood.url }, { config: 'timeouts: { start: 4s }\n' });
	const stolen = await tryOpen(gate, 'thief');
	assert.match(stolen.m.error?.message ?? '', /'thief' refused/);
	assert.deepEqual(other.seen, { streams: 0, posts: 0 }, 'nothing is sent to an address on another server');
	await beside(faces, async () => assert.match((await tryOpen(gate, 'mute')).m.error?.message ?? '', /'mute' refused/));
	const broken = await tryOpen(gate, 'breaker');
	broken.face.version = '2024-11-05';
	assert.match((await broken.face.call('echo')).error?.message ?? '', /breaker/);
	const gone = await broken.face.post('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{}}}');
	assert.equal(gone.status, 404, 'the session went with its stream');
	const flooded = await tryOpen(gate, 'flood');
	flooded.face.version = '2024-11-05';
	await beside(faces, async () => assert.match((await flooded.face.call('flood')).error?.message ?? '', /time/));
	assert.ok(memoryOf(gate.pid) < 400, `${memoryOf(gate.pid)} MB`);
});
