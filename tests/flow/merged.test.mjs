// The door to all servers of a grant, /mcp: official clients see several official servers as one.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { startGate, testDir } from './lib/gate.mjs';
import { commandOfEverything, commandOfFilesystem, startEverything } from './lib/servers.mjs';
import { connectHttp, textOf, types } from './lib/client.mjs';
import { freePort } from './lib/process.mjs';
import { until } from './lib/wait.mjs';

const OPEN = { version: '1', default: 'allow', server_requests: { sampling: 'allow', elicitation: 'allow', roots: 'allow' },
               resources: { default: 'allow' }, prompts: { default: 'allow' } };
const READS = { version: '1', default: 'deny', tools: { read_text_file: {}, list_directory: {} } };

function clientOptions() {
	return { capabilities: { sampling: {}, elicitation: {}, roots: { listChanged: true } }, handlers: [
		[types.CreateMessageRequestSchema, async () => ({ role: 'assistant', model: 'none', content: { type: 'text', text: 'a sample' } })],
		[types.ElicitRequestSchema, async () => ({ action: 'accept', content: { name: 'somebody', check: true } })],
		[types.ListRootsRequestSchema, async () => ({ roots: [{ uri: 'file:///somewhere', name: 'r' }] })],
	] };
}

async function start(t, more = {}) {
	const dir = testDir(t);
	writeFileSync(path.join(dir, 'note.txt'), 'a note');
	const { url } = await startEverything(t);
	const gate = await startGate(t, {
		servers: { every: url, files: commandOfFilesystem(dir), 'every_too': commandOfEverything(dir), ...more.servers },
		policies: { open: OPEN, reads: READS },
		rights: { every: 'open', files: 'reads', every_too: 'open', ...more.rights },
		...more.options,
	});
	return { gate, dir, door: `http://127.0.0.1:${gate.port}/mcp` };
}

test('several servers are one list, filtered each by its own policy', async (t) => {
	const { gate, dir, door } = await start(t);
	const client = await connectHttp(t, door, gate.token, clientOptions());
	assert.equal(client.getServerVersion().name, 'gatehouse');
	const capabilities = client.getServerCapabilities();
	assert.ok(capabilities.tools.listChanged && capabilities.prompts && capabilities.resources.subscribe && capabilities.completions && capabilities.logging);
	const names = (await client.listTools()).tools.map((x) => x.name);
	assert.deepEqual(names.filter((n) => n.startsWith('files__')), ['files__read_text_file', 'files__list_directory'], 'the policy of files');
	assert.ok(names.includes('every__echo') && names.includes('every_too__echo'));
	assert.ok(names.every((n) => /^[A-Za-z0-9_-]{1,64}$/.test(n)), names.join(' '));
	assert.deepEqual((await client.listTools()).tools.map((x) => x.name), names, 'in the same order each time');
	assert.equal(textOf(await client.callTool({ name: 'every__echo', arguments: { message: 'one' } })), 'Echo: one');
	assert.equal(textOf(await client.callTool({ name: 'every_too__echo', arguments: { message: 'two' } })), 'Echo: two');
	assert.equal(textOf(await client.callTool({ name: 'files__read_text_file', arguments: { path: path.join(dir, 'note.txt') } })), 'a note');
	const refused = await client.callTool({ name: 'files__write_file', arguments: { path: path.join(dir, 'x'), content: 'x' } });
	assert.ok(refused.isError && /POLICY DENIED/.test(textOf(refused)));
	await assert.rejects(client.callTool({ name: 'nobody__echo', arguments: {} }), /unknown tool/);
	await assert.rejects(client.callTool({ name: 'echo', arguments: {} }), /unknown tool/);
	const records = await gate.recordsWhen((all) => all.some((r) => r.tool === 'write_file'));
	assert.ok(records.some((r) => r.tool === 'write_file' && r.server === 'files'), 'recorded by its own server and name');
});

test('resources, prompts and completions find their server', async (t) => {
	const { gate, door } = await start(t);
	const client = await connectHttp(t, door, gate.token, clientOptions());
	const { resources } = await client.listResources();
	const of = (label) => resources.filter((r) => r.uri.startsWith(`${label}+demo://`));
	assert.ok(of('every').length > 0 && of('every').length === of('every-too').length, resources.map((r) => r.uri).join(' '));
	const read = await client.readResource({ uri: of('every-too')[0].uri });
	assert.equal(read.contents[0].uri, of('every-too')[0].uri, 'what is read has the name that was asked for');
	const { resourceTemplates } = await client.listResourceTemplates();
	assert.ok(resourceTemplates.some((r) => r.uriTemplate.startsWith('every+demo://')));
	const { prompts } = await client.listPrompts();
	assert.ok(prompts.some((p) => p.name === 'every_too__simple-prompt'));
	assert.ok((await client.getPrompt({ name: 'every__simple-prompt' })).messages.length > 0);
	const completion = await client.complete({ ref: { type: 'ref/prompt', name: 'every__completable-prompt' }, argument: { name: 'department', value: 'E' } });
	assert.deepEqual(completion.completion.values, ['Engineering']);
	const links = await client.callTool({ name: 'every__get-resource-links', arguments: { count: 2 } });
	const uris = links.content.filter((c) => c.type === 'resource_link').map((c) => c.uri);
	assert.ok(uris.length === 2 && uris.every((u) => u.startsWith('every+demo://')), uris.join(' '));
	assert.ok((await client.readResource({ uri: uris[0] })).contents.length > 0, 'a link can be followed');
	await assert.rejects(client.readResource({ uri: 'demo://resource/static/document/features.md' }), (e) => e.code === -32002);
});

test('servers ask their client, and say what changed', async (t) => {
	const { gate, door } = await start(t);
	const client = await connectHttp(t, door, gate.token, clientOptions());
	const updates = [];
	client.setNotificationHandler(types.ResourceUpdatedNotificationSchema, (n) => { updates.push(n.params.uri); });
	const both = await Promise.all(['every', 'every_too'].map((s) =>
		client.callTool({ name: `${s}__trigger-sampling-request`, arguments: { prompt: 'p', maxTokens: 5 } })));
	for (const one of both)
		assert.match(textOf(one), /a sample/);
	assert.match(textOf(await client.callTool({ name: 'every__trigger-elicitation-request', arguments: {} })), /somebody/);
	const uri = 'every+demo://resource/dynamic/text/1';
	await client.setLoggingLevel('debug');
	await client.subscribeResource({ uri });
	await client.callTool({ name: 'every__toggle-subscriber-updates', arguments: {} });
	await until('an update of the resource', () => updates.includes(uri), 15000);
	await client.callTool({ name: 'every__toggle-subscriber-updates', arguments: {} });
	await client.unsubscribeResource({ uri });
	assert.deepEqual(client.errors, []);
});

test('a server that is down is left out, named, and comes back by itself', async (t) => {
	const port = await freePort();
	const { gate, door } = await start(t, { servers: { late: `http://127.0.0.1:${port}/mcp` }, rights: { late: 'open' } });
	const client = await connectHttp(t, door, gate.token, clientOptions());
	let changes = 0;
	client.setNotificationHandler(types.ToolListChangedNotificationSchema, () => { changes++; });
	const before = (await client.listTools()).tools.map((x) => x.name);
	assert.ok(before.includes('every__echo') && !before.some((n) => n.startsWith('late__')));
	assert.ok(gate.log().some((l) => /late/.test(l) && /left out/.test(l)), 'the log names it');
	const status = await gate.json(['status']);
	assert.ok(JSON.stringify(status).includes('late'), 'and so does the status');
	await startEverything(t, 'streamableHttp', port);
	await until('the client is told that there are other tools', () => changes > 0, 60000);
	const after = (await client.listTools()).tools.map((x) => x.name);
	assert.ok(after.includes('late__echo'), after.join(' '));
	assert.equal(textOf(await client.callTool({ name: 'late__echo', arguments: { message: 'back' } })), 'Echo: back');
});

test('a session is good on a gate that was started again', async (t) => {
	const { gate, door } = await start(t);
	const client = await connectHttp(t, door, gate.token, clientOptions());
	const names = (await client.listTools()).tools.map((x) => x.name);
	const id = client.transport.sessionId;
	await gate.stop();
	await gate.start();
	const again = await fetch(`http://127.0.0.1:${gate.port}/mcp`, { method: 'POST',
		headers: { authorization: `Bearer ${gate.token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-session-id': id },
		body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/list' }) });
	assert.equal(again.status, 200);
	const text = await again.text();
	const answer = JSON.parse(text.startsWith('{') ? text : text.split('\n').filter((l) => l.startsWith('data: ')).at(-1).slice(6));
	assert.deepEqual(answer.result.tools.map((x) => x.name), names);
});
