// The official SDK client, through the gate or past it.
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { atEnd } from './ending.mjs';
import { MODULES, environment } from './gate.mjs';

const require = createRequire(path.join(MODULES, 'x.js'));
const load = (name) => import(pathToFileURL(require.resolve(`@modelcontextprotocol/sdk/${name}`)));

export const { Client } = await load('client/index.js');
export const { StreamableHTTPClientTransport } = await load('client/streamableHttp.js');
export const { SSEClientTransport } = await load('client/sse.js');
export const { StdioClientTransport } = await load('client/stdio.js');
export const types = await load('types.js');

// capabilities and handlers: what this client offers to servers, { schema: fn }.
export function newClient({ capabilities = {}, handlers = [] } = {}) {
	const client = new Client({ name: 'flow', version: '1.0' }, { capabilities });
	client.errors = [];
	client.onerror = (e) => client.errors.push(e);
	for (const [schema, fn] of handlers)
		client.setRequestHandler(schema, fn);
	return client;
}

export async function connectHttp(t, url, token, options = {}) {
	const client = newClient(options);
	const transport = new StreamableHTTPClientTransport(new URL(url),
		{ requestInit: { headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...options.headers } } });
	client.end = async () => {
		await transport.terminateSession().catch(() => {});
		await client.close();
	};
	atEnd(t, () => client.end());
	await client.connect(transport);
	return client;
}

export async function connectSse(t, url, options = {}) {
	const client = newClient(options);
	client.end = () => client.close();
	atEnd(t, () => client.end());
	await client.connect(new SSEClientTransport(new URL(url)));
	return client;
}

export async function connectStdio(t, argv, options = {}) {
	const client = newClient(options);
	const transport = new StdioClientTransport({ command: argv[0], args: argv.slice(1), cwd: options.cwd, stderr: 'pipe',
	                                             env: options.env ?? environment(options.cwd ?? '/tmp') });
	client.log = [];
	transport.stderr?.on('data', (t2) => client.log.push(String(t2)));
	client.end = () => client.close();
	atEnd(t, () => client.end());
	await client.connect(transport);
	client.pid = transport.pid;
	return client;
}

export const textOf = (result) => result.content?.map((c) => c.text ?? '').join('\n') ?? '';
