// Real clients whose connection breaks in the middle of a call, and real clients of HTTP+SSE,
// the transport of 2024-11-05.
import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import { SSEClientTransport, connectHttp, newClient, textOf, types } from './lib/client.mjs';
import { atEnd } from './lib/ending.mjs';
import { startGate } from './lib/gate.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { latch, until, within } from './lib/wait.mjs';

const POLICY = {
	version: '1', default: 'deny', server_requests: { sampling: 'allow' },
	tools: { echo: {}, slow: {}, progress: {}, ask_sampling: {} },
};
const SAMPLE = { role: 'assistant', model: 'm', content: { type: 'text', text: 'sampled' } };

async function gateFor(t, options) {
	const recorder = await startRecorder(t, 'http', options);
	const gate = await startGate(t, { servers: { recorder: recorder.where }, policies: { p: POLICY }, rights: { recorder: 'p' } });
	return { recorder, gate };
}

// What stands between a client and the gate, and can cut every connection.
async function startWire(t, port) {
	const open = new Set();
	const server = net.createServer((client) => {
		const gate = net.connect(port, '127.0.0.1');
		open.add(client);
		for (const [from, to] of [[client, gate], [gate, client]]) {
			from.on('error', () => {});
			from.on('close', () => { to.destroy(); open.delete(client); });
			from.pipe(to);
		}
	});
	await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
	const cut = () => open.forEach((socket) => socket.destroy());
	atEnd(t, () => { cut(); return new Promise((resolve) => { server.close(resolve); }); });
	return { port: server.address().port, cut };
}

for (const reply of ['json', 'sse'])
	test(`the SDK's client comes back for the answer of a call whose connection broke, server answers by ${reply}`, async (t) => {
		const { recorder, gate } = await gateFor(t, { reply });
		const wire = await startWire(t, gate.port);
		const client = await connectHttp(t, gate.url('recorder').replace(String(gate.port), String(wire.port)), gate.token);
		const primed = latch();
		const called = client.callTool({ name: 'slow', arguments: {} }, undefined, { onresumptiontoken: primed.open });
		await within('the client gets the id of an event', primed.opened);
		wire.cut();
		recorder.letGo();
		assert.equal(textOf(await within('the answer', called)), 'released');
		assert.equal(recorder.calls('slow').length, 1, 'the tool ran once');
		assert.equal(textOf(await client.callTool({ name: 'echo', arguments: { text: 'on' } })), '{"text":"on"}');
		const records = await gate.recordsWhen((all) => all.some((r) => r.tool === 'echo'));
		assert.equal(records.filter((r) => r.tool === 'slow').length, 1, 'and was recorded once');
	});

test('the SDK\'s client of HTTP+SSE', async (t) => {
	const { recorder, gate } = await gateFor(t);
	const headers = { authorization: `Bearer ${gate.token}` };
	const client = newClient({ capabilities: { sampling: {} }, handlers: [[types.CreateMessageRequestSchema, () => SAMPLE]] });
	const transport = new SSEClientTransport(new URL(gate.url('recorder')), {
		eventSourceInit: { fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...headers } }) }, requestInit: { headers },
	});
	atEnd(t, () => client.close());
	await client.connect(transport);
	const names = (await client.listTools()).tools.map((x) => x.name).sort();
	assert.deepEqual(names, Object.keys(POLICY.tools).sort());
	assert.equal(textOf(await client.callTool({ name: 'echo', arguments: { text: 'hello' } })), '{"text":"hello"}');
	assert.match(textOf(await client.callTool({ name: 'wipe', arguments: {} })), /^\[POLICY DENIED\] /);
	// Seen at the transport: what comes in one piece with the answer, the SDK may lose.
	const heard = [];
	const take = transport.onmessage;
	transport.onmessage = (m, ...more) => {
		if (m.method === 'notifications/progress')
			heard.push(m.params.progress);
		take(m, ...more);
	};
	assert.equal(textOf(await client.callTool({ name: 'progress', arguments: {} }, undefined, { onprogress: () => {} })), 'done');
	assert.deepEqual(heard, [1, 2, 3]);
	assert.deepEqual(JSON.parse(textOf(await client.callTool({ name: 'ask_sampling', arguments: {} }))), SAMPLE);
	const slow = client.callTool({ name: 'slow', arguments: {} });
	assert.equal(textOf(await client.callTool({ name: 'echo', arguments: {} })), '{}', 'calls do not wait for each other');
	recorder.letGo();
	assert.equal(textOf(await slow), 'released');
	assert.deepEqual(recorder.calls('wipe'), []);
	assert.deepEqual(recorder.violations(), []);
	await client.close();
	await until('the session ends at the server, too', () => recorder.entries('message').some((m) => m.http === 'DELETE'));
});
