// How the program serves the console: what browsers keep, what they are allowed, and how much the first page costs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from 'node:http';
import { Gate } from '../flow/lib/gate.mjs';

const FIRST_PAGE_BYTES = 150 * 1024;

function get(gate, path, headers = {}, method = 'GET') {
	return new Promise((resolve, reject) => {
		const r = request({ host: '127.0.0.1', port: gate.port, path, method, headers, agent: false }, (res) => {
			const parts = [];
			res.on('data', (p) => parts.push(p));
			res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, body: Buffer.concat(parts) }));
		});
		r.on('error', reject).end();
	});
}

async function open(t) {
	const gate = await new Gate(t).start();
	const index = await get(gate, '/');
	const names = [...index.body.toString().matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((m) => m[1]);
	return { gate, index, names, skip: names.length ? false : 'this program was built without the console' };
}

test('the page is asked for each time, its files are kept for ever, and each is answered by 304 when it is known', async (t) => {
	const { gate, index, names, skip } = await open(t);
	if (skip)
		return t.skip(skip);
	assert.equal(index.headers['cache-control'], 'no-cache');
	assert.match(index.headers['content-security-policy'], /default-src 'self'.*frame-ancestors 'none'/);
	assert.doesNotMatch(index.headers['content-security-policy'], /unsafe/);
	for (const [name, value] of [['x-content-type-options', 'nosniff'], ['referrer-policy', 'no-referrer'], ['cross-origin-opener-policy', 'same-origin']])
		assert.equal(index.headers[name], value);
	assert.doesNotMatch(index.body.toString(), /<script(?![^>]*src=)|<style|style=|\son\w+=/, 'nothing stands inline');
	for (const name of names) {
		const plain = await get(gate, name);
		assert.equal(plain.status, 200, name);
		assert.match(plain.headers['cache-control'], /immutable/);
		assert.equal((await get(gate, name, { 'if-none-match': plain.headers.etag })).status, 304);
		const small = await get(gate, name, { 'accept-encoding': 'gzip, br' });
		assert.equal(small.headers['content-encoding'], plain.body.length > 200 ? 'gzip' : small.headers['content-encoding']);
		assert.equal((await get(gate, name, { 'accept-encoding': 'gzip;q=0' })).headers['content-encoding'], undefined);
	}
	for (const known of [index.headers.etag, `"other", W/${index.headers.etag}`])
		assert.equal((await get(gate, '/', { 'if-none-match': known })).status, 304, known);
	assert.equal((await get(gate, '/', { 'if-none-match': '"other"' })).status, 200);
});

test('unknown paths are the page, but not those of programs', async (t) => {
	const { gate, index, skip } = await open(t);
	if (skip)
		return t.skip(skip);
	for (const path of ['/servers', '/tools/a%2Fb/c', '/policies/x?y=z', '/mcpx', '/apiary'])
		assert.deepEqual((await get(gate, path, { accept: 'text/html,*/*' })).body, index.body, path);
	for (const path of ['/assets/none-ABC.js', '/api', '/api/v1/none', '/.well-known/oauth-protected-resource', '/metrics/x', '/healthz/x'])
		assert.notEqual((await get(gate, path, { accept: 'text/html' })).headers['content-type'], 'text/html; charset=utf-8', path);
	assert.equal((await get(gate, '/sse', { accept: 'text/event-stream' })).status, 404, 'a client that lost its way gets no page');
	assert.equal((await get(gate, '/servers', {}, 'POST')).status, 404);
});

test('the first page costs less than it may', async (t) => {
	const { gate, names, skip } = await open(t);
	if (skip)
		return t.skip(skip);
	let total = (await get(gate, '/', { 'accept-encoding': 'gzip' })).body.length;
	for (const name of names)
		total += (await get(gate, name, { 'accept-encoding': 'gzip' })).body.length;
	// The page itself comes when its address is known: the overview, with all that it imports, on top.
	const scripts = await Promise.all(names.filter((n) => n.endsWith('.js')).map(async (n) => (await get(gate, n)).body.toString()));
	const overview = /"(\.\/overview-[^"]+\.js)"/.exec(scripts.join('\n'))?.[1];
	const seen = new Set(names);
	const follow = async (name) => {
		if (seen.has(name))
			return;
		seen.add(name);
		total += (await get(gate, name, { 'accept-encoding': 'gzip' })).body.length;
		const text = (await get(gate, name)).body.toString();
		for (const m of text.matchAll(/(?:from|import)"(\.\/[^"]+\.js)"/g))
			await follow(`/assets/${m[1].slice(2)}`);
	};
	assert.ok(overview, 'the overview comes by itself');
	await follow(`/assets/${overview.slice(2)}`);
	t.diagnostic(`first page: ${(total / 1024).toFixed(1)} KB compressed`);
	assert.ok(total <= FIRST_PAGE_BYTES, `${total} bytes`);
});
