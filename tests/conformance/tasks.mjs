// Tasks of the fixture server: the extension io.modelcontextprotocol/tasks of 2026-07-28.
// A tool whose work takes long answers with a task to who declared the extension, and waits
// with its answer for who did not.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { MissingRequiredClientCapabilityError, ProtocolError, ProtocolErrorCode, fromJsonSchema, inputRequired, inputResponse } from '@modelcontextprotocol/server';

export const EXTENSION = 'io.modelcontextprotocol/tasks';
const TTL_MS = 60000;
const POLL_MS = 50;
const OVER = ['completed', 'failed', 'cancelled'];
const CONFIRM = { type: 'object', properties: { confirm: { type: 'boolean' } }, required: ['confirm'] };
const NAME = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };

const tasks = new Map();
const answer = (text, more = {}) => ({ content: [{ type: 'text', text }], ...more });
const ask = (message, requestedSchema) => inputRequired.elicit({ message, requestedSchema });

function isDeclared(ctx) {
	return Boolean(ctx.mcpReq.envelope?.['io.modelcontextprotocol/clientCapabilities']?.extensions?.[EXTENSION]);
}

function need(ctx) {
	if (!isDeclared(ctx))
		throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [EXTENSION]: {} } } });
}

class Task {
	constructor() {
		const now = new Date().toISOString();
		this.fields = { taskId: randomUUID(), status: 'working', createdAt: now, lastUpdatedAt: now, ttlMs: TTL_MS, pollIntervalMs: POLL_MS };
		this.stop = new AbortController();
		tasks.set(this.fields.taskId, this);
		setTimeout(() => tasks.delete(this.fields.taskId), TTL_MS).unref();
	}

	set(status, more = {}) {
		if (OVER.includes(this.fields.status))
			return;
		const { result, error, inputRequests, ...rest } = this.fields;
		this.fields = { ...rest, status, lastUpdatedAt: new Date().toISOString(), ...more };
	}

	// Waits until each of the questions is answered; answers the answers.
	input(inputRequests) {
		this.answers = {};
		this.set('input_required', { inputRequests });
		return new Promise((resolve) => { this.answered = resolve; });
	}

	update(responses) {
		const open = this.fields.inputRequests ?? {};
		for (const [key, response] of Object.entries(responses).filter(([key]) => key in open)) {
			this.answers[key] = response;
			delete open[key];
		}
		if (this.answered && Object.keys(open).length === 0) {
			this.set('working');
			this.answered(this.answers);
		}
	}

	cancel() {
		this.set('cancelled');
		this.stop.abort();
	}

	async run(work) {
		try {
			this.set('completed', { result: await work(this) });
		} catch (e) {
			this.set('failed', { error: { code: e.code ?? ProtocolErrorCode.InternalError, message: e.message } });
		}
	}
}

function start(work) {
	const task = new Task();
	const created = { resultType: 'task', ...task.fields };
	task.run(work);
	return created;
}

// A tool that works in a task, or at once where the client knows no tasks.
function addWork(server, name, description, inputSchema, work) {
	server.registerTool(name, { description, inputSchema: fromJsonSchema(inputSchema) }, async (args, ctx) =>
		(isDeclared(ctx) ? start((task) => work(args, task)) : work(args, { stop: { signal: ctx.mcpReq.signal } })));
}

// Tools that need the extension: the SDK would make a tool error of their refusal.
const NEEDY = ['failing_job', 'protocol_error_job', 'confirm_delete', 'multi_input', 'test_tool_with_task'];

function addTools(server) {
	const none = { type: 'object' };
	server.registerTool('greet', { description: 'Greets, at once', inputSchema: fromJsonSchema(NAME) }, ({ name }) => answer(`Hello, ${name}!`));
	addWork(server, 'slow_compute', 'Takes as long as it is told', {
		type: 'object', properties: { seconds: { type: 'number', minimum: 0, maximum: 60 }, label: { type: 'string' } }, required: ['seconds'],
	}, async ({ seconds, label = 'no label' }, task) => {
		// Nobody is kept waiting for what a task would take.
		const atMost = task instanceof Task ? seconds : Math.min(seconds, 1);
		await pause(atMost * 1000, undefined, { signal: task.stop.signal, ref: false });
		return answer(`${label}: computed for ${seconds} s`);
	});
	addWork(server, 'failing_job', 'Ends with an error of the tool', none, async () => {
		await pause(200);
		return answer('this job fails', { isError: true });
	});
	addWork(server, 'protocol_error_job', 'Ends with an error of the protocol', none, async () => {
		await pause(50);
		throw new ProtocolError(ProtocolErrorCode.InternalError, 'this job breaks');
	});
	addWork(server, 'confirm_delete', 'Asks before it deletes', { type: 'object', properties: { filename: { type: 'string' } }, required: ['filename'] },
		async ({ filename }, task) => {
			const { sure } = await task.input({ sure: ask(`Delete ${filename}?`, CONFIRM) });
			return answer(sure.content?.confirm ? `deleted ${filename}` : `kept ${filename}`);
		});
	addWork(server, 'multi_input', 'Asks for two things at once', none, async (args, task) => {
		const given = await task.input({ one: ask('The first?', NAME), two: ask('The second?', NAME) });
		return answer(Object.values(given).map((a) => a.content?.name).join(' and '));
	});
	server.registerTool('test_tool_with_task', { description: 'Asks first, then works', inputSchema: fromJsonSchema(none) }, (args, ctx) => {
		const view = inputResponse(ctx.mcpReq.inputResponses, 'user_name');
		return view.kind === 'elicit' ? start(async () => answer(`Hello, ${view.content?.name}, from a task`))
			: inputRequired({ inputRequests: { user_name: ask('What is your name?', NAME) } });
	});
}

export function addTasks(server) {
	addTools(server);
	const handlers = server.server._requestHandlers;
	const call = handlers.get('tools/call');
	handlers.set('tools/call', async (request, ctx) => {
		if (NEEDY.includes(request.params?.name))
			need(ctx);
		return call(request, ctx);
	});
	const params = fromJsonSchema({ type: 'object', properties: { taskId: { type: 'string' } }, required: ['taskId'] });
	const on = (method, run) => server.server.setRequestHandler(method, { params }, (given, ctx) => {
		need(ctx);
		const task = tasks.get(given.taskId);
		if (!task)
			throw new ProtocolError(ProtocolErrorCode.InvalidParams, `no task '${given.taskId}'`);
		return run(task, given, ctx) ?? {};
	});
	on('tasks/get', (task) => ({ ...task.fields }));
	on('tasks/update', (task, given, ctx) => { task.update(ctx.mcpReq.inputResponses ?? given.inputResponses ?? {}); });
	on('tasks/cancel', (task) => { task.cancel(); });
}
