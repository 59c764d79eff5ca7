// A real Valkey or Redis of a test, on a socket of its own; ended with the test.
import { accessSync, constants } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { atEnd } from './ending.mjs';
import { testDir } from './gate.mjs';
import { Process } from './process.mjs';
import { until } from './wait.mjs';

const PROGRAMS = ['valkey-server', 'redis-server'];

export function storeProgram() {
	for (const name of PROGRAMS)
		for (const dir of (process.env.PATH ?? '').split(':'))
			try {
				accessSync(path.join(dir, name), constants.X_OK);
				return name;
			} catch {
				continue;
			}
	return null;
}

export class Store {
	constructor(t) {
		this.dir = testDir(t);
		this.socket = path.join(this.dir, 's');
		this.url = `unix:${this.socket}`;
		atEnd(t, () => this.kill());
	}

	async start() {
		this.process = new Process([storeProgram(), '--port', '0', '--unixsocket', this.socket, '--save', '', '--appendonly', 'no', '--dir', this.dir],
			{ name: 'store' });
		await until('the store listens', () => new Promise((resolve) => {
			const s = net.connect(this.socket);
			s.once('connect', () => { s.destroy(); resolve(true); });
			s.once('error', () => resolve(false));
		}));
		return this;
	}

	async kill() {
		this.process.signal('SIGKILL');
		await this.process.exited;
	}
}
