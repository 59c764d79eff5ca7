// A server on stdio of the newer SDK with the tools of the conformance fixture that work in tasks.
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { EXTENSION, addTasks } from '../../conformance/tasks.mjs';

function create() {
	const server = new McpServer({ name: 'tasks', version: '2.0' }, { capabilities: { tools: {}, extensions: { [EXTENSION]: {} } } });
	addTasks(server);
	return server;
}

serveStdio(create, { legacy: 'reject', onerror: (e) => console.error(e) });
