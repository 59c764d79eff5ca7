// A server on stdio of the newer SDK: no session, and questions as answers. `both`: it takes a
// handshake, too. The same tools as eras-v1.mjs.
import { McpServer, completable, inputRequired, inputResponse } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const text = (s) => ({ content: [{ type: 'text', text: s }] });
const WHO = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
const instances = new Set();
let cancels = 0;
let isAdded = false;

// The client's answer to the one question of a tool, or the question.
function asked(ctx, question, answer) {
	const view = inputResponse(ctx.mcpReq.inputResponses, 'q');
	return view.kind === 'missing' ? inputRequired({ inputRequests: { q: question } }) : text(answer(view));
}

function create() {
	const server = new McpServer({ name: 'eras', version: '2.0' }, { capabilities: { logging: {} }, instructions: 'be kind' });
	const add = (name, description, run) => server.registerTool(name, { description }, run);
	server.registerTool('echo', { description: 'Answers what it is told', inputSchema: z.object({ text: z.string() }), outputSchema: z.object({ text: z.string() }) },
		(args) => ({ ...text(args.text), structuredContent: { text: args.text } }));
	add('fail', 'Fails', () => { throw new Error('it failed'); });
	add('wipe', 'Is not allowed', () => text('wiped'));
	add('ask', 'Asks the user', (ctx) => asked(ctx, inputRequired.elicit({ message: 'Who?', requestedSchema: WHO }),
		(v) => `${v.action} ${v.content?.name ?? ''}`));
	add('sample', 'Asks the model', (ctx) => asked(ctx,
		inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: 'a word' } }], maxTokens: 9 }),
		(v) => [v.result.content].flat()[0].text));
	add('roots', 'Asks for the roots', (ctx) => asked(ctx, inputRequired.listRoots(), (v) => v.roots.map((r) => r.uri).join(' ')));
	add('steps', 'Reports progress', async (ctx) => {
		for (const progress of [1, 2])
			await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken: ctx.mcpReq._meta.progressToken, progress, total: 2 } });
		return text('done');
	});
	add('log', 'Logs a line', async (ctx) => {
		await ctx.mcpReq.log('warning', 'a line');
		return text('logged');
	});
	add('wait', 'Waits until it is cancelled', (ctx) => new Promise((done) => {
		ctx.mcpReq.signal.addEventListener('abort', () => { cancels++; done(text('cancelled')); });
	}));
	add('cancels', 'How often that was', () => text(String(cancels)));
	add('change', 'Adds a tool, or takes it away', () => {
		isAdded = !isAdded;
		instances.forEach((show) => show());
		return text('changed');
	});
	const added = add('added', 'Is not always there', () => text('here'));
	const show = () => { if (added.enabled !== isAdded) added.update({ enabled: isAdded }); };
	show();
	instances.add(show);
	server.registerResource('one', 'eras://one', { mimeType: 'text/plain' }, (uri) => ({ contents: [{ uri: uri.href, mimeType: 'text/plain', text: 'the one' }] }));
	server.registerPrompt('greet', { description: 'Greets', argsSchema: z.object({ who: completable(z.string(), (v) => ['anna', 'anton'].filter((x) => x.startsWith(v))) }) },
		({ who }) => ({ messages: [{ role: 'user', content: { type: 'text', text: `hello ${who}` } }] }));
	return server;
}

serveStdio(create, { legacy: process.argv[2] === 'both' ? 'serve' : 'reject', onerror: (e) => console.error(e) });
