// A server whose tools stand in a file: changing.mjs FILE [http]. Over standard input it says when the file
// changed; over HTTP it prints its port. What a revision has no word for it leaves out.
import { readFileSync, watch } from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const [, , file, how] = process.argv;
const KNOWN = { '2024-11-05': ['name', 'description', 'inputSchema'], '2025-03-26': ['name', 'description', 'inputSchema', 'annotations'] };

function answer(m, session) {
	if (m.method === 'initialize') {
		session.version = m.params.protocolVersion;
		return { protocolVersion: session.version, capabilities: { tools: { listChanged: true } }, serverInfo: { name: 'changing', version: '1' } };
	}
	if (m.method === 'tools/list') {
		const known = KNOWN[session.version];
		const tools = JSON.parse(readFileSync(file, 'utf8'));
		return { tools: tools.map((x) => (known ? Object.fromEntries(known.filter((k) => k in x).map((k) => [k, x[k]])) : x)) };
	}
	if (m.method === 'tools/call')
		return { content: [{ type: 'text', text: `called ${m.params.name}` }] };
	return m.method === 'ping' ? {} : undefined;
}

const reply = (m, result) => JSON.stringify(result === undefined
	? { jsonrpc: '2.0', id: m.id, error: { code: -32601, message: 'no such method' } } : { jsonrpc: '2.0', id: m.id, result });

if (how === 'http') {
	const sessions = new Map();
	const server = http.createServer((req, res) => {
		let text = '';
		req.on('data', (d) => { text += d; });
		req.on('end', () => {
			if (req.method !== 'POST')
				return res.writeHead(req.method === 'DELETE' ? 200 : 405).end();
			const m = JSON.parse(text);
			if (m.id === undefined)
				return res.writeHead(202).end();
			if (m.method.startsWith('server/'))
				return res.writeHead(404).end();
			const id = m.method === 'initialize' ? `s${sessions.size}` : req.headers['mcp-session-id'];
			if (!sessions.has(id))
				sessions.set(id, {});
			res.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': id }).end(reply(m, answer(m, sessions.get(id))));
		});
	});
	server.listen(0, '127.0.0.1', () => console.log(server.address().port));
} else {
	const session = {};
	let rest = '';
	watch(path.dirname(file), (event, name) => {
		if (session.version && name === path.basename(file))
			console.log('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}');
	});
	process.stdin.setEncoding('utf8');
	process.stdin.on('data', (d) => {
		const lines = (rest + d).split('\n');
		rest = lines.pop();
		for (const line of lines.filter((l) => l.trim())) {
			const m = JSON.parse(line);
			if (m.id !== undefined && m.method)
				console.log(reply(m, answer(m, session)));
		}
	});
	process.stdin.on('end', () => process.exit(0));
}
