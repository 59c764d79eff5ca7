// What the fixture server offers: the tools, resources and prompts that the official suite
// asks for by name, written once for both eras. Answers that need the client's help are
// given as input_required; the SDK turns them into server requests for older clients.
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
	McpServer, ResourceTemplate, completable, createRequestStateCodec, fromJsonSchema, inputRequired, inputResponse,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { EXTENSION, addTasks } from './tasks.mjs';

const RED_DOT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
const SILENCE = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=';
const NAME = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
const OK = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] };
const LISTS = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'];

// Handed to clients and taken back only as it was: signed, for ten minutes.
const state = createRequestStateCodec({ key: randomBytes(32), bind: (ctx) => ctx.mcpReq.method });

const text = (s) => ({ type: 'text', text: s });
const answer = (...content) => ({ content });
const user = (...contents) => ({ messages: contents.map((content) => ({ role: 'user', content })) });
const ask = (message, requestedSchema) => inputRequired.elicit({ message, requestedSchema });
const sample = (prompt, maxTokens) => inputRequired.createMessage({ messages: [{ role: 'user', content: text(prompt) }], maxTokens });

// What the client answered to one of our questions, or undefined: then it has to be asked (again).
function given(ctx, key, kind) {
	const view = inputResponse(ctx.mcpReq.inputResponses, key);
	return view.kind === kind ? view : undefined;
}

function sampled(view) {
	const content = [view.result.content].flat();
	return content.map((c) => c.text ?? c.type).join('');
}

function told(view) {
	return `action=${view.action}, content=${JSON.stringify(view.content ?? {})}`;
}

// A tool without arguments, unless a schema is given.
function addTool(server, name, description, run, schema = { type: 'object' }) {
	return server.registerTool(name, { description, inputSchema: fromJsonSchema(schema) }, (args, ctx) => run(ctx, args));
}

function addContentTools(server) {
	const add = (name, description, run) => addTool(server, name, description, run);
	add('test_simple_text', 'Answers one text', () => answer(text('This is a simple text response for testing.')));
	add('test_image_content', 'Answers an image', () => answer({ type: 'image', data: RED_DOT, mimeType: 'image/png' }));
	add('test_audio_content', 'Answers a sound', () => answer({ type: 'audio', data: SILENCE, mimeType: 'audio/wav' }));
	add('test_embedded_resource', 'Answers a resource', () => answer({
		type: 'resource',
		resource: { uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'This is an embedded resource content.' },
	}));
	add('test_multiple_content_types', 'Answers a text, an image and a resource', () => answer(
		text('Multiple content types test:'),
		{ type: 'image', data: RED_DOT, mimeType: 'image/png' },
		{ type: 'resource', resource: { uri: 'test://mixed-content-resource', mimeType: 'application/json', text: '{"test":"data","value":123}' } },
	));
	add('test_error_handling', 'Fails', () => { throw new Error('This tool intentionally returns an error for testing'); });
}

function addTalkingTools(server) {
	addTool(server, 'test_tool_with_logging', 'Logs three lines while it runs', async (ctx) => {
		for (const line of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
			await ctx.mcpReq.log('info', line);
			await pause(50);
		}
		return answer(text('three lines were logged'));
	});
	addTool(server, 'test_logging_tool', 'Logs a line, to who asked for log lines', async (ctx) => {
		await ctx.mcpReq.log('info', 'a line');
		return answer(text('logged'));
	});
	addTool(server, 'test_tool_with_progress', 'Reports progress three times', async (ctx) => {
		const progressToken = ctx.mcpReq._meta?.progressToken;
		for (const progress of [0, 50, 100]) {
			if (progressToken !== undefined)
				await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
			await pause(50);
		}
		return answer(text('done'));
	});
	addTool(server, 'test_reconnection', 'Ends its stream before it answers: the client has to come back', async (ctx) => {
		ctx.http?.closeSSE?.();
		await pause(100);
		return answer(text('answered after the stream was closed'));
	});
}

const DEFAULTS = {
	type: 'object',
	properties: {
		name: { type: 'string', description: 'A name', default: 'John Doe' },
		age: { type: 'integer', description: 'An age', default: 30 },
		score: { type: 'number', description: 'A score', default: 95.5 },
		status: { type: 'string', description: 'A status', enum: ['active', 'inactive', 'pending'], default: 'active' },
		verified: { type: 'boolean', description: 'Whether it is verified', default: true },
	},
	required: [],
};
const titled = (...titles) => titles.map((title, i) => ({ const: `value${i + 1}`, title }));
const ENUMS = {
	type: 'object',
	properties: {
		untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
		titledSingle: { type: 'string', oneOf: titled('First Option', 'Second Option', 'Third Option') },
		legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three'] },
		untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
		titledMulti: { type: 'array', items: { anyOf: titled('First Choice', 'Second Choice', 'Third Choice') } },
	},
	required: [],
};
const PERSON = {
	type: 'object',
	properties: {
		username: { type: 'string', description: "User's response" },
		email: { type: 'string', description: "User's email address" },
	},
	required: ['username', 'email'],
};

// Tools that put one question to the user and repeat what was answered.
function addQuestionTools(server) {
	const question = (name, description, message, requestedSchema, words, schema) =>
		addTool(server, name, description, (ctx, args) => {
			const view = given(ctx, 'answer', 'elicit');
			return view ? answer(text(`${words}: ${told(view)}`))
				: inputRequired({ inputRequests: { answer: ask(message ?? args.message, requestedSchema) } });
		}, schema);
	question('test_elicitation', 'Asks the user', null, PERSON, 'User response',
		{ type: 'object', properties: { message: { type: 'string' } }, required: ['message'] });
	question('test_elicitation_sep1034_defaults', 'Asks with a default for each kind of field', 'Please look these over', DEFAULTS, 'Elicitation completed');
	question('test_elicitation_sep1330_enums', 'Asks with each kind of choice', 'Please choose', ENUMS, 'Elicitation completed');
	addTool(server, 'test_sampling', "Asks the client's model", (ctx, { prompt }) => {
		const view = given(ctx, 'answer', 'sampling');
		return view ? answer(text(`LLM response: ${sampled(view)}`)) : inputRequired({ inputRequests: { answer: sample(prompt, 100) } });
	}, { type: 'object', properties: { prompt: { type: 'string' } }, required: ['prompt'] });
	addTool(server, 'test_missing_capability', "Needs the client's model, whether it is offered or not", (ctx) =>
		(given(ctx, 'answer', 'sampling') ? answer(text('sampled')) : inputRequired({ inputRequests: { answer: sample('anything', 10) } })));
	addTool(server, 'test_streaming_elicitation', 'Logs a line and asks the user', async (ctx) => {
		await ctx.mcpReq.log('info', 'about to ask');
		return given(ctx, 'answer', 'elicit') ? answer(text('answered')) : inputRequired({ inputRequests: { answer: ask('Go on?', OK) } });
	});
}

// test_input_required_result_*: one question, and what is done with its answer.
function addRoundTools(server) {
	const add = (name, description, run) => addTool(server, `test_input_required_result_${name}`, description, run);
	add('elicitation', 'Asks for a name and greets', (ctx) => {
		const view = given(ctx, 'user_name', 'elicit');
		return view?.action === 'accept' ? answer(text(`Hello, ${view.content.name}!`))
			: inputRequired({ inputRequests: { user_name: ask('What is your name?', NAME) } });
	});
	add('sampling', 'Asks the model for a capital', (ctx) => {
		const view = given(ctx, 'capital_question', 'sampling');
		return view ? answer(text(sampled(view))) : inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?', 100) } });
	});
	add('list_roots', 'Asks for the roots', (ctx) => {
		const view = given(ctx, 'client_roots', 'roots');
		return view ? answer(text(view.roots.map((r) => r.uri).join(', '))) : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
	});
	for (const name of ['request_state', 'tampered_state'])
		add(name, 'Asks for a word and takes back its own state', async (ctx) => {
			if (given(ctx, 'confirm', 'elicit') && ctx.mcpReq.requestState()?.of === name)
				return answer(text('state-ok'));
			return inputRequired({ inputRequests: { confirm: ask('Please confirm', OK) }, requestState: await state.mint({ of: name }, ctx) });
		});
	add('multiple_inputs', 'Asks the user, the model and for the roots at once', async (ctx) => {
		const [who, greeting, roots] = [given(ctx, 'user_name', 'elicit'), given(ctx, 'greeting', 'sampling'), given(ctx, 'client_roots', 'roots')];
		if (who && greeting && roots)
			return answer(text(`${sampled(greeting)} ${who.content?.name}, of ${roots.roots.length} roots`));
		return inputRequired({
			inputRequests: { user_name: ask('What is your name?', NAME), greeting: sample('Generate a greeting', 50), client_roots: inputRequired.listRoots() },
			requestState: await state.mint({ of: 'multiple_inputs' }, ctx),
		});
	});
	add('multi_round', 'Asks twice, one after the other', async (ctx) => {
		const before = ctx.mcpReq.requestState();
		const color = before?.step === 2 && given(ctx, 'step2', 'elicit');
		if (color)
			return answer(text(`${before.name} likes ${color.content?.color}`));
		const who = before?.step === 1 && given(ctx, 'step1', 'elicit');
		if (who)
			return inputRequired({
				inputRequests: { step2: ask('Step 2: What is your favorite color?', { type: 'object', properties: { color: { type: 'string' } }, required: ['color'] }) },
				requestState: await state.mint({ step: 2, name: who.content?.name }, ctx),
			});
		return inputRequired({ inputRequests: { step1: ask('Step 1: What is your name?', NAME) }, requestState: await state.mint({ step: 1 }, ctx) });
	});
	add('capabilities', 'Asks for what the client can give, and for nothing else', (ctx) => {
		const can = ctx.mcpReq.envelope?.['io.modelcontextprotocol/clientCapabilities'] ?? server.server.getClientCapabilities() ?? {};
		const inputRequests = {};
		if (can.elicitation && !given(ctx, 'who', 'elicit'))
			inputRequests.who = ask('What is your name?', NAME);
		if (can.sampling && !given(ctx, 'word', 'sampling'))
			inputRequests.word = sample('Say a word', 10);
		return Object.keys(inputRequests).length > 0 ? inputRequired({ inputRequests }) : answer(text('nothing more is asked'));
	});
}

const DIALECT = {
	$schema: 'https://json-schema.org/draft/2020-12/schema',
	type: 'object',
	$defs: { address: { $anchor: 'addressDef', type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } } },
	properties: {
		name: { type: 'string' },
		address: { $ref: '#/$defs/address' },
		contactMethod: { type: 'string', enum: ['phone', 'email'] },
		phone: { type: 'string' },
		email: { type: 'string' },
	},
	allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
	if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
	then: { required: ['phone'] },
	else: { required: ['email'] },
	additionalProperties: false,
};

function addSchemaTools(server) {
	addTool(server, 'json_schema_2020_12_tool', 'Its schema uses what JSON Schema 2020-12 brought', (ctx, args) => answer(text(JSON.stringify(args))), DIALECT);
	addTool(server, 'test_mirrored_header', 'Its argument stands in a header, too', (ctx, { region }) => answer(text(region)),
		{ type: 'object', properties: { region: { type: 'string', description: 'A region', 'x-mcp-header': 'Region' } }, required: ['region'] });
}

// What comes and goes: offered is { tool, prompt } with true or false, toggle(what) turns one
// and has every server object shown it. Answers what shows it to this one.
function addChangingOffers(server, offered, toggle) {
	for (const what of ['tool', 'prompt'])
		addTool(server, `test_trigger_${what}_change`, `Adds a ${what}, or takes it away again`, async () => {
			await toggle(what);
			return answer(text(`the ${what} is ${offered[what] ? 'there' : 'gone'}`));
		});
	const added = {
		tool: addTool(server, 'test_added_tool', 'Is not always there', () => answer(text('here'))),
		prompt: server.registerPrompt('test_added_prompt', { description: 'Is not always there' }, () => user(text('here'))),
	};
	return () => {
		for (const [what, offer] of Object.entries(added))
			if (offer.enabled !== offered[what])
				offer.update({ enabled: offered[what] });
	};
}

function addResources(server) {
	const add = (name, mimeType, description, content) => server.registerResource(name, `test://${name}`, { mimeType, description },
		(uri) => ({ contents: [{ uri: uri.href, mimeType, ...content }] }));
	add('static-text', 'text/plain', 'A text that does not change', { text: 'This is the content of the static text resource.' });
	add('static-binary', 'image/png', 'An image that does not change', { blob: RED_DOT });
	add('watched-resource', 'text/plain', 'A text to be told about', { text: 'Watched.' });
	const template = new ResourceTemplate('test://template/{id}/data', { list: undefined, complete: { id: (value) => ['123', '124'].filter((v) => v.startsWith(value)) } });
	server.registerResource('template', template, { mimeType: 'application/json', description: 'One for each id' }, (uri, { id }) => ({
		contents: [{ uri: uri.href, mimeType: 'application/json', text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) }],
	}));
	for (const method of ['resources/subscribe', 'resources/unsubscribe'])
		server.server.setRequestHandler(method, () => ({}));
}

function addPrompts(server) {
	const word = (description) => completable(z.string().describe(description), (value) => ['test', 'testing', 'tested'].filter((v) => v.startsWith(value)));
	server.registerPrompt('test_simple_prompt', { description: 'One text' }, () => user(text('This is a simple prompt for testing.')));
	server.registerPrompt('test_prompt_with_arguments', {
		description: 'Two arguments', argsSchema: z.object({ arg1: word('The first'), arg2: word('The second') }),
	}, ({ arg1, arg2 }) => user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)));
	server.registerPrompt('test_prompt_with_embedded_resource', {
		description: 'A resource inside', argsSchema: z.object({ resourceUri: z.string().describe('URI of the resource') }),
	}, ({ resourceUri }) => user(
		{ type: 'resource', resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' } },
		text('Please process the embedded resource above.'),
	));
	server.registerPrompt('test_prompt_with_image', { description: 'An image inside' },
		() => user({ type: 'image', data: RED_DOT, mimeType: 'image/png' }, text('Please analyze the image above.')));
	server.registerPrompt('test_input_required_result_prompt', { description: 'Asks the user first' }, (ctx) => {
		const view = given(ctx, 'user_context', 'elicit');
		return view ? user(text(`In the context of ${view.content?.context}`)) : inputRequired({
			inputRequests: {
				user_context: ask('What context should the prompt use?', { type: 'object', properties: { context: { type: 'string' } }, required: ['context'] }),
			},
		});
	});
}

// One server object, for one request (2026-07-28 over HTTP), one session or one process, and
// what shows it that offered has changed.
export function createOffers(offered, toggle) {
	const server = new McpServer({ name: 'gatehouse-fixture', version: '1.0.0' }, {
		capabilities: {
			logging: {}, completions: {}, tools: { listChanged: true }, prompts: { listChanged: true },
			resources: { subscribe: true, listChanged: true },
			extensions: { [EXTENSION]: {} },
		},
		cacheHints: Object.fromEntries([...LISTS, 'resources/read', 'server/discover'].map((m) => [m, { ttlMs: 1000, cacheScope: 'public' }])),
		requestState: { verify: state.verify },
	});
	addContentTools(server);
	addTalkingTools(server);
	addQuestionTools(server);
	addRoundTools(server);
	addSchemaTools(server);
	const show = addChangingOffers(server, offered, toggle);
	addResources(server);
	addPrompts(server);
	addTasks(server);
	show();
	return { server, show };
}
