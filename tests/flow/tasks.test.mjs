// Tasks between the eras: the official client of the older line before a server of the tasks
// extension, and a client of 2026-07-28 before the official older server.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { ROOT, startGate } from './lib/gate.mjs';
import { connectHttp, textOf, types } from './lib/client.mjs';
import { commandOfEverything } from './lib/servers.mjs';
import { until } from './lib/wait.mjs';

const OPEN = { version: '1', default: 'allow', server_requests: { sampling: 'allow', elicitation: 'allow', roots: 'allow' } };
const EXTENSION = 'io.modelcontextprotocol/tasks';
const server = [process.execPath, path.join(ROOT, 'tests/flow/servers/tasks-v2.mjs')];

// What the SDK's client sees of a call as a task, one line a step; steps that repeat once.
async function follow(client, name, args) {
	const seen = [];
	for await (const m of client.experimental.tasks.callToolStream({ name, arguments: args }, types.CallToolResultSchema, { task: { ttl: 60000 } })) {
		const line = m.task ? `${m.type} ${m.task.status}` : m.result ? `result ${textOf(m.result)}` : `error ${m.error.message}`;
		if (seen.at(-1) !== line)
			seen.push(line);
	}
	return seen;
}

test('an older client runs the tasks of a server of 2026-07-28', async (t) => {
	const gate = await startGate(t, { servers: { tasks: server }, policies: { open: OPEN }, rights: { tasks: 'open' } });
	const asked = [];
	const answer = async ({ params }) => {
		asked.push([params.message, params._meta?.['io.modelcontextprotocol/related-task']?.taskId]);
		return { action: 'accept', content: { confirm: true, name: 'eve' } };
	};
	const client = await connectHttp(t, gate.url('tasks'), gate.token, { capabilities: { elicitation: {} }, handlers: [[types.ElicitRequestSchema, answer]] });
	assert.deepEqual(client.getServerCapabilities().tasks, { cancel: {}, requests: { tools: { call: {} } } });
	const { tools } = await client.listTools();
	assert.equal(tools.find((x) => x.name === 'slow_compute').execution.taskSupport, 'optional');

	assert.deepEqual(await follow(client, 'slow_compute', { seconds: 0.3, label: 'it' }),
		['taskCreated working', 'taskStatus working', 'taskStatus completed', 'result it: computed for 0.3 s']);
	assert.deepEqual(await follow(client, 'greet', { name: 'bob' }), ['taskCreated working', 'taskStatus completed', 'result Hello, bob!'],
		'a tool that answers at once is a task that is done');
	const deleted = await follow(client, 'confirm_delete', { filename: 'x' });
	assert.equal(deleted.at(-1), 'result deleted x');
	assert.ok(deleted.includes('taskStatus input_required'));
	assert.match(asked[0][1], /~/, 'what a task asks says which task it is for');
	assert.match((await follow(client, 'protocol_error_job', {})).at(-1), /^error .*failed/);

	// The same tools for a call that asks for no task.
	const plain = (name, args) => client.callTool({ name, arguments: args });
	assert.equal(textOf(await plain('slow_compute', { seconds: 0.1, label: 'it' })), 'it: computed for 0.1 s');
	assert.equal(textOf(await plain('confirm_delete', { filename: 'y' })), 'deleted y');
	await assert.rejects(plain('protocol_error_job', {}), /this job breaks/);

	const task = await client.request({ method: 'tools/call', params: { name: 'slow_compute', arguments: { seconds: 60 }, task: {} } }, types.CreateTaskResultSchema);
	const other = await connectHttp(t, gate.url('tasks'), await gate.grant('other', { tasks: 'open' }));
	await assert.rejects(other.experimental.tasks.getTask(task.task.taskId), /no task with this id/, "another grant's task is none");
	assert.equal((await client.experimental.tasks.cancelTask(task.task.taskId)).status, 'cancelled');
});

test('an older client runs a task of an older server', async (t) => {
	const gate = await startGate(t, { servers: { everything: commandOfEverything('tasks') }, policies: { open: OPEN }, rights: { everything: 'open' } });
	const asked = [];
	const answer = async ({ params }) => {
		asked.push(params._meta?.['io.modelcontextprotocol/related-task']?.taskId);
		return { action: 'accept', content: { interpretation: 'snake' } };
	};
	const client = await connectHttp(t, gate.url('everything'), gate.token, { capabilities: { elicitation: {} }, handlers: [[types.ElicitRequestSchema, answer]] });
	await client.listTools();
	const seen = await follow(client, 'simulate-research-query', { topic: 'python', ambiguous: true });
	assert.match(seen.at(-1), /^result [^]*python \(snake\)/);
	assert.equal(asked.length, 1);
	assert.match(asked[0], /~[\w-]{22}$/);
});

test('a client of 2026-07-28 runs a task of an older server', async (t) => {
	const gate = await startGate(t, { servers: { everything: commandOfEverything('tasks') }, policies: { open: OPEN }, rights: { everything: 'open' } });
	let last = 0;
	const ask = async (method, params, capabilities) => {
		const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
		                'io.modelcontextprotocol/clientCapabilities': capabilities };
		const name = params.name ?? params.taskId;
		const r = await fetch(gate.url('everything'), { method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: ++last, method, params: { ...params, _meta } }),
			headers: { authorization: `Bearer ${gate.token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream',
			           'mcp-protocol-version': '2026-07-28', 'mcp-method': method, ...(name ? { 'mcp-name': name } : {}) } });
		const text = await r.text();
		const line = text.startsWith('{') ? text : text.split('\n').filter((l) => l.startsWith('data: {')).at(-1).slice(6);
		return JSON.parse(line);
	};
	const able = { elicitation: {}, extensions: { [EXTENSION]: {} } };
	const call = { name: 'simulate-research-query', arguments: { topic: 'python', ambiguous: true } };

	const lacking = await ask('tools/call', call, { elicitation: {} });
	assert.equal(lacking.error?.code, -32021, JSON.stringify(lacking));
	const made = await ask('tools/call', call, able);
	assert.equal(made.result?.resultType, 'task', JSON.stringify(made));
	const { taskId } = made.result;
	const get = async () => (await ask('tasks/get', { taskId }, able)).result;
	const waiting = await until('the task asks', async () => {
		const task = await get();
		return task.status === 'input_required' ? task : null;
	});
	const [[key, request]] = Object.entries(waiting.inputRequests);
	assert.equal(request.method, 'elicitation/create');
	const updated = await ask('tasks/update', { taskId, inputResponses: { [key]: { action: 'accept', content: { interpretation: 'snake' } } } }, able);
	assert.deepEqual(updated.result?.resultType, 'complete', JSON.stringify(updated));
	const done = await until('the task is done', async () => {
		const task = await get();
		return task.status === 'completed' ? task : null;
	});
	assert.match(textOf(done.result), /python \(snake\)/);
	await gate.recordsWhen((all) => all.some((r) => r.tool === call.name));
});
