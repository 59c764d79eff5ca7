// What may come back: a real server of the SDK says too much, and a real client gets what the policy leaves.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { connectHttp, textOf, types } from './lib/client.mjs';
import { ROOT, startGate } from './lib/gate.mjs';

const SERVER = [process.execPath, path.join(ROOT, 'tests/flow/servers/leaky.mjs')];
const META = 'io.gatehouse/results';

function policy(results, more = {}) {
	return { version: '1', default: 'allow', server_requests: { elicitation: 'allow' }, results, ...more };
}

async function open(t, document, options) {
	const gate = await startGate(t, { servers: { leaky: SERVER }, policies: { p: document }, rights: { leaky: 'p' } });
	const client = await connectHttp(t, gate.url('leaky'), gate.token, options);
	return { gate, client, call: (name, params = {}, more) => client.callTool({ name, arguments: params }, undefined, more) };
}

async function outcome(gate, tool) {
	const all = await gate.recordsWhen((r) => r.some((x) => x.tool === tool && x.outcome !== 'pending'));
	return all.find((x) => x.tool === tool);
}

test('text, structured content, resources and prompts are redacted alike', async (t) => {
	const { gate, client, call } = await open(t, policy({ redact: ['secrets', 'personal'] }));
	const person = await call('person');
	assert.equal(textOf(person), '[redacted: email] has the key [redacted: secret]');
	assert.deepEqual(person.structuredContent, { mail: '[redacted: email]', age: 33, token: '[redacted: secret]' }, 'and still fits the output schema');
	assert.deepEqual(person._meta[META], { redactions: 'secret=2 email=2' });
	const plain = await call('plain');
	assert.equal(textOf(plain), 'it rains');
	assert.equal(plain._meta?.[META], undefined, 'what has nothing in it is as it was');
	const failed = await call('fail');
	assert.ok(failed.isError);
	assert.match(textOf(failed), /no such user: \[redacted: email\]/);
	assert.equal((await client.readResource({ uri: 'leaky://note' })).contents[0].text, 'call [redacted: phone]');
	assert.equal((await client.getPrompt({ name: 'greet' })).messages[0].content.text, 'pay to [redacted: iban]');
	const record = await outcome(gate, 'person');
	assert.equal(record.redactions, 'secret=2 email=2');
	assert.doesNotMatch(JSON.stringify(await gate.records()), /a\.example|AKIA/, 'the record has no values');
	await gate.stop();
	const moved = await outcome(gate, 'person');
	assert.equal(moved.redactions, 'secret=2 email=2', 'and the database has it, too');
});

test('what comes before the answer is redacted, too', async (t) => {
	const seen = [];
	const { gate, client, call } = await open(t, policy({ redact: ['email'], on_injection: 'refuse' }));
	client.setNotificationHandler(types.LoggingMessageNotificationSchema, (n) => { seen.push(n.params.data); });
	assert.equal(textOf(await call('steps', {}, { onprogress: (p) => seen.push(p.message) })), 'done');
	assert.deepEqual(seen, ['asked [redacted: email]', { who: ['[redacted: email]'] }], 'a message that gives orders is not passed on');
	const record = await outcome(gate, 'steps');
	assert.equal(record.redactions, 'email=2');
	assert.match(record.injection, /instruction-override, withheld|exfiltration, withheld/);
});

test('what a server asks of the user', async (t) => {
	const asked = [];
	const { call } = await open(t, policy({ redact: ['email'], on_injection: 'refuse' }), {
		capabilities: { elicitation: {} },
		handlers: [[types.ElicitRequestSchema, (r) => { asked.push(r.params.message); return { action: 'decline' }; }]],
	});
	assert.equal(textOf(await call('ask')), 'decline');
	assert.match(textOf(await call('press')), /refused/);
	assert.deepEqual(asked, ['Is it [redacted: email]?']);
});

test('an answer that gives orders is flagged, or withheld', async (t) => {
	const flagging = await open(t, policy({ on_injection: 'flag' }));
	const flagged = await flagging.call('orders');
	assert.match(textOf(flagged), /Ignore all previous/);
	assert.match(flagged._meta[META].injection, /^[a-z-]+$/);
	assert.ok((await outcome(flagging.gate, 'orders')).injection);

	const refusing = await open(t, policy({ on_injection: 'refuse' }));
	const refused = await refusing.call('orders');
	assert.ok(refused.isError);
	assert.match(textOf(refused), /^\[POLICY DENIED\] the call ran, but its answer is withheld/);
	assert.doesNotMatch(JSON.stringify(refused), /evil\.example/);
	assert.equal(refused._meta['io.gatehouse/decision'].pointer, '/results/on_injection');
	assert.equal(textOf(await refusing.call('runs')), '1', 'it ran');
	assert.match((await outcome(refusing.gate, 'orders')).injection, /, withheld$/);
});

test('a finding marks the session for flows', async (t) => {
	const { call } = await open(t, policy({ on_injection: 'flag' }, {
		labels: { plain: ['sends_out'] },
		flows: [{ name: 'warned', after: ['reads_untrusted'], refuse: ['sends_out'], reason: 'it was told what to do' }],
	}));
	assert.equal(textOf(await call('plain')), 'it rains');
	await call('orders');
	const refused = await call('plain');
	assert.ok(refused.isError);
	assert.match(textOf(refused), /it was told what to do/);
});

test('types and sizes', async (t) => {
	const { call } = await open(t, policy({ content_types: ['text'], max_bytes: 2000 }));
	assert.match(textOf(await call('picture')), /left out: the policy does not let image\/png pass/);
	const large = await call('large');
	assert.ok(large.isError);
	assert.match(textOf(large), /larger than the 2000 bytes/);
});

test('in mode shadow everything comes back, and is recorded', async (t) => {
	const { gate, call } = await open(t, policy({ redact: ['email'], on_injection: 'refuse' }, { mode: 'shadow' }));
	assert.match(textOf(await call('orders')), /evil\.example/);
	assert.match(textOf(await call('person')), /ann@a\.example/);
	assert.equal((await outcome(gate, 'person')).redactions, 'email=2');
	assert.match((await outcome(gate, 'orders')).injection, /^[a-z-]+$/);
});
