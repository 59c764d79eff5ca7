// The known holes of gates like this one. Each trick is first played on the recording
// server itself, which falls for it: so a test here fails once the gate's guard is gone.
import assert from 'node:assert/strict';
import test from 'node:test';
import { startGate } from './lib/gate.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { HttpFace, PipeFace, wrap } from './lib/face.mjs';
import { until } from './lib/wait.mjs';

const POLICY = {
	version: '1', default: 'deny', hide: ['secret'],
	server_requests: { sampling: 'deny', elicitation: 'deny', roots: 'deny' },
	resources: { default: 'deny', allow: ['file:///a.txt'] },
	prompts: { default: 'deny' },
	tools: {
		echo: { validate: 'off' }, typed: {}, slow: {}, big: {}, progress: {}, log: {}, change: {}, structured: {}, ask_sampling: {},
		spend: { limits: [{ counter: 'spent', window: 'month', max: 0.3, increment_from: 'args.amount' }] },
		fail: { limits: [{ counter: 'fail_rate', window: 'month', max: 2 }] },
		tool_error: { limits: [{ counter: 'error_rate', window: 'month', max: 2 }] },
		hang: { require: [{ conditions: [{ path: 'args.env', op: 'neq', value: 'prod' }] }] },
	},
};

const call = (params) => `{"jsonrpc":"2.0","id":$,"method":"tools/call","params":${params}}`;
const ran = (name) => (c) => c.name === name;

// text: $ stands for a fresh id. ran: what the server must not have run. isSilent: no answer is owed.
const TRICKS = [
	{ name: 'a batch that hides a refused call', text: `[${call('{"name":"wipe"}')},{"jsonrpc":"2.0","id":"b","method":"ping"}]`, ran: ran('wipe') },
	{ name: 'an empty batch', text: '[]' },
	{ name: 'arguments that are an array', text: call('{"name":"echo","arguments":[{"text":"trick"}]}'), ran: (c) => Array.isArray(c.args) },
	{ name: 'arguments that are a string', text: call('{"name":"echo","arguments":"{\\"text\\":\\"trick\\"}"}'), ran: (c) => typeof c.args === 'string' },
	{ name: 'arguments that are a number', text: call('{"name":"echo","arguments":7}'), ran: (c) => typeof c.args === 'number' },
	{ name: 'arguments that are null', text: call('{"name":"echo","arguments":null}'), ran: (c) => c.args === null },
	{ name: 'a name that is no string', text: call('{"name":["wipe"],"arguments":{}}'), ran: ran('wipe') },
	{ name: 'METHOD in place of method', text: '{"jsonrpc":"2.0","id":$,"METHOD":"tools/call","params":{"name":"wipe"}}', ran: ran('wipe') },
	{ name: 'Method beside method', text: '{"jsonrpc":"2.0","id":$,"method":"ping","Method":"tools/call","params":{"name":"wipe"}}', ran: ran('wipe') },
	{ name: 'Params beside params', text: '{"jsonrpc":"2.0","id":$,"method":"tools/call","params":{"name":"echo"},"Params":{"name":"wipe"}}', ran: ran('wipe') },
	{ name: 'Name beside name', text: call('{"name":"echo","Name":"wipe","arguments":{}}'), ran: ran('wipe') },
	{ name: 'Name in place of name', text: call('{"Name":"wipe","arguments":{}}'), ran: ran('wipe') },
	{ name: 'Arguments beside arguments', text: call('{"name":"spend","arguments":{"amount":0.01},"Arguments":{"amount":5000}}'), ran: (c) => c.args?.amount === 5000 },
	{ name: 'ID beside id', text: '{"jsonrpc":"2.0","id":$,"ID":"other","method":"tools/call","params":{"name":"wipe"}}', ran: ran('wipe') },
	{ name: 'the key name twice', text: call('{"name":"echo","name":"wipe","arguments":{}}'), ran: ran('wipe') },
	{ name: 'the key method twice', text: '{"jsonrpc":"2.0","id":$,"method":"ping","method":"tools/call","params":{"name":"wipe"}}', ran: ran('wipe') },
	{ name: 'a key of the arguments twice', text: call('{"name":"spend","arguments":{"amount":0.01,"amount":5000}}'), ran: (c) => c.args?.amount === 5000 },
	{ name: 'a key twice, once escaped', text: call('{"name":"echo","n\\u0061me":"wipe","arguments":{}}'), ran: ran('wipe') },
	{ name: 'an escaped key', text: call('{"n\\u0061me":"wipe","arguments":{}}'), ran: ran('wipe') },
	{ name: 'an escaped name', text: call('{"name":"w\\u0069pe","arguments":{}}'), ran: ran('wipe') },
	{ name: 'an escaped method', text: '{"jsonrpc":"2.0","id":$,"method":"tools\\/c\\u0061ll","params":{"name":"wipe"}}', ran: ran('wipe') },
	{ name: 'a name in another case', text: call('{"name":"WIPE","arguments":{}}'), ran: ran('wipe') },
	{ name: 'a name with a space', text: call('{"name":"wipe ","arguments":{}}'), ran: ran('wipe') },
	{ name: 'a name with a tab in front', text: call('{"name":"\\twipe","arguments":{}}'), ran: ran('wipe') },
	{ name: 'an allowed name with a space', text: call('{"name":"spend ","arguments":{"amount":5000}}'), ran: (c) => c.args?.amount === 5000 },
	{ name: 'a hidden tool', text: call('{"name":"secret","arguments":{}}'), ran: ran('secret') },
	{ name: 'a method in another case', text: '{"jsonrpc":"2.0","id":$,"method":"TOOLS/CALL","params":{"name":"wipe"}}', ran: ran('wipe') },
	{ name: 'an unknown method', text: '{"jsonrpc":"2.0","id":$,"method":"tools/call/","params":{"name":"wipe"}}' },
	{ name: 'params that are an array', text: '{"jsonrpc":"2.0","id":$,"method":"tools/call","params":["wipe"]}' },
	{ name: 'an id that is null', text: '{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"wipe"}}', ran: ran('wipe') },
	{ name: 'no jsonrpc', text: '{"id":$,"method":"tools/call","params":{"name":"wipe"}}', ran: ran('wipe') },
	{ name: 'a call as a notification', text: '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"echo","arguments":{"text":"trick"}}}', isSilent: true, isIgnored: true,
	  ran: (c) => c.args?.text === 'trick' },
	{ name: 'a request that is a result, too', text: '{"jsonrpc":"2.0","id":$,"result":{},"method":"tools/call","params":{"name":"wipe"}}', ran: ran('wipe') },
	{ name: 'text behind the message', text: '{"jsonrpc":"2.0","id":$,"method":"ping"} {"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"wipe"}}' },
	{ name: 'a resource that the policy does not allow', text: '{"jsonrpc":"2.0","id":$,"method":"resources/read","params":{"uri":"file:///etc/passwd"}}' },
	{ name: 'a resource under a second Uri', text: '{"jsonrpc":"2.0","id":$,"method":"resources/read","params":{"uri":"file:///a.txt","Uri":"file:///etc/passwd"}}' },
	{ name: 'a prompt that the policy does not allow', text: '{"jsonrpc":"2.0","id":$,"method":"prompts/get","params":{"name":"hello"}}' },
	{ name: 'NaN as an amount', text: call('{"name":"spend","arguments":{"amount":NaN}}') },
	{ name: 'a comment and a trailing comma', text: call('{"name":"echo","arguments":{/*x*/"text":"trick",}}') },
	{ name: 'nesting without end', text: call(`{"name":"echo","arguments":{"text":${'['.repeat(500)}${']'.repeat(500)}}}`), ran: (c) => Array.isArray(c.args?.text) },
	{ name: 'half of a surrogate pair', text: call('{"name":"echo","arguments":{"text":"\\ud800"}}'), ran: (c) => c.args?.text === '\ud800' },
];

// Where a refused call may show as a problem of the message, of HTTP, or of the policy.
function isRefused(messages) {
	const answers = messages.filter((m) => !('method' in m));
	return answers.length > 0 && answers.every((m) => 'error' in m || m.result?.isError === true);
}

// What the gate asks servers for by itself.
function isOfTheGate(text) {
	return /^\{[^{[]*"method":"(initialize|notifications\/initialized|tools\/list)"/.test(text);
}

const PATHS = [
	{ name: 'HTTP to HTTP', face: 'http', server: 'http', options: {} },
	{ name: 'HTTP to HTTP with event streams', face: 'http', server: 'http', options: { reply: 'sse' } },
	{ name: 'HTTP to stdio', face: 'http', server: 'stdio', options: {} },
	{ name: 'stdio (wrap) to stdio', face: 'stdio', server: 'stdio', options: {} },
];

async function open(t, path, { policy = POLICY, version = '2025-11-25', capabilities = {}, options = {}, ...more } = {}) {
	const recorder = await startRecorder(t, path.server, { version, ...path.options, ...options });
	let face;
	let gate;
	if (path.face === 'http') {
		gate = await startGate(t, { servers: { rec: recorder.where }, policies: { p: policy }, rights: { rec: 'p' }, ...more });
		face = new HttpFace(gate.url('rec'), gate.token);
	} else {
		face = wrap(t, policy, recorder.command);
	}
	await face.open(version, capabilities);
	return { recorder, face, gate };
}

let lastId = 0;

async function play(face, trick) {
	const id = `t${++lastId}`;
	const text = trick.text.replaceAll('$', `"${id}"`);
	if (face.kind === 'http') {
		const r = await face.post(text);
		return { messages: r.messages, status: r.status };
	}
	if (trick.isSilent) {
		face.write(text);
		return { messages: [] };
	}
	return { messages: await face.exchange(text, id) };
}

test('the recording server falls for every trick', async (t) => {
	const recorder = await startRecorder(t, 'stdio', { version: '2025-03-26' });
	const face = new PipeFace(t, recorder.command);
	await face.open('2025-03-26');
	for (const trick of TRICKS.filter((k) => k.ran)) {
		const before = recorder.calls().length;
		face.write(trick.text.replaceAll('$', `"d${++lastId}"`));
		await face.request('ping');
		assert.ok(recorder.calls().slice(before).some(trick.ran), `the server must fall for ${trick.name}`);
	}
});

for (const path of PATHS) {
	test(`tricks, ${path.name}`, async (t) => {
		const { recorder, face, gate } = await open(t, path);
		for (const trick of TRICKS)
			await t.test(trick.name, async () => {
				const before = recorder.entries().length;
				const { messages, status } = await play(face, trick);
				if (trick.isSilent)
					assert.ok(status === undefined || status === 202 || status === 400, `status ${status}`);
				else
					assert.ok(isRefused(messages), `refused, not ${status} ${JSON.stringify(messages)}`);
				const fence = await face.call('echo', { text: 'fence' });
				assert.equal(JSON.parse(fence.result.content[0].text).text, 'fence');
				const seen = recorder.entries().slice(before);
				const past = seen.filter((e) => e.kind === 'message' && (e.http ?? 'POST') === 'POST' && !e.text.includes('fence') && !isOfTheGate(e.text));
				assert.deepEqual(past.map((e) => e.text), [], 'nothing of it reaches the server');
				assert.ok(!seen.some((e) => e.kind === 'call' && trick.ran?.(e)));
			});
		assert.deepEqual(recorder.violations(), []);
		if (gate) {
			const all = await gate.recordsWhen((r) => r.some((x) => x.rule === '(hidden)'), 'the refusal of a hidden tool is recorded');
			assert.ok(all.some((x) => x.tool === 'wipe' && x.rule === '(default deny)'));
		}
	});

	test(`amounts, ${path.name}`, async (t) => {
		const { recorder, face } = await open(t, path);
		const spend = async (amount) => {
			const id = `m${++lastId}`;
			const args = amount === undefined ? '{}' : `{"amount":${amount}}`;
			const messages = await face.exchange(call(`{"name":"spend","arguments":${args}}`).replace('$', `"${id}"`), id);
			return messages.find((m) => m.id === id || m.id === null || m.id === undefined);
		};
		const bad = ['-5', '-0.000000001', '-1e-9', '"5"', '"0.1"', 'null', 'true', '[0.1]', '{"v":0.1}', undefined, '1e400', '-1e400', '1e30',
			'9'.repeat(60), '0.300000001', '1e-400', '0.0000000001', `0.${'1'.repeat(40)}`];
		for (const amount of bad) {
			const m = await spend(amount);
			assert.ok(m.error || m.result.isError, `${amount} is refused, not ${JSON.stringify(m)}`);
		}
		for (const amount of ['NaN', 'Infinity', '-Infinity', '+1', '.1', '0x1', '01'])
			assert.ok((await spend(amount)).error, `${amount} is no JSON`);
		assert.equal(recorder.calls('spend').length, 0, 'none of them reached the server, and none took from the counter');
		for (const amount of ['0.1', '2e-1'])
			assert.ok(!(await spend(amount)).result.isError, `${amount} fits: 0.1 + 0.2 is 0.3 exactly`);
		const over = await spend('0.000000001');
		assert.equal(over.result.isError, true, 'one billionth more does not fit');
		assert.match(over.result.content[0].text, /^\[POLICY DENIED\] /);
		assert.ok(over.result._meta['io.gatehouse/decision'].retryAfterSeconds > 0);
		assert.match(over.result._meta['io.gatehouse/decision'].rule, /^\/tools\/spend\/limits\/spent$/);
		assert.equal(recorder.calls('spend').length, 2);
	});

	test(`lists are filtered and kept, ${path.name}`, async (t) => {
		const { recorder, face } = await open(t, path, { options: { pages: 3 } });
		const messages = await face.exchange('{"jsonrpc":"2.0","id":"list","method":"tools/list"}', 'list');
		const { result } = messages.find((m) => m.id === 'list');
		const text = face.kind === 'http' ? face.last.text : face.process.out.find((l) => l.includes('"list"') && l.includes('tools'));
		assert.equal(result['x-top'], 'kept');
		assert.ok(result._meta['example.test/list'].kept[0]);
		for (const spelt of ['1e2', '2.50', '123456789012345678901234567890', '1.50'])
			assert.ok(text.includes(spelt), `${spelt} is spelt as the server does`);
		const tools = await face.list();
		const echo = tools.find((x) => x.name === 'echo');
		assert.deepEqual(echo['x-unknown'], { kept: true });
		assert.equal(echo.annotations['x-hint'], 1);
		assert.equal(echo._meta['example.test/kept'].deep[3], 'ü');
		assert.deepEqual(Object.keys(echo), ['name', 'description', 'inputSchema', 'annotations', '_meta', 'x-unknown'], 'order is kept');
		assert.deepEqual(tools.map((x) => x.name).sort(), Object.keys(POLICY.tools).filter((n) => n !== 'fresh').sort());
		await face.call('change');
		assert.ok(!(await face.list()).some((x) => ['fresh', 'wipe', 'secret'].includes(x.name)), 'a tool that comes later is filtered, too');
		const resources = (await face.request('resources/list')).result.resources;
		assert.deepEqual(resources, [{ uri: 'file:///a.txt', name: 'a.txt', 'x-kept': 1 }]);
		assert.deepEqual((await face.request('prompts/list')).result.prompts, []);
		assert.deepEqual(recorder.violations(), []);
	});

	test(`a message of one MB and one of seventeen, ${path.name}`, async (t) => {
		const { face } = await open(t, path, { expectErrors: [/./] });
		const big = await face.call('big', { bytes: 1 << 20 });
		assert.equal(big.result.content[0].text.length, 1 << 20);
		assert.ok(/^x+$/.test(big.result.content[0].text));
		const huge = await face.call('big', { bytes: 17 << 20 });
		assert.ok(huge.error || huge.result.isError, 'past the limit: an error, no truncated text');
		assert.ok(JSON.stringify(huge).length < 10000);
		await until('the server answers again, or wrap has ended with it', async () => {
			if (face.process?.how)
				return true;
			const again = face.kind === 'http' ? new HttpFace(face.url, face.token) : face;
			if (face.kind === 'http')
				await again.open().catch(() => {});
			return (await again.call('echo', { text: 'on' }).catch(() => null))?.result?.content[0].text === '{"text":"on"}';
		});
	});

	test(`what was reserved is given back or kept, ${path.name}`, async (t) => {
		const { recorder, face } = await open(t, path);
		for (let i = 0; i < 5; i++) {
			const m = await face.call('fail');
			assert.equal(m.error.code, -32602, 'an error that means "did not run" gives back what was reserved');
		}
		assert.equal(recorder.calls('fail').length, 5);
		for (let i = 0; i < 2; i++)
			assert.equal((await face.call('tool_error')).result.content[0].text, 'ran and failed');
		const third = await face.call('tool_error');
		assert.match(third.result.content[0].text, /^\[POLICY DENIED\]/, 'a tool that ran and failed has used its share');
		assert.equal(recorder.calls('tool_error').length, 2);
	});

	test(`conditions on what is not there, and arrays for objects, ${path.name}`, async (t) => {
		const { recorder, face } = await open(t, path, { policy: { version: '1', default: 'deny', tools: {
			echo: { require: [{ conditions: [{ path: 'args.text', op: 'neq', value: 'no' }] }] },
			structured: { deny_if: [{ conditions: [{ path: 'args.env', op: 'neq', value: 'dev' }] }] },
			typed: {} } } });
		assert.equal((await face.call('echo', {})).result.isError, true, 'neq does not hold for a missing argument');
		assert.equal((await face.call('echo', { text: 'no' })).result.isError, true);
		assert.ok(!(await face.call('echo', { text: 'yes' })).result.isError);
		assert.ok(!(await face.call('structured', {})).result.isError, 'and a deny_if on it does not fire');
		assert.equal((await face.call('structured', { env: 'prod' })).result.isError, true);
		for (const bad of [{ n: [1] }, { n: '1' }, { n: { 0: 1 } }, {}, { n: 1.5 }, { n: null }])
			assert.equal((await face.call('typed', bad)).result.isError, true, `${JSON.stringify(bad)} does not fit the schema`);
		assert.ok(!(await face.call('typed', { n: 1 })).result.isError);
		assert.ok(!(await face.call('typed', { n: 1.0, more: [] })).result.isError);
		assert.deepEqual(recorder.calls().map((c) => c.name), ['echo', 'structured', 'typed', 'typed']);
	});

	test(`each answer goes to the call it belongs to, ${path.name}`, async (t) => {
		const { recorder, face } = await open(t, path);
		const slow = face.exchange('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow"}}', 1);
		await until('the slow call is at the server', () => recorder.calls('slow').length === 1);
		const refused = await face.exchange('{"jsonrpc":"2.0","id":"1","method":"tools/call","params":{"name":"wipe"}}', '1');
		assert.deepEqual(refused.map((m) => m.id), ['1'], 'the id is the very same string, and nothing else came');
		assert.equal(refused[0].result.isError, true);
		const quick = await face.exchange('{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo"}}', 2);
		assert.equal(quick.find((m) => m.id === 2).result.isError, undefined);
		recorder.letGo();
		const [answer] = (await slow).filter((m) => m.id === 1);
		assert.equal(answer.result.content[0].text, 'released');
	});

	test(`what a server may not ask never reaches the client, ${path.name}`, async (t) => {
		const { face } = await open(t, path, { capabilities: { sampling: {} } });
		face.answers['sampling/createMessage'] = () => ({ role: 'assistant', model: 'm', content: { type: 'text', text: 'leak' } });
		const m = await face.call('ask_sampling');
		assert.deepEqual(face.asked, []);
		assert.ok(!JSON.stringify(m).includes('leak'));
		assert.match(m.result.content[0].text, /refused/);
	});
}

test('answers of two clients with the same ids do not mix, and refusals stay off the open stream', async (t) => {
	const recorder = await startRecorder(t, 'stdio');
	const gate = await startGate(t, { servers: { rec: recorder.where }, policies: { p: POLICY }, rights: { rec: 'p' } });
	const faces = [new HttpFace(gate.url('rec'), gate.token), new HttpFace(gate.url('rec'), gate.token)];
	for (const f of faces)
		await f.open();
	const stream = faces[0].listen();
	await until('the stream is open', () => stream.heads.length > 0);
	assert.equal(stream.heads[0], 200);
	const answers = await Promise.all(Array.from({ length: 40 }, (_, i) =>
		faces[i % 2].request('tools/call', { name: i % 5 === 0 ? 'wipe' : 'echo', arguments: { text: `${i}` } }, Math.floor(i / 2) + 1)));
	answers.forEach((m, i) => {
		assert.equal(m.id, Math.floor(i / 2) + 1);
		if (i % 5 === 0)
			assert.equal(m.result.isError, true);
		else
			assert.equal(JSON.parse(m.result.content[0].text).text, `${i}`);
	});
	assert.deepEqual(faces[0].asked.concat(faces[0].heard), []);
	await stream.stop();
});

test('a policy swapped while a call is in flight decides the next one', async (t) => {
	for (const server of ['http', 'stdio']) {
		const recorder = await startRecorder(t, server);
		const gate = await startGate(t, { servers: { rec: recorder.where }, policies: { p: POLICY }, rights: { rec: 'p' } });
		const face = new HttpFace(gate.url('rec'), gate.token);
		await face.open();
		const slow = face.call('slow');
		await until('the slow call is at the server', () => recorder.calls('slow').length === 1);
		await gate.applyPolicy('p', { version: '1', default: 'deny', tools: { echo: {} } });
		assert.equal((await face.call('slow')).result.isError, true, 'the next call is refused at once');
		assert.ok(!(await face.call('echo', { text: 'still' })).result.isError);
		recorder.letGo();
		assert.equal((await slow).result.content[0].text, 'released', 'the one in flight ends as it began');
		assert.equal(recorder.calls('slow').length, 1);
	}
});

test('a share is given back into the window it came from', async (t) => {
	const seconds = 8;
	const recorder = await startRecorder(t, 'http', { failWhenReleased: true });
	const gate = await startGate(t, { servers: { rec: recorder.where }, rights: { rec: 'p' },
		policies: { p: { version: '1', default: 'deny', tools: { slow: { limits: [{ counter: 'c', window: seconds, max: 1 }] } } } } });
	const face = new HttpFace(gate.url('rec'), gate.token);
	await face.open();
	const windowNow = () => Math.floor(Date.now() / (seconds * 1000));
	const first = windowNow();
	const failing = face.call('slow');
	await until('the first call is at the server', () => recorder.calls('slow').length === 1);
	if (windowNow() !== first)
		return t.skip('the machine was too slow to make a call within one window');
	assert.equal((await face.call('slow')).result?.isError, true, 'the window is used up');
	await until('the next window begins', () => windowNow() > first, (seconds + 2) * 1000);
	const second = windowNow();
	const quick = face.call('slow', { quick: true });
	assert.ok(!(await quick).result.isError, 'the next window admits one');
	recorder.letGo();
	assert.ok((await failing).error, 'the first call failed without having run');
	const third = await face.call('slow', { quick: true });
	if (windowNow() !== second)
		return t.skip('the machine was too slow to end within one window');
	assert.equal(third.result?.isError, true, 'what it gave back does not count for this window');
});
