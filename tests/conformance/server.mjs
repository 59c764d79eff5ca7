// The fixture server of `make conformance`: `server.mjs http|stdio [both|legacy|modern]`.
// http: at /mcp of the loopback address, with a port from the system, which it says ("port
// N"). Both eras of MCP on one endpoint, or only the one that is named.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createMcpHandler, isLegacyRequest } from '@modelcontextprotocol/server';
import {
	NodeStreamableHTTPServerTransport, localhostHostValidation, localhostOriginValidation, toNodeHandler, toWebRequest,
} from '@modelcontextprotocol/node';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { createOffers } from './offers.mjs';

const [transport = 'http', era = 'both'] = process.argv.slice(2);
const RETRY_MS = 100;

// The events of one session, so that a client can come back for those it missed.
class Events {
	constructor() {
		this.all = [];
	}

	async storeEvent(stream, message) {
		this.all.push({ stream, message });
		return String(this.all.length);
	}

	async getStreamIdForEventId(id) {
		return this.all[Number(id) - 1]?.stream;
	}

	async replayEventsAfter(last, { send }) {
		const { stream } = this.all[Number(last) - 1] ?? {};
		for (let at = Number(last); at < this.all.length; at++) {
			const { stream: of, message } = this.all[at];
			if (of === stream && Object.keys(message).length > 0)
				await send(String(at + 1), message);
		}
		return stream;
	}
}

const sessions = new Map();
const offered = { tool: false, prompt: false };
const shows = new Set();
const modern = createMcpHandler(() => createOffers(offered, toggle).server, { legacy: 'reject', onerror: report });
const serveModern = toNodeHandler(modern, { onerror: report });

function report(error) {
	process.stderr.write(`${error.stack ?? error}\n`);
}

function toggle(what) {
	offered[what] = !offered[what];
	if (what === 'tool')
		modern.notify.toolsChanged();
	else
		modern.notify.promptsChanged();
	shows.forEach((show) => show());
}

async function openSession() {
	const transport = new NodeStreamableHTTPServerTransport({
		sessionIdGenerator: randomUUID,
		retryInterval: RETRY_MS,
		eventStore: new Events(),
		onsessioninitialized: (id) => { sessions.set(id, transport); shows.add(show); },
		onsessionclosed: (id) => { sessions.delete(id); shows.delete(show); },
	});
	const { server, show } = createOffers(offered, toggle);
	await server.connect(transport);
	return transport;
}

async function serveLegacy(req, res, body) {
	const id = req.headers['mcp-session-id'];
	if (id !== undefined && !sessions.has(id)) {
		res.writeHead(404, { 'content-type': 'application/json' });
		res.end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } }));
		return;
	}
	const transport = sessions.get(id) ?? await openSession();
	await transport.handleRequest(req, res, body);
}

async function readJson(req) {
	const pieces = [];
	for await (const piece of req)
		pieces.push(piece);
	return pieces.length > 0 ? JSON.parse(Buffer.concat(pieces).toString()) : undefined;
}

const isHostGood = localhostHostValidation();
const isOriginGood = localhostOriginValidation();

async function serve(req, res) {
	if (!isHostGood(req, res) || !isOriginGood(req, res))
		return;
	if (req.url !== '/mcp') {
		res.writeHead(404).end();
		return;
	}
	const body = await readJson(req);
	const isLegacy = await isLegacyRequest(await toWebRequest(req, body), body);
	if (era === 'legacy' || (era === 'both' && isLegacy))
		await serveLegacy(req, res, body);
	else
		await serveModern(req, res, body);
}

function fail(res, error) {
	report(error);
	if (!res.headersSent)
		res.writeHead(error instanceof SyntaxError ? 400 : 500);
	res.end();
}

function serveHttp() {
	const http = createServer((req, res) => { serve(req, res).catch((e) => fail(res, e)); });
	http.listen(0, '127.0.0.1', () => process.stdout.write(`port ${http.address().port}\n`));
}

function serveLines() {
	const create = () => {
		const { server, show } = createOffers(offered, toggle);
		shows.add(show);
		return server;
	};
	if (era === 'legacy')
		create().connect(new StdioServerTransport()).catch(report);
	else
		serveStdio(create, { legacy: era === 'modern' ? 'reject' : 'serve', onerror: report });
}

process.on('SIGTERM', () => process.exit(0));
if (transport === 'http')
	serveHttp();
else
	serveLines();
