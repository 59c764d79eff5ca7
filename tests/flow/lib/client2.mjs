// The official SDK client of the newer line, which speaks both eras.
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { atEnd } from './ending.mjs';
import { environment } from './gate.mjs';

// mode: 'legacy', 'auto' or { pin: version }. handlers: { method: fn }, what it answers to servers.
export async function connectStdio2(t, argv, { mode = 'auto', capabilities = {}, handlers = {}, cwd, env, listChanged } = {}) {
	const client = new Client({ name: 'flow', version: '2.0' }, { capabilities, versionNegotiation: { mode }, listChanged });
	client.errors = [];
	client.onerror = (e) => client.errors.push(e);
	for (const [method, fn] of Object.entries(handlers))
		client.setRequestHandler(method, fn);
	const transport = new StdioClientTransport({ command: argv[0], args: argv.slice(1), cwd, stderr: 'pipe', env: env ?? environment(cwd ?? '/tmp') });
	client.log = [];
	transport.stderr?.on('data', (text) => client.log.push(String(text)));
	client.end = () => client.close();
	atEnd(t, () => client.end());
	await client.connect(transport);
	return client;
}
