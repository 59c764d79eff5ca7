// The recording server of the tests (../servers), started or as a command, and its record.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { atEnd } from './ending.mjs';
import { ROOT, testDir } from './gate.mjs';
import { Process } from './process.mjs';

const RECORDER = path.join(ROOT, 'tests/flow/servers/recorder.mjs');

// A recording server. transport: 'http' (started here) or 'stdio' (where = its command).
export class Recorder {
	constructor(t, transport, options = {}) {
		this.transport = transport;
		this.dir = testDir(t);
		this.file = path.join(this.dir, 'record.jsonl');
		this.release = path.join(this.dir, 'release');
		writeFileSync(this.file, '');
		this.options = { record: this.file, release: this.release, ...options };
		this.command = [process.execPath, RECORDER, transport, JSON.stringify(this.options)];
		this.test = t;
	}

	async start() {
		if (this.transport === 'stdio') {
			this.where = this.command;
			return this;
		}
		this.process = new Process(this.command, { name: 'recorder' });
		atEnd(this.test, () => this.process.stop());
		const line = await this.process.line(/^port \d+$/);
		this.port = Number(line.slice(5));
		this.where = `http://127.0.0.1:${this.port}/mcp`;
		return this;
	}

	letGo() {
		writeFileSync(this.release, '');
	}

	entries(kind) {
		const all = readFileSync(this.file, 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l));
		return kind ? all.filter((e) => e.kind === kind) : all;
	}

	// Names of the tools that really ran.
	calls(name) {
		const all = this.entries('call');
		return name ? all.filter((c) => c.name === name) : all;
	}

	texts() {
		return this.entries('message').map((m) => m.text);
	}

	violations() {
		return this.entries('violation');
	}
}

export async function startRecorder(t, transport, options) {
	return new Recorder(t, transport, options).start();
}
