// The wire as an attacker or a broken client uses it: bytes on a socket.
import assert from 'node:assert/strict';
import test from 'node:test';
import { startGate } from './lib/gate.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { HttpFace, INFO, post } from './lib/face.mjs';
import { Wire, once } from './lib/socket.mjs';
import { until } from './lib/wait.mjs';

const POLICY = { version: '1', default: 'deny', tools: { echo: {} } };
const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

async function open(t, config) {
	const recorder = await startRecorder(t, 'http');
	const other = await startRecorder(t, 'http');
	const gate = await startGate(t, { config, servers: { rec: recorder.where, other: other.where }, policies: { p: POLICY }, rights: { rec: 'p' } });
	const face = new HttpFace(gate.url('rec'), gate.token);
	await face.open();
	const lines = { Host: `127.0.0.1:${gate.port}`, Authorization: `Bearer ${gate.token}`, 'Content-Type': 'application/json',
	                Accept: 'application/json, text/event-stream', 'Mcp-Session-Id': face.session, 'MCP-Protocol-Version': '2025-11-25' };
	// A request as bytes; a header given as null is left out.
	const request = (body, more = {}, line = 'POST /mcp/rec HTTP/1.1') => {
		const all = { ...lines, 'Content-Length': String(body.length), ...more };
		return `${line}\r\n${Object.entries(all).filter(([, v]) => v !== null).map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n${body}`;
	};
	// The gate still works, and nothing went astray.
	const alive = async () => assert.equal((await face.call('echo', { text: 'alive' })).result.content[0].text, '{"text":"alive"}');
	return { recorder, other, gate, face, request, alive };
}

test('messages that can be read in two ways', async (t) => {
	const { gate, request, alive, recorder } = await open(t);
	const inner = request('{"jsonrpc":"2.0","id":"smuggled","method":"tools/call","params":{"name":"echo","arguments":{"text":"smuggled"}}}');
	const chunked = `${PING.length.toString(16)}\r\n${PING}\r\n0\r\n\r\n`;
	const bad = {
		'Content-Length and Transfer-Encoding': request(chunked, { 'Transfer-Encoding': 'chunked', 'Content-Length': '4' }) + inner,
		'Transfer-Encoding and Content-Length, the other way': request(`0\r\n\r\n${inner}`, { 'Transfer-Encoding': 'chunked' }),
		'two Content-Length': request(PING, { 'content-length': '0', 'Content-Length': String(PING.length) }) + inner,
		'two equal Content-Length in one line': request(PING, { 'Content-Length': `${PING.length}, ${PING.length}` }),
		'a signed Content-Length': request(PING, { 'Content-Length': `+${PING.length}` }),
		'a Content-Length in hex': request(PING, { 'Content-Length': '0x28' }),
		'a Content-Length with letters behind': request(PING, { 'Content-Length': `${PING.length}a` }),
		'an empty Content-Length': request(PING, { 'Content-Length': '' }),
		'a negative Content-Length': request(PING, { 'Content-Length': '-1' }),
		'a coding that is not chunked': request(chunked, { 'Content-Length': null, 'Transfer-Encoding': 'gzip, chunked' }),
		'chunked twice': request(chunked, { 'Content-Length': null, 'Transfer-Encoding': 'chunked, chunked' }),
		'chunked and then another coding': request(chunked, { 'Content-Length': null, 'Transfer-Encoding': 'chunked, identity' }),
		'a misspelt coding': request(chunked, { 'Content-Length': null, 'Transfer-Encoding': 'xchunked' }),
		'a space before the colon': request(PING).replace('Content-Length:', 'Content-Length :'),
		'a folded line': request(PING).replace('Accept: ', 'X-Fold: a\r\n b\r\nAccept: '),
		'a bare LF': request(PING).replace('\r\nAccept', '\nAccept'),
		'a bare CR in a value': request(PING, { 'X-A': 'a\rb' }),
		'a NUL in a value': request(PING, { 'X-A': 'a\0b' }),
		'a header without a colon': request(PING).replace('Accept:', 'NoColon\r\nAccept:'),
		'an empty header name': request(PING).replace('Accept:', ': x\r\nAccept:'),
		'no Host': request(PING, { Host: null }),
		'two Hosts': request(PING).replace('Host:', 'Host: 127.0.0.1\r\nHost:'),
		'HTTP/1.0 with chunked': request(chunked, { 'Content-Length': null, 'Transfer-Encoding': 'chunked' }, 'POST /mcp/rec HTTP/1.0'),
		'HTTP/3.0': request(PING, {}, 'POST /mcp/rec HTTP/3.0'),
		'a chunk size that overflows': request('', { 'Content-Length': null, 'Transfer-Encoding': 'chunked' }) + 'ffffffffffffffffff\r\nx',
		'a chunk size with a sign': request('', { 'Content-Length': null, 'Transfer-Encoding': 'chunked' }) + '-5\r\nhello\r\n0\r\n\r\n',
		'a chunk without its end': request('', { 'Content-Length': null, 'Transfer-Encoding': 'chunked' }) + '5\r\nhelloX\r\n0\r\n\r\n',
		'no request line': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03binary rubbish\r\n\r\n',
		'a request line of three spaces': request(PING, {}, 'POST  /mcp/rec  HTTP/1.1'),
	};
	for (const [name, text] of Object.entries(bad))
		await t.test(name, async () => {
			const w = new Wire(gate.port);
			await w.send(text);
			await w.gone();
			const answers = w.answers();
			assert.ok(answers.every((a) => a.status >= 400 && a.status < 600), `answered ${JSON.stringify(answers)}`);
			assert.ok(answers.length <= 1, 'the bytes behind are not a request');
		});
	await alive();
	assert.ok(!recorder.texts().some((x) => x.includes('smuggled')));
});

test('chunked bodies and pipelined requests are fine', async (t) => {
	const { gate, request } = await open(t);
	const call = (i) => `{"jsonrpc":"2.0","id":${i},"method":"tools/call","params":{"name":"echo","arguments":{"text":"${i}"}}}`;
	const w = new Wire(gate.port);
	const body = call(1);
	const half = body.length >> 1;
	await w.send(request(`${half.toString(16)}\r\n${body.slice(0, half)}\r\n${(body.length - half).toString(16)};ext=1\r\n${body.slice(half)}\r\n0\r\n\r\n`,
		{ 'Content-Length': null, 'Transfer-Encoding': 'chunked' }) + [2, 3, 4, 5].map((i) => request(call(i))).join(''));
	const last = await w.answer(5);
	assert.equal(last.status, 200);
	assert.deepEqual(w.answers().map((a) => JSON.parse(a.body).id), [1, 2, 3, 4, 5], 'answers keep the order of the requests');
	w.end();
	const slow = new Wire(gate.port);
	for (const c of request(call(6)))
		await slow.send(c);
	assert.equal((await slow.answer()).status, 200, 'a request in single bytes');
	slow.end();
});

test('sizes', async (t) => {
	const { gate, request, alive } = await open(t);
	const [before, behind] = ['{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"', '"}}'];
	const exact = (n) => before + 'x'.repeat(n - before.length - behind.length) + behind;
	assert.equal((await once(gate.port, request('', { 'Content-Length': String((16 << 20) + 1) }))).status, 413, 'one past the limit is refused before it is sent');
	const w = new Wire(gate.port);
	await w.send(request('', { 'Content-Length': null, 'Transfer-Encoding': 'chunked' }));
	const piece = `${(1 << 20).toString(16)}\r\n${'x'.repeat(1 << 20)}\r\n`;
	for (let i = 0; i < 17 && !w.isClosed; i++)
		await w.send(piece);
	assert.equal((await w.answer()).status, 413, 'and so is a chunked one');
	await w.gone();
	const whole = exact(16 << 20);
	assert.equal(whole.length, 16 << 20);
	assert.equal((await once(gate.port, request(whole), 30000)).status, 200, 'a message of the limit passes');
	const head = await once(gate.port, request(PING, { 'X-Long': 'y'.repeat(16384) }));
	assert.equal(head.status, 431);
	const many = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`X-${i}`, 'v']));
	assert.equal((await once(gate.port, request(PING, many))).status, 431);
	assert.ok([414, 431].includes((await once(gate.port, request(PING, {}, `POST /mcp/rec?${'q'.repeat(20000)} HTTP/1.1`))).status));
	await alive();
});

test('who asks, and from where', async (t) => {
	const { gate, request, alive } = await open(t);
	const status = async (more, line) => (await once(gate.port, request(PING, more, line))).status;
	assert.equal(await status({}), 200);
	for (const origin of ['http://evil.example', 'null', 'https://127.0.0.1.evil.example', 'file://'])
		assert.equal(await status({ Origin: origin }), 403, `Origin ${origin}`);
	assert.equal(await status({ Origin: `http://127.0.0.1:${gate.port}` }), 200, 'an origin of our own');
	assert.equal(await status({ Origin: 'http://localhost:6274' }), 200, 'a page on this machine');
	for (const host of ['evil.example', `evil.example:${gate.port}`, '127.0.0.1.evil.example', 'a b', '[::1'])
		assert.ok([400, 403, 421].includes(await status({ Host: host })), `Host ${host}`);
	for (const token of [null, 'Bearer', 'Bearer gh_nosuchtoken', `Basic ${Buffer.from('a:b').toString('base64')}`, `Bearer ${gate.token}x`, `Bearer ${gate.token.slice(0, -1)}`]) {
		const a = await once(gate.port, request(PING, { Authorization: token }));
		assert.equal(a.status, 401, `Authorization ${token}`);
		assert.match(a.headers['www-authenticate'] ?? '', /^Bearer/);
		assert.ok(!a.body.includes('gh_'), 'no token in the answer');
	}
	assert.equal((await once(gate.port, request(PING, { Authorization: null }, `POST /mcp/rec?token=${gate.token} HTTP/1.1`))).status, 401, 'no token in a URL');
	assert.equal(await status({ Authorization: `bearer ${gate.token}` }), 200, 'the scheme has no case');
	assert.equal(await status({}, 'POST /mcp/nosuch HTTP/1.1'), 404);
	assert.equal(await status({}, 'POST /mcp/REC HTTP/1.1'), 404, 'names of servers have a case');
	assert.ok([403, 404].includes(await status({ 'Mcp-Session-Id': null }, 'POST /mcp/other HTTP/1.1')), 'a server that the grant does not name');
	for (const path of ['/mcp/rec/../other', '/mcp/%72ec', '/mcp//rec', '/mcp/rec//', '/mcp/other%2f..%2frec', '/nosuch', '*', 'http://127.0.0.1/mcp/rec'])
		assert.ok([400, 403, 404].includes(await status({}, `POST ${path} HTTP/1.1`)), path);
	await alive();
});

test('headers that MCP asks for', async (t) => {
	const { gate, request, face, alive } = await open(t);
	const status = async (more, line, body = PING) => (await once(gate.port, request(body, more, line))).status;
	assert.equal(await status({ Accept: null }), 406);
	assert.equal(await status({ Accept: 'text/html' }), 406);
	assert.equal(await status({ Accept: '*/*' }), 200);
	assert.equal(await status({ 'Content-Type': 'text/plain' }), 415);
	assert.equal(await status({ 'Content-Type': null }), 415);
	assert.equal(await status({ 'Content-Type': 'application/json; charset=utf-8' }), 200);
	assert.equal(await status({ 'MCP-Protocol-Version': '1999-01-01' }), 400);
	assert.equal(await status({ 'MCP-Protocol-Version': 'rubbish' }), 400);
	assert.equal(await status({ 'Mcp-Session-Id': null }), 400, 'a session is needed');
	const s = face.session;
	for (const id of ['x', 'A'.repeat(s.length), s.slice(0, -2), `${s}AA`, flip(s, 0), flip(s, s.length >> 1), flip(s, s.length - 2), s.toUpperCase() === s ? s.toLowerCase() : s.toUpperCase()])
		assert.ok([400, 404].includes(await status({ 'Mcp-Session-Id': id })), 'a changed session id is unknown');
	const stranger = await gate.grant('stranger', { rec: 'p' });
	assert.ok([400, 403, 404].includes(await status({ Authorization: `Bearer ${stranger}` })), 'a session of somebody else is unknown');
	const both = await gate.grant('both', { rec: 'p', other: 'p' });
	const mine = new HttpFace(gate.url('rec'), both);
	await mine.open();
	assert.ok([400, 404].includes(await status({ Authorization: `Bearer ${both}`, 'Mcp-Session-Id': mine.session }, 'POST /mcp/other HTTP/1.1')),
		'a session belongs to one server');
	assert.equal(await status({}, undefined, '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}'), 202);
	for (const body of ['', '{', '[', '\xef\xbb\xbf{"jsonrpc":"2.0","id":1,"method":"ping"}', '\xff'])
		assert.equal(await status({}, undefined, body), 400, `body ${JSON.stringify(body)} is no JSON`);
	for (const body of ['null', '7', '"x"', '{}', '{"jsonrpc":"1.0","id":1,"method":"ping"}']) {
		const a = await once(gate.port, request(body));
		assert.ok(a.status === 400 || JSON.parse(a.body).error.code === -32600, `body ${body} is no message`);
	}
	await alive();
});

function flip(s, at) {
	return s.slice(0, at) + (s[at] === 'A' ? 'B' : 'A') + s.slice(at + 1);
}

test('methods of HTTP', async (t) => {
	const { gate, face, request, alive } = await open(t);
	for (const method of ['PUT', 'PATCH', 'OPTIONS', 'TRACE', 'BREW', 'HEAD', 'CONNECT']) {
		const w = new Wire(gate.port);
		await w.send(request(PING, {}, `${method} /mcp/rec HTTP/1.1`));
		await until('a status line', () => /^HTTP\/1\.1 \d+/.test(w.bytes) || w.isClosed);
		const status = Number(w.bytes.split(' ')[1] ?? 400);
		assert.ok(status >= 400 && status < 502, `${method} is answered ${status}`);
		if (status === 405)
			assert.match(w.bytes, /^allow:/im);
		w.end();
	}
	const get = (headers) => post(gate.url('rec'), { method: 'GET', headers, ms: 5000 });
	assert.equal((await get({ ...face.headers(), accept: 'application/json' })).status, 406);
	assert.equal((await get({ accept: 'text/event-stream', 'mcp-protocol-version': '2025-11-25', authorization: `Bearer ${gate.token}` })).status, 400,
		'a stream needs a session, but for one of 2024-11-05');
	assert.equal((await get({ accept: 'text/event-stream' })).status, 401);
	const stream = face.listen();
	await until('the head of the stream', () => stream.heads.length > 0);
	assert.equal(stream.heads[0], 200);
	await stream.stop();
	const leaving = new HttpFace(gate.url('rec'), gate.token);
	await leaving.open();
	assert.ok([200, 202, 204].includes(await leaving.close()));
	assert.equal((await leaving.post(PING)).status, 404);
	assert.equal(await leaving.close(), 404);
	assert.equal((await post(gate.url('rec'), { method: 'DELETE', headers: { authorization: `Bearer ${gate.token}` } })).status, 400);
	await alive();
});

test('slow and silent clients do not stay', async (t) => {
	const { gate, request, alive } = await open(t, 'timeouts: { head: 400ms, body: 400ms, idle: 400ms }\n');
	const slowHead = new Wire(gate.port);
	await slowHead.send('POST /mcp/rec HTTP/1.1\r\nHost: 127');
	const drip = setInterval(() => slowHead.socket.write('0'), 50);
	const slowBody = new Wire(gate.port);
	await slowBody.send(request(PING).slice(0, -5));
	const idle = new Wire(gate.port);
	await idle.send(request(PING));
	assert.equal((await idle.answer()).status, 200);
	await Promise.all([slowHead.gone(), slowBody.gone(), idle.gone()]);
	clearInterval(drip);
	for (const w of [slowHead, slowBody])
		assert.ok(w.answers().every((a) => a.status === 408));
	await alive();
});

test('many connections at once, and clients that leave in the middle', async (t) => {
	const { gate, request, alive } = await open(t);
	const wires = await Promise.all(Array.from({ length: 200 }, async (_, i) => {
		const w = new Wire(gate.port);
		await w.send(i % 3 === 0 ? request(PING).slice(0, 40 + i) : request(PING));
		return w;
	}));
	await Promise.all(wires.map(async (w, i) => {
		if (i % 3 !== 0)
			assert.equal((await w.answer()).status, 200);
		w.end();
	}));
	const open1 = new HttpFace(gate.url('rec'), gate.token);
	const first = await open1.request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: INFO });
	assert.ok(first.result);
	await alive();
});
