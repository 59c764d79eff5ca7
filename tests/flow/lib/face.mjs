// A client that can misbehave: the same words over Streamable HTTP and over the pipes of
// `gatehouse wrap`, so that one test runs on both.
import http from 'node:http';
import path from 'node:path';
import { writeFileSync } from 'node:fs';
import { atEnd } from './ending.mjs';
import { PROGRAM, environment, testDir } from './gate.mjs';
import { Process, descendants, stillThere } from './process.mjs';
import { until, within } from './wait.mjs';

export const INFO = { name: 'flow', version: '1.0' };
export const VERSIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'];

// One HTTP exchange, answered whole; events are handed to onMessage as they come.
export function post(url, { method = 'POST', headers = {}, body = '', onMessage = () => {}, onHead = () => {}, ms = 20000, signal } = {}) {
	const sent = new Promise((resolve, reject) => {
		const req = http.request(url, { method, headers: { ...(body === '' ? {} : { 'content-length': Buffer.byteLength(body) }), ...headers }, signal, agent: false });
		req.on('error', reject);
		req.on('response', (res) => {
			onHead(res);
			const isStream = /^text\/event-stream/.test(res.headers['content-type'] ?? '');
			const answer = { status: res.statusCode, headers: res.headers, text: '', messages: [], events: [] };
			let rest = '';
			res.setEncoding('utf8');
			res.on('data', (t) => {
				answer.text += t;
				if (!isStream)
					return;
				const parts = (rest + t).split(/\r?\n\r?\n/);
				rest = parts.pop();
				parts.forEach((p) => takeEvent(p, answer, onMessage));
			});
			res.on('error', reject);
			res.on('end', () => {
				if (!isStream && /json/.test(res.headers['content-type'] ?? '') && answer.text) {
					const root = JSON.parse(answer.text);
					answer.messages = Array.isArray(root) ? root : [root];
					answer.isBatch = Array.isArray(root);
				}
				resolve(answer);
			});
		});
		req.end(body);
	});
	return within(`${method} ${url} is answered`, sent, ms);
}

function takeEvent(text, answer, onMessage) {
	const lines = text.split(/\r?\n/);
	const data = lines.filter((l) => l.startsWith('data:')).map((l) => l.slice(5).replace(/^ /, '')).join('\n');
	answer.events.push(text);
	if (!data)
		return;
	const root = JSON.parse(data);
	for (const m of Array.isArray(root) ? root : [root]) {
		answer.messages.push(m);
		onMessage(m);
	}
}

class Face {
	constructor() {
		this.nextId = 1;
		this.answers = {}; // what this client says to requests of the server: { method: (params) => result }
		this.asked = [];
		this.heard = [];   // notifications
	}

	take(m) {
		if (!('method' in m))
			return;
		if (!('id' in m)) {
			this.heard.push(m);
			return;
		}
		this.asked.push(m);
		const make = this.answers[m.method];
		this.reply(make ? { jsonrpc: '2.0', id: m.id, result: make(m.params) }
			: { jsonrpc: '2.0', id: m.id, error: { code: -32601, message: 'not offered' } });
	}

	async open(version = '2025-11-25', capabilities = {}) {
		const answer = await this.request('initialize', { protocolVersion: version, capabilities, clientInfo: INFO });
		if (!answer.result)
			throw new Error(`initialize was refused: ${JSON.stringify(answer)}`);
		this.version = answer.result.protocolVersion;
		await this.notify('notifications/initialized');
		return answer.result;
	}

	async request(method, params, id = `r${this.nextId++}`) {
		const messages = await this.exchange(JSON.stringify({ jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) }), id);
		return messages.find((m) => m.id === id && !('method' in m)) ?? messages.find((m) => 'error' in m);
	}

	call(name, args = {}, meta) {
		return this.request('tools/call', { name, arguments: args, ...(meta ? { _meta: meta } : {}) });
	}

	async list() {
		const tools = [];
		let cursor;
		do {
			const { result } = await this.request('tools/list', cursor === undefined ? {} : { cursor });
			tools.push(...result.tools);
			cursor = result.nextCursor;
		} while (cursor !== undefined);
		return tools;
	}
}

export class HttpFace extends Face {
	constructor(url, token, headers = {}) {
		super();
		this.url = url;
		this.token = token;
		this.more = headers;
		this.kind = 'http';
	}

	headers() {
		return { 'content-type': 'application/json', accept: 'application/json, text/event-stream', authorization: `Bearer ${this.token}`,
		         ...(this.session ? { 'mcp-session-id': this.session } : {}),
		         ...(this.version && this.version > '2025-03-26' ? { 'mcp-protocol-version': this.version } : {}), ...this.more };
	}

	async post(text, options = {}) {
		const r = await post(this.url, { headers: this.headers(), body: text, onMessage: (m) => this.take(m), ...options });
		if (r.headers['mcp-session-id'])
			this.session = r.headers['mcp-session-id'];
		this.last = r;
		return r;
	}

	async exchange(text) {
		return (await this.post(text)).messages;
	}

	async notify(method, params) {
		const r = await this.post(JSON.stringify({ jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) }));
		if (r.status !== 202)
			throw new Error(`${method} was answered ${r.status}: ${r.text}`);
	}

	reply(m) {
		this.replies = (this.replies ?? []).concat(this.post(JSON.stringify(m)));
	}

	// The stream of what the server says by itself; ends with stop().
	listen() {
		const abort = new AbortController();
		const heads = [];
		const ended = post(this.url, { method: 'GET', headers: { ...this.headers(), accept: 'text/event-stream' }, onMessage: (m) => this.take(m),
		                               onHead: (res) => heads.push(res.statusCode), signal: abort.signal, ms: 600000 }).catch((e) => e);
		return { stop: () => { abort.abort(); return ended; }, ended, heads };
	}

	async close() {
		return (await post(this.url, { method: 'DELETE', headers: this.headers() })).status;
	}
}

export class PipeFace extends Face {
	// A program that speaks MCP on its pipes.
	constructor(t, argv, { dir = testDir(t), expectErrors = [], env } = {}) {
		super();
		this.kind = 'stdio';
		this.expectErrors = expectErrors;
		this.process = new Process(argv, { env: env ?? environment(dir), stdin: 'pipe', cwd: dir, name: argv.slice(0, 2).join(' ') });
		this.messages = [];
		this.process.onLine = (line) => {
			const root = JSON.parse(line);
			for (const m of Array.isArray(root) ? root : [root]) {
				this.messages.push(m);
				this.take(m);
			}
		};
		atEnd(t, () => this.finish());
	}

	write(text) {
		this.process.child.stdin.write(text + '\n');
	}

	// Everything that came from this line on until its answer (or a refusal without an id).
	async exchange(text, id, ms = 20000) {
		const from = this.messages.length;
		this.write(text);
		const ids = Array.isArray(id) ? id : [id];
		const isDone = () => {
			const fresh = this.messages.slice(from).filter((m) => !('method' in m));
			return fresh.some((m) => m.id === null || m.id === undefined) || ids.every((i) => fresh.some((m) => m.id === i));
		};
		await until(`an answer to ${text.slice(0, 120)}`, () => {
			if (this.process.how && !isDone())
				throw new Error(`${this.process.name} ended: ${this.process.text().slice(-2000)}`);
			return isDone();
		}, ms);
		return this.messages.slice(from);
	}

	async notify(method, params) {
		this.write(JSON.stringify({ jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) }));
	}

	reply(m) {
		this.write(JSON.stringify(m));
	}

	// End of input, as a client leaves.
	async close(ms = 15000) {
		const below = descendants(this.process.pid);
		this.process.child.stdin.end();
		const how = await within('the program ends with its input', this.process.exited, ms);
		await until('its children are gone', () => stillThere(below).length === 0, 10000);
		return how;
	}

	async finish() {
		if (!this.process.how)
			await this.close().finally(() => this.process.signal('SIGKILL'));
		const bad = this.process.err.filter((l) => /^\S+ error /.test(l) && !this.expectErrors.some((e) => e.test(l)));
		if (bad.length > 0 || /Sanitizer|runtime error:/.test(this.process.err.join('\n')))
			throw new Error(`unexpected errors:\n${this.process.err.join('\n')}`);
	}
}

// `gatehouse wrap` in front of a command, with a policy of its own.
export function wrap(t, policy, command, options = {}) {
	const dir = testDir(t);
	const file = path.join(dir, 'policy.json');
	writeFileSync(file, typeof policy === 'string' ? policy : JSON.stringify(policy));
	return new PipeFace(t, [PROGRAM, 'wrap', '--policy', file, ...(options.args ?? []), '--', ...command], { dir, ...options });
}
