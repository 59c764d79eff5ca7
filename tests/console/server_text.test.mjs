// What is pasted to add a server, and what the guide fills into a recommended policy: pure, without a browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moduleOf } from './lib/module.mjs';

const one = (name, more) => ({ servers: [{ name, ...more }] });

const GOOD = [
	['npx -y @modelcontextprotocol/server-filesystem /srv/data', one('filesystem', { command: ['npx', '-y', '@modelcontextprotocol/server-filesystem', '/srv/data'] })],
	['$ uvx mcp-server-git --repository "my repo"', one('git', { command: ['uvx', 'mcp-server-git', '--repository', 'my repo'] })],
	["TOKEN=a=b node './my server.js'", one('my-server', { command: ['node', './my server.js'], env: [{ name: 'TOKEN', value: 'a=b' }] })],
	['env A=1 prog', one('prog', { command: ['prog'], env: [{ name: 'A', value: '1' }] })],
	['prog \\\n  --flag', one('prog', { command: ['prog', '--flag'] })],
	['claude mcp add github -s user -- npx -y pkg', one('github', { command: ['npx', '-y', 'pkg'] })],
	['https://mcp.linear.app/mcp', one('linear', { url: 'https://mcp.linear.app/mcp' })],
	['{"command":"npx","args":["-y","thing@1.2.3"]}', one('thing', { command: ['npx', '-y', 'thing@1.2.3'] })],
	['"files": {"command": "f", "args": []},', one('files', { command: ['f'] })],
	['{"mcpServers":{"A B":{"url":"https://x.example/mcp","headers":{"Authorization":"Bearer t"}}}}', one('a-b', { url: 'https://x.example/mcp', headers: [{ name: 'Authorization', value: 'Bearer t' }] })],
	['{"servers":{"x":{"type":"stdio","command":"c","env":{"K":"v"},"cwd":"/w"}}}', one('x', { command: ['c'], env: [{ name: 'K', value: 'v' }], cwd: '/w' })],
	['{"context_servers":{"z":{"command":{"path":"p","args":["a"]}}}}', one('z', { command: ['p', 'a'] })],
	['{"mcp":{"o":{"type":"local","command":["bun","x"],"environment":{"E":"1"}}}}', one('o', { command: ['bun', 'x'], env: [{ name: 'E', value: '1' }] })],
];

const BAD = [['', /^$/], ['a "b', /quote/], ['a | b', /pipes/], ['{"a"', /JSON/], ['{"mcpServers":{"a":{}}}', /neither/], ['[]', /object/], ['ftp://x/y', /https/], ['{"mcpServers":{}}', /no server/], ['A=1', /no program/]];

test('commands, addresses and configurations are recognised', async () => {
	const m = await moduleOf('app/server_text.ts');
	for (const [text, wanted] of GOOD)
		assert.deepEqual(m.pasted(text), wanted, text);
	for (const [text, wanted] of BAD)
		assert.match(m.pasted(text).problem, wanted, text);
	for (const [text, wanted] of GOOD.filter(([x]) => !/^["{[$]|^https|=/.test(x)))
		assert.deepEqual(m.words(m.line(wanted.servers[0].command)), wanted.servers[0].command, `${text}, there and back`);
	assert.equal(m.line(["it's", 'a b']), "'it'\\''s' 'a b'");
});

test('the folders of a recommended policy are found and filled in', async () => {
	const m = await moduleOf('pages/overview/blanks.ts');
	const text = JSON.stringify({ version: '1', default: 'deny', tools: {
		read: { require: [{ conditions: [{ path: 'args.path', op: 'path_within', value: ['/srv/agent'] }], on_deny: 'only paths within /srv/agent: name the folder of this agent there' }] },
		list: { require: [{ any: true, conditions: [{ path: 'args.p', op: 'exists', value: false }, { path: 'args.p', op: 'path_within', value: ['/srv/agent'] }] }] } } });
	assert.deepEqual(m.folders(text), ['/srv/agent']);
	const filled = m.withFolders(text, ['/data', '/more']);
	assert.deepEqual(m.folders(filled), ['/data', '/more']);
	assert.equal(JSON.parse(filled).tools.read.require[0].on_deny, 'only paths within /data, /more');
	assert.equal(JSON.parse(filled).tools.list.require[0].conditions[0].value, false, 'other conditions stay');
	assert.deepEqual(m.place(' /a , /b,'), ['/a', '/b']);
	assert.equal(m.withFolders('not JSON', ['/a']), 'not JSON');
});
