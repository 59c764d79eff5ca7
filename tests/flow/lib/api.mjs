// The API of a running gate as people and programs call it: by the admin socket, with a session, or with a token.
// Every answer is judged by docs/openapi.yaml, unless it is told not to (isJudged, or NOJUDGE in the environment).
import assert from 'node:assert/strict';
import http from 'node:http';
import path from 'node:path';
import { OpenApi, missing } from './openapi.mjs';

const judge = missing || process.env.NOJUDGE ? null : await OpenApi.read();
export const PREFIX = '/api/v1';
export const PASSWORD = 'correct horse battery';

export class Caller {
	// socket: by the admin socket; else over TCP, with what is set here.
	constructor(gate, { socket = false, token, cookie, csrf, headers = {}, isJudged = true } = {}) {
		Object.assign(this, { gate, socket, token, cookie, csrf, headers, isJudged });
	}

	call(method, target, body, { headers = {}, isJudged = this.isJudged } = {}) {
		const where = this.socket ? { socketPath: path.join(this.gate.data, 'admin.sock') } : { host: '127.0.0.1', port: this.gate.port };
		const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
		const all = {
			...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
			...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
			...(this.cookie ? { cookie: `__Host-gatehouse=${this.cookie}` } : {}),
			...(this.csrf && method !== 'GET' ? { 'x-csrf-token': this.csrf } : {}),
			...this.headers, ...headers,
		};
		const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
		return new Promise((resolve, reject) => {
			const req = http.request({ ...where, method, path: PREFIX + target, agent: false, headers: sent });
			req.on('error', reject);
			req.on('response', (res) => {
				const parts = [];
				res.on('data', (p) => parts.push(p));
				res.on('error', reject);
				res.on('end', () => {
					try {
						const answer = new Answer(method, target, res, Buffer.concat(parts).toString('utf8'));
						if (isJudged && judge)
							judge.check(method, PREFIX + target, answer.status, answer.headers['content-type'], answer.json);
						resolve(answer);
					} catch (e) {
						reject(e);
					}
				});
			});
			req.end(text);
		});
	}

	get(target, options) { return this.call('GET', target, undefined, options); }
	post(target, body, options) { return this.call('POST', target, body, options); }
	put(target, body, options) { return this.call('PUT', target, body, options); }
	patch(target, body, options) { return this.call('PATCH', target, body, options); }
	del(target, body, options) { return this.call('DELETE', target, body, options); }
	// What must succeed; answers the body.
	async good(method, target, body, options) {
		const r = await this.call(method, target, body, options);
		assert.ok(r.status >= 200 && r.status < 300, `${method} ${target}: ${r.status} ${r.text}`);
		return r.json;
	}
}

class Answer {
	constructor(method, target, res, text) {
		this.status = res.statusCode;
		this.headers = res.headers;
		this.text = text;
		this.json = text && /\bjson\b/.test(res.headers['content-type'] ?? '') ? JSON.parse(text) : null;
		this.what = `${method} ${target}`;
	}

	cookie(name = '__Host-gatehouse') {
		for (const line of this.headers['set-cookie'] ?? [])
			if (line.startsWith(`${name}=`))
				return line.slice(name.length + 1).split(';')[0];
		return undefined;
	}

	is(status, detail) {
		assert.equal(this.status, status, `${this.what}: ${this.status} ${this.text}`);
		if (detail)
			assert.match(this.json.detail, detail, this.what);
		return this;
	}
}

// A session from an answer that signed somebody in.
export function sessionOf(gate, answer) {
	return new Caller(gate, { cookie: answer.cookie(), csrf: answer.json.csrf });
}

export const local = (gate) => new Caller(gate, { socket: true });
export const nobody = (gate) => new Caller(gate);

// A user with these roles ("viewer", "approver@files"), signed in.
export async function person(gate, name, ...roles) {
	const given = roles.map((r) => ({ role: r.split('@')[0], server: r.split('@')[1] ?? null }));
	const made = await local(gate).good('POST', '/users', { name, roles: given });
	const token = made.invite_url.split('#token=')[1];
	const r = await nobody(gate).post('/setup', { token, password: PASSWORD });
	r.is(200);
	const session = sessionOf(gate, r);
	session.user = made.user;
	return session;
}
