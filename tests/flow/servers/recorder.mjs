// A recording MCP server: `recorder.mjs stdio|http OPTIONS-AS-JSON`. Every byte it gets
// goes to options.record, one JSON object a line; so does what a peer may not do.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { Behaviour, print } from './behaviour.mjs';

const [mode, json] = process.argv.slice(2);
const options = { version: '2025-11-25', reply: 'json', sessions: true, ...JSON.parse(json ?? '{}') };

function note(kind, fields) {
	if (options.record)
		appendFileSync(options.record, JSON.stringify({ kind, pid: process.pid, ...fields }) + '\n');
}

note('start', {});
if (options.grandchild)
	spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', options.grandchild], { stdio: 'ignore' });
if (mode === 'http')
	serveHttp();
else
	serveStdio();

function serveStdio() {
	const behaviour = new Behaviour(options, note);
	const raw = (line) => process.stdout.write(line + '\n');
	const out = { raw, send: (m) => raw(print(m)), cut: () => process.exit(1) };
	let rest = '';
	let opened = false;
	process.stdin.setEncoding('utf8');
	process.stdin.on('data', (bytes) => {
		const lines = (rest + bytes).split('\n');
		rest = lines.pop();
		for (const line of lines) {
			note('message', { text: line });
			if (!opened && !line.includes('"initialize"'))
				note('violation', { what: 'a message before initialize' });
			opened = true;
			behaviour.receive(line, out);
		}
	});
	if (!options.ignoreEnd)
		process.stdin.on('end', () => process.exit(0));
	else
		setInterval(() => {}, 1000);
	if (options.ignoreTerm)
		process.on('SIGTERM', () => note('term', {}));
	process.stdout.on('error', () => process.exit(0));
}

function serveHttp() {
	const sessions = new Map();
	const server = createServer((req, res) => {
		let body = '';
		req.setEncoding('utf8');
		req.on('data', (t) => { body += t; });
		req.on('end', () => handle(req, res, body, sessions));
		req.on('error', () => {});
	});
	server.keepAliveTimeout = options.keepAliveMs ?? 60000;
	server.listen(options.port ?? 0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
}

function refuse(res, status, message) {
	res.writeHead(status, { 'content-type': 'application/json' });
	res.end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32000, message } }));
}

// The behaviour and the open GET stream of the session, or null after a refusal.
function findSession(req, res, body, sessions) {
	const isInitialize = body.includes('"initialize"');
	const id = req.headers['mcp-session-id'];
	if (isInitialize || !options.sessions) {
		const key = options.sessions ? randomUUID() : '';
		if (!sessions.has(key))
			sessions.set(key, { behaviour: new Behaviour(options, note), stream: null });
		if (options.sessions)
			res.setHeader('mcp-session-id', key);
		return sessions.get(key);
	}
	if (!id)
		note('violation', { what: 'no session id', text: body.slice(0, 200) });
	if (!sessions.has(id)) {
		refuse(res, id ? 404 : 400, 'no such session');
		return null;
	}
	return sessions.get(id);
}

function checkHeaders(req, body) {
	const version = req.headers['mcp-protocol-version'];
	if (req.method !== 'POST')
		return;
	if (!body.includes('"initialize"') && options.version > '2025-03-26' && version !== options.version)
		note('violation', { what: `MCP-Protocol-Version is '${version}', not '${options.version}'`, text: body.slice(0, 200) });
	const accept = req.headers.accept ?? '';
	if (!accept.includes('application/json') || !accept.includes('text/event-stream'))
		note('violation', { what: `Accept is '${accept}'` });
	if (!/^application\/json/.test(req.headers['content-type'] ?? ''))
		note('violation', { what: `Content-Type is '${req.headers['content-type']}'` });
}

function handle(req, res, body, sessions) {
	note('message', { http: req.method, path: req.url, headers: req.headers, raw: req.rawHeaders, text: body });
	checkHeaders(req, body);
	if (options.status)
		return refuse(res, options.status, 'as the options say');
	if (options.mute)
		return undefined;
	const session = findSession(req, res, body, sessions);
	if (!session)
		return undefined;
	if (req.method === 'DELETE') {
		sessions.delete(req.headers['mcp-session-id']);
		res.writeHead(204).end();
		return undefined;
	}
	if (req.method === 'GET')
		return openStream(res, session);
	return answerPost(res, body, session);
}

function openStream(res, session) {
	if (options.noGet)
		return refuse(res, 405, 'no stream here');
	res.writeHead(200, { 'content-type': 'text/event-stream' });
	res.write(': open\n\n');
	session.stream = res;
	return undefined;
}

// How many answers this body asks for: none means 202.
function countRequests(body) {
	try {
		const root = JSON.parse(body);
		return (Array.isArray(root) ? root : [root]).filter((m) => Object.keys(m).some((k) => k.toLowerCase() === 'id') &&
			Object.keys(m).some((k) => k.toLowerCase() === 'method')).length;
	} catch {
		return 0;
	}
}

function answerPost(res, body, session) {
	let expected = countRequests(body);
	const isBatch = body.trimStart().startsWith('[');
	const asEvents = options.reply === 'sse';
	const ready = [];
	const begin = () => res.headersSent || res.writeHead(200, { 'content-type': 'text/event-stream' });
	const raw = (line) => {
		begin();
		res.write(`event: message\ndata: ${line}\n\n`);
	};
	const send = (m) => {
		const isAnswer = !('method' in m);
		if (!isAnswer && m.method === 'notifications/tools/list_changed' && session.stream) {
			session.stream.write(`event: message\ndata: ${JSON.stringify(m)}\n\n`);
			return;
		}
		if (!asEvents && isAnswer && !res.headersSent && expected > 0 && !options.answerAll) {
			ready.push(m);
			if (ready.length === expected)
				res.writeHead(200, { 'content-type': 'application/json' }).end(print(isBatch ? ready : ready[0]));
			return;
		}
		raw(print(m));
		if (isAnswer && --expected === 0)
			res.end();
	};
	res.on('error', () => {});
	res.on('close', () => note('closed', { ended: res.writableFinished }));
	if (expected === 0) {
		res.writeHead(202).end();
		session.behaviour.receive(body, { send, raw, cut: () => res.destroy() });
		return undefined;
	}
	session.behaviour.receive(body, { send, raw, cut: () => { begin(); res.write('event: message\ndata: {"jso'); setImmediate(() => res.destroy()); } });
	return undefined;
}
