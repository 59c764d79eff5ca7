// One gate of one test: its own folder, a port from the system, and the checks at its
// end that every test makes: a clean stop, no child left, no error in its log, no
// report of a sanitizer.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { atEnd } from './ending.mjs';
import { Process, descendants, run, stillThere } from './process.mjs';
import { until } from './wait.mjs';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const PROGRAM = path.resolve(process.env.GATEHOUSE_BIN ?? process.env.GATEHOUSE ?? path.join(ROOT, 'build/gatehouse'));
export const MODULES = path.join(ROOT, 'tests/node_modules');
const REPORTS = /AddressSanitizer|LeakSanitizer|UndefinedBehavior|runtime error:|BUG_ON|Assertion/;

export function tempDir(name = 'gatehouse-flow-') {
	return mkdtempSync(path.join(os.tmpdir(), name));
}

// A folder that is gone when the test is over.
export function testDir(t) {
	const dir = tempDir();
	atEnd(t, () => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));
	return dir;
}

// The environment of every program that the tests start: nothing of the caller's own set-up.
export function environment(dir, more = {}) {
	return { PATH: process.env.PATH, HOME: dir, TMPDIR: dir, LANG: 'C.UTF-8',
	         ...(process.env.ASAN_OPTIONS ? { ASAN_OPTIONS: process.env.ASAN_OPTIONS } : {}),
	         ...(process.env.UBSAN_OPTIONS ? { UBSAN_OPTIONS: process.env.UBSAN_OPTIONS } : {}), ...more };
}

export class Gate {
	// config: lines of gatehouse.yaml beside the address; expectErrors: log lines that this test provokes.
	constructor(t, { config = '', expectErrors = [], env = {} } = {}) {
		this.test = t;
		this.dir = tempDir();
		this.data = path.join(this.dir, 'data');
		mkdirSync(this.data);
		this.expectErrors = expectErrors;
		this.env = environment(this.dir, env);
		this.configFile = path.join(this.dir, 'gatehouse.yaml');
		writeFileSync(this.configFile, `listen: "127.0.0.1:0"\n${config}`);
		this.logs = [];
		atEnd(t, () => this.finish());
	}

	async start() {
		this.process = new Process([PROGRAM, 'up', '--config', this.configFile, '--data-dir', this.data],
			{ env: this.env, name: 'gatehouse' });
		const line = await this.process.line(/127\.0\.0\.1:[1-9]\d*/);
		this.port = Number(/127\.0\.0\.1:(\d+)/.exec(line)[1]);
		return this;
	}

	get pid() {
		return this.process.pid;
	}

	log() {
		return this.process.err;
	}

	url(server) {
		return `http://127.0.0.1:${this.port}/mcp/${server}`;
	}

	// A command of the program against this gate; answers { code, out, err }.
	command(args, options = {}) {
		const at = args.indexOf('--');
		const head = at < 0 ? args : args.slice(0, at);
		return run([PROGRAM, ...head, '--data-dir', this.data, ...(at < 0 ? [] : args.slice(at))], { env: this.env, cwd: this.dir, ...options });
	}

	async mustRun(args) {
		const r = await this.command(args);
		if (r.code !== 0)
			throw new Error(`gatehouse ${args.join(' ')} ended with ${r.code}\n${r.out}\n${r.err}`);
		return r;
	}

	async json(args) {
		const { out } = await this.mustRun([...args.filter((a, i) => !isTail(args, i)), '--json', ...args.filter((a, i) => isTail(args, i))]);
		return out.trim() ? JSON.parse(out) : null;
	}

	// where: a URL, or the command of a stdio server as a list.
	async addServer(name, where, more = []) {
		if (Array.isArray(where))
			await this.mustRun(['server', 'add', name, ...more, '--', ...where]);
		else
			await this.mustRun(['server', 'add', name, where, ...more]);
	}

	async applyPolicy(name, document) {
		const file = path.join(this.dir, `${name}.json`);
		writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document, null, 2));
		await this.mustRun(['policy', 'apply', name, file]);
	}

	// Answers the token. rights: { server: policy }.
	async grant(label, rights, more = []) {
		const pairs = Object.entries(rights).flatMap(([server, policy]) => ['--server', `${server}=${policy}`]);
		const made = await this.json(['grant', 'add', label, ...pairs, ...more]);
		return made.token;
	}

	// Records as the program prints them, with short words for what tests ask often.
	async records(more = []) {
		const { out } = await this.mustRun(['audit', '--json', '--limit', '100000', ...more]);
		return recordsOf(out).map((r) => ({ ...r, rule: r.rule ?? '', tool: r['gen_ai.tool.name'], method: r['mcp.method.name'], rpc: r['jsonrpc.request.id'] }));
	}

	// The records once there are so many (they are moved to the database in batches).
	async recordsWhen(fn, what = 'the records are there') {
		return until(what, async () => {
			const all = await this.records();
			return fn(all) ? all : null;
		});
	}

	kill() {
		this.children = descendants(this.pid);
		this.process.signal('SIGKILL');
		return this.process.exited;
	}

	async stop() {
		if (!this.process || this.process.how)
			return;
		this.children = descendants(this.pid);
		const how = await this.process.stop(20000);
		if (how.code !== 0)
			throw new Error(`the gate ended with ${JSON.stringify(how)}:\n${this.log().slice(-40).join('\n')}`);
		await this.childrenGone();
	}

	async childrenGone() {
		await until(`no child of the gate is left: ${JSON.stringify(stillThere(this.children))}`,
			() => stillThere(this.children).length === 0, 10000);
	}

	checkLog() {
		const lines = [...this.log(), ...this.process.out];
		const report = lines.findIndex((l) => REPORTS.test(l));
		if (report >= 0)
			throw new Error(`the gate reports a fault:\n${lines.slice(report, report + 30).join('\n')}`);
		const bad = this.log().filter((l) => /^\S+ error /.test(l) && !this.expectErrors.some((e) => e.test(l)));
		if (bad.length > 0)
			throw new Error(`unexpected errors in the gate's log:\n${bad.join('\n')}`);
	}

	async finish() {
		try {
			await this.stop();
			if (this.process)
				this.checkLog();
		} catch (e) {
			if (this.process)
				this.test.diagnostic?.(`last lines of the gate's log:\n${this.log().slice(-20).join('\n')}`);
			throw e;
		} finally {
			rmSync(this.dir, { recursive: true, force: true, maxRetries: 3 });
		}
	}
}

function isTail(args, i) {
	const at = args.indexOf('--');
	return at >= 0 && i >= at;
}

function recordsOf(out) {
	const text = out.trim();
	if (!text)
		return [];
	try {
		const all = JSON.parse(text);
		if (Array.isArray(all))
			return all;
		return all.records ?? [all];
	} catch {
		return text.split('\n').map((l) => JSON.parse(l));
	}
}

// A gate with servers, policies and one grant for all of them.
// servers: { name: url | [command…] }, policies: { name: document },
// rights: { server: policy }; answers the gate with .token set.
export async function startGate(t, { servers = {}, policies = {}, rights, ...options } = {}) {
	const gate = new Gate(t, options);
	await gate.start();
	for (const [name, where] of Object.entries(servers))
		await gate.addServer(name, where);
	for (const [name, document] of Object.entries(policies))
		await gate.applyPolicy(name, document);
	if (rights)
		gate.token = await gate.grant('test', rights);
	return gate;
}
