// Bytes on a socket, as they are: for what no HTTP library would send.
import net from 'node:net';
import { until, within } from './wait.mjs';

export class Wire {
	constructor(port) {
		this.bytes = '';
		this.isClosed = false;
		this.socket = net.connect(port, '127.0.0.1');
		this.socket.setNoDelay(true);
		this.socket.setEncoding('latin1');
		this.socket.on('data', (d) => { this.bytes += d; });
		this.socket.on('error', () => {});
		this.closed = new Promise((resolve) => this.socket.once('close', () => { this.isClosed = true; resolve(); }));
		this.opened = new Promise((resolve, reject) => { this.socket.once('connect', resolve); this.socket.once('error', reject); });
	}

	async send(text) {
		await this.opened;
		this.socket.write(Buffer.from(text, 'latin1'));
		return this;
	}

	// The answers so far: [{ status, headers, body }], complete ones only.
	answers() {
		const all = [];
		let rest = this.bytes;
		for (;;) {
			const end = rest.indexOf('\r\n\r\n');
			if (end < 0)
				return all;
			const [line, ...fields] = rest.slice(0, end).split('\r\n');
			const headers = Object.fromEntries(fields.map((f) => [f.slice(0, f.indexOf(':')).toLowerCase(), f.slice(f.indexOf(':') + 1).trim()]));
			const size = Number(headers['content-length'] ?? 0);
			if (rest.length < end + 4 + size)
				return all;
			all.push({ status: Number(line.split(' ')[1]), headers, body: rest.slice(end + 4, end + 4 + size) });
			rest = rest.slice(end + 4 + size);
		}
	}

	async answer(n = 1, ms = 10000) {
		await until(`answer ${n}, so far: ${JSON.stringify(this.bytes.slice(0, 300))}`, () => this.answers().length >= n || this.isClosed, ms);
		return this.answers()[n - 1];
	}

	gone(ms = 10000) {
		return within('the connection is closed', this.closed, ms);
	}

	end() {
		this.socket.destroy();
	}
}

// Sends, takes the first answer, closes. Answers { status, headers, body } or undefined when the peer just closed.
export async function once(port, text, ms) {
	const w = new Wire(port);
	await w.send(text);
	const a = await w.answer(1, ms);
	w.end();
	return a;
}
