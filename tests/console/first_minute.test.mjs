// From an empty gate to the first allowed and the first refused call, in the browser, with a real server and a real client.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connectHttp } from '../flow/lib/client.mjs';
import { commandOfFilesystem } from '../flow/lib/servers.mjs';
import { PHONE, closeBrowser, openConsole, skip } from './harness.mjs';

after(closeBrowser);

async function walk(t, size) {
	const console = await openConsole(t);
	const page = await console.window(size ? { size } : {});
	await console.setUp(page);
	await page.getByRole('heading', { name: 'Put your first server behind the gate' }).waitFor();
	await console.axe(page, 'the first step');
	await page.getByRole('textbox', { name: 'Command, address or configuration' }).fill(commandOfFilesystem(console.files).join(' '));
	await page.getByRole('textbox', { name: 'Name' }).fill('files');
	await page.getByRole('button', { name: 'Start it and look at its tools' }).click();
	await page.getByText(/answers: \d+ tools/).waitFor();
	assert.ok(await page.locator('.tried .risk').count() >= 5, 'each tool has its risk');
	await console.axe(page, 'what a server offers');
	await page.getByRole('button', { name: 'Add this server' }).click();

	await page.getByRole('heading', { name: 'What may agents do with files?' }).waitFor();
	const folder = page.getByRole('textbox', { name: 'Folders' });
	await folder.waitFor();
	assert.equal(await folder.inputValue(), console.files, 'the folder of the command is suggested');
	const choices = (tool) => page.getByRole('radiogroup', { name: `What happens to ${tool}`, exact: true });
	await choices('list_allowed_directories').getByText('Allow').click();
	await choices('move_file').getByText('Refuse').click();
	await console.axe(page, 'the recommended policy');
	await page.getByRole('button', { name: 'Accept this policy' }).click();

	await page.getByRole('textbox', { name: 'Label' }).fill('my-laptop');
	await console.axe(page, 'a first grant');
	await page.getByRole('button', { name: 'Create the grant' }).click();

	await page.getByRole('heading', { name: 'Waiting for the first call' }).waitFor();
	const snippet = await page.locator('.code pre').first().textContent();
	const token = /gh_[\w-]+/.exec(snippet)?.[0];
	assert.ok(token, 'the snippet has the token in it');
	assert.ok(snippet.includes(console.gate.url('files')), 'and the address');
	await console.axe(page, 'the snippet');
	const agent = await connectHttp(t, console.gate.url('files'), token);
	await agent.callTool({ name: 'list_directory', arguments: { path: console.files } });
	await page.getByRole('heading', { name: 'It works' }).waitFor();
	await page.locator('.first-calls').getByText('list_directory').first().waitFor();
	await agent.callTool({ name: 'move_file', arguments: { source: `${console.files}/a`, destination: `${console.files}/b` } }).catch(() => undefined);
	const refused = page.locator('.first-calls li', { hasText: 'move_file' });
	await refused.getByText('Refused').first().waitFor();
	await console.axe(page, 'the first calls');
	await page.getByRole('button', { name: 'To the overview' }).click();
	await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
	await page.getByRole('link', { name: 'list_directory' }).first().waitFor();
	await console.axe(page, 'the overview');
	const { policies } = await console.api.good('GET', '/policies');
	assert.deepEqual(policies.map((p) => p.name), ['files']);
	console.isQuiet();
	return { console, page };
}

test('the first minute: server, policy, grant, snippet, and the first calls live', { skip }, (t) => walk(t));

test('the same on a phone', { skip }, async (t) => {
	const { page } = await walk(t, PHONE);
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing reaches past the edge');
});

test('what is pasted is recognised: commands, addresses and configurations of clients', { skip }, async (t) => {
	const console = await openConsole(t);
	const page = await console.window();
	await console.signIn(page, { to: '/servers/add' });
	const box = page.getByRole('textbox', { name: 'Command, address or configuration' });
	await box.fill('{"mcpServers": {"Git Hub": {"command": "npx", "args": ["-y", "x"], "env": {"TOKEN": "t"}}, "wiki": {"url": "https://wiki.example.com/mcp"}}}');
	await page.getByText('2 servers', { exact: true }).waitFor();
	await page.getByRole('checkbox', { name: /git-hub/ }).uncheck();
	await page.getByRole('button', { name: 'Add 1 server' }).click();
	await page.getByRole('heading', { name: 'wiki', level: 1 }).waitFor();
	await page.goto(`${console.origin}/servers/add`);
	await box.fill('npx -y thing | tee log');
	await page.getByText('leave out pipes').waitFor();
	await box.fill('/no/such/program --now');
	await page.getByRole('button', { name: 'Start it and look at its tools' }).click();
	await page.getByText('The server did not answer as it should').waitFor();
	await console.axe(page, 'a server that does not start');
	await page.getByRole('textbox', { name: 'Name' }).fill('Not A Name!');
	await page.getByRole('button', { name: 'Add without looking' }).click();
	await page.locator('.field-error').first().waitFor();
	console.isQuiet();
});
