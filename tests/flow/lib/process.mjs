// Child processes of the tests: started, watched line by line, ended by id.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import net from 'node:net';
import { until, within } from './wait.mjs';

export class Process {
	constructor(argv, { env = process.env, cwd, name = argv[0], stdin = 'ignore' } = {}) {
		this.name = name;
		this.out = [];
		this.err = [];
		this.child = spawn(argv[0], argv.slice(1), { env, cwd, stdio: [stdin, 'pipe', 'pipe'] });
		this.pid = this.child.pid;
		this.exited = new Promise((resolve) => {
			this.child.once('error', (e) => { this.err.push(String(e)); resolve({ code: -1, signal: null }); });
			this.child.once('close', (code, signal) => resolve({ code, signal }));
		});
		this.exited.then((how) => { this.how = how; });
		this.onLine = () => {};
		collect(this.child.stdout, (line) => { this.out.push(line); this.onLine(line); });
		collect(this.child.stderr, (line) => this.err.push(line));
		this.child.stdin?.on('error', () => {});
	}

	// The first line on either stream that matches; fails at once when the program ends before.
	async line(pattern, ms = 20000) {
		return until(`${this.name} says ${pattern}`, () => {
			const hit = [...this.out, ...this.err].find((l) => pattern.test(l));
			if (!hit && this.how)
				throw new Error(`${this.name} ended (${JSON.stringify(this.how)}) before it said ${pattern}:\n${this.text()}`);
			return hit;
		}, ms);
	}

	text() {
		return [...this.out, ...this.err].join('\n');
	}

	signal(name) {
		if (!this.how)
			this.child.kill(name);
	}

	async stop(ms = 10000) {
		this.signal('SIGTERM');
		try {
			return await within(`${this.name} ends after SIGTERM`, this.exited, ms);
		} catch (e) {
			this.signal('SIGKILL');
			await this.exited;
			throw e;
		}
	}
}

function collect(stream, fn) {
	let rest = '';
	stream.setEncoding('utf8');
	stream.on('data', (text) => {
		const lines = (rest + text).split('\n');
		rest = lines.pop();
		lines.forEach(fn);
	});
	stream.on('end', () => rest && fn(rest));
	stream.on('error', () => {});
}

// Runs a program to its end.
export async function run(argv, { env = process.env, input = '', ms = 60000, cwd } = {}) {
	const p = new Process(argv, { env, cwd, stdin: 'pipe' });
	p.child.stdin.end(input);
	try {
		const { code } = await within(argv.join(' '), p.exited, ms);
		return { code, out: p.out.join('\n'), err: p.err.join('\n') };
	} catch (e) {
		p.signal('SIGKILL');
		throw e;
	}
}

// A TCP port that is free now: for servers that must be told one.
export function freePort() {
	return new Promise((resolve, reject) => {
		const s = net.createServer();
		s.once('error', reject);
		s.listen(0, '127.0.0.1', () => {
			const { port } = s.address();
			s.close(() => resolve(port));
		});
	});
}

function readStat(pid) {
	try {
		const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
		const rest = text.slice(text.lastIndexOf(')') + 2).split(' ');
		return { pid, state: rest[0], parent: Number(rest[1]), started: rest[19] };
	} catch {
		return null;
	}
}

function allProcesses() {
	return readdirSync('/proc').filter((n) => /^\d+$/.test(n)).map((n) => readStat(Number(n))).filter(Boolean);
}

// Everything below a process, with start times, so that a reused id is not taken for it.
export function descendants(pid) {
	const all = allProcesses();
	const found = [];
	const take = (parent) => {
		for (const p of all)
			if (p.parent === parent) {
				found.push(p);
				take(p.pid);
			}
	};
	take(pid);
	return found;
}

// Which of them still run.
export function stillThere(processes) {
	return processes.filter((p) => {
		const now = readStat(p.pid);
		return now && now.started === p.started && now.state !== 'Z';
	}).map((p) => ({ ...p, command: commandOf(p.pid) }));
}

function commandOf(pid) {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
	} catch {
		return '';
	}
}

// Processes whose command line holds this text.
export function processesWith(text) {
	return allProcesses().filter((p) => p.state !== 'Z' && p.pid !== process.pid && commandOf(p.pid).includes(text))
		.map((p) => ({ ...p, command: commandOf(p.pid) }));
}
