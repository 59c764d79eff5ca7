// A server on stdio of the older SDK: handshake, session, and questions as requests of its own.
// The same tools as eras-v2.mjs.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { z } from 'zod';

const server = new McpServer({ name: 'eras', version: '1.0' }, { capabilities: { logging: {} }, instructions: 'be kind' });
const text = (s) => ({ content: [{ type: 'text', text: s }] });
const WHO = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
let cancels = 0;
let added = null;

server.registerTool('echo', { description: 'Answers what it is told', inputSchema: { text: z.string() }, outputSchema: { text: z.string() } },
	(args) => ({ ...text(args.text), structuredContent: { text: args.text } }));
server.registerTool('fail', { description: 'Fails' }, () => { throw new Error('it failed'); });
server.registerTool('wipe', { description: 'Is not allowed' }, () => text('wiped'));
server.registerTool('ask', { description: 'Asks the user' }, async () => {
	const { action, content } = await server.server.elicitInput({ message: 'Who?', requestedSchema: WHO });
	return text(`${action} ${content?.name ?? ''}`);
});
server.registerTool('sample', { description: 'Asks the model' }, async () => {
	const { content } = await server.server.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: 'a word' } }], maxTokens: 9 });
	return text(content.text);
});
server.registerTool('roots', { description: 'Asks for the roots' }, async () =>
	text((await server.server.listRoots()).roots.map((r) => r.uri).join(' ')));
server.registerTool('steps', { description: 'Reports progress' }, async (extra) => {
	for (const progress of [1, 2])
		await extra.sendNotification({ method: 'notifications/progress', params: { progressToken: extra._meta.progressToken, progress, total: 2 } });
	return text('done');
});
server.registerTool('log', { description: 'Logs a line' }, async (extra) => {
	await extra.sendNotification({ method: 'notifications/message', params: { level: 'warning', data: 'a line' } });
	return text('logged');
});
server.registerTool('wait', { description: 'Waits until it is cancelled' }, (extra) => new Promise((done) => {
	extra.signal.addEventListener('abort', () => { cancels++; done(text('cancelled')); });
}));
server.registerTool('cancels', { description: 'How often that was' }, () => text(String(cancels)));
server.registerTool('change', { description: 'Adds a tool, or takes it away' }, () => {
	if (added)
		added.remove();
	added = added ? null : server.registerTool('added', { description: 'Is not always there' }, () => text('here'));
	return text('changed');
});
server.registerResource('one', 'eras://one', { mimeType: 'text/plain' }, (uri) => ({ contents: [{ uri: uri.href, mimeType: 'text/plain', text: 'the one' }] }));
server.registerPrompt('greet', { description: 'Greets', argsSchema: { who: completable(z.string(), (v) => ['anna', 'anton'].filter((x) => x.startsWith(v))) } },
	({ who }) => ({ messages: [{ role: 'user', content: { type: 'text', text: `hello ${who}` } }] }));
await server.connect(new StdioServerTransport());
