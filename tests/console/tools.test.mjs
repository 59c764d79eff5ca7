// Tools: everything that agents can call, filtered and sorted, and one of them whole.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { ROOT } from '../flow/lib/gate.mjs';
import { FULL, PHONE, client, closeBrowser, openConsole, skip } from './harness.mjs';

after(closeBrowser);

test('tools are filtered and sorted by the gate, and the address keeps it', { skip }, async (t) => {
	const console = await openConsole(t, FULL);
	for (const name of ['files', 'everything'])
		await console.api.good('POST', `/servers/${name}/check`);
	const page = await console.window();
	await console.signIn(page, { to: '/tools' });
	await page.getByRole('link', { name: 'read_text_file', exact: true }).waitFor();
	const first = await page.locator('tbody tr .risk').first().textContent();
	assert.match(first, /High|Critical/, 'the most dangerous first');
	await console.axe(page, 'the tools');
	await page.getByRole('searchbox').fill('directory');
	await page.getByRole('link', { name: 'list_directory', exact: true }).waitFor();
	await page.getByRole('link', { name: 'echo', exact: true }).waitFor({ state: 'detached' });
	assert.match(page.url(), /q=directory/);
	await page.getByRole('searchbox').fill('');
	await page.getByRole('combobox', { name: 'What it does' }).selectOption('read');
	await page.getByRole('link', { name: 'write_file', exact: true }).waitFor({ state: 'detached' });
	await page.getByRole('combobox', { name: 'Grant' }).selectOption('alice-laptop');
	await page.getByRole('columnheader', { name: 'Decision' }).waitFor();
	await page.getByRole('combobox', { name: 'Decision' }).selectOption('deny');
	await page.getByRole('row', { name: /get-env/ }).getByText('Refused').waitFor();
	await page.reload();
	await page.getByRole('row', { name: /get-env/ }).getByText('Refused').waitFor();
	await page.getByRole('button', { name: 'Clear' }).click();
	await page.getByRole('button', { name: 'Tool', exact: true }).click();
	await page.locator('tbody tr').first().getByText('create_directory').waitFor();
	console.isQuiet();
});

test('a tool is shown with what speaks for its judgement, who may call it, and its calls live', { skip }, async (t) => {
	const console = await openConsole(t, FULL);
	const agent = await client(console, 'alice-laptop', 'files');
	await agent.listTools();
	const page = await console.window();
	await console.signIn(page, { to: '/tools/files/write_file' });
	await page.locator('mark', { hasText: 'write' }).first().waitFor();
	await page.getByRole('heading', { name: 'Recommended rule' }).waitFor();
	await page.locator('li', { hasText: 'alice-laptop' }).getByText('Asks first').waitFor();
	await console.axe(page, 'a tool');
	await page.getByText('It was not called yet.').waitFor();
	agent.callTool({ name: 'write_file', arguments: { path: `${console.files}/new.txt`, content: 'x' } }).catch(() => undefined);
	await page.getByRole('table', { name: 'Calls of write_file' }).getByText('Asks first').waitFor();
	const phone = await console.window({ size: PHONE, theme: 'dark' });
	await console.signIn(phone, { to: '/tools/files/write_file' });
	await phone.locator('mark').first().waitFor();
	await console.axe(phone, 'a tool on a phone, in the dark');
	assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing reaches past the edge');
	await console.go(page, '/tools/files/no_such_tool');
	await page.getByText('There is no such tool').waitFor();
	console.isQuiet();
});

test('thousands of tools are drawn where they are seen, and all can be reached', { skip }, async (t) => {
	const console = await openConsole(t);
	const file = path.join(console.files, 'tools.json');
	const many = Array.from({ length: 2400 }, (_, i) => ({ name: `tool_${String(i).padStart(4, '0')}`, description: `Reads shelf ${i}.`, inputSchema: { type: 'object' } }));
	writeFileSync(file, JSON.stringify(many));
	await console.gate.addServer('shelves', [process.execPath, path.join(ROOT, 'tests/flow/servers/changing.mjs'), file]);
	await console.api.good('POST', '/servers/shelves/check');
	const page = await console.window();
	await console.signIn(page, { to: '/tools?sort=name' });
	await page.getByText('2,400 tools').waitFor();
	for (let rows = 0; rows < 2400;) {
		await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
		await page.waitForFunction((n) => Number(document.querySelector('table').getAttribute('aria-rowcount')) > n + 1, rows);
		rows = await page.evaluate(() => Number(document.querySelector('table').getAttribute('aria-rowcount')) - 1);
	}
	await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
	await page.getByRole('link', { name: 'tool_2399', exact: true }).waitFor();
	assert.ok(await page.locator('tbody tr').count() < 120, 'only what is seen is in the page');
	console.isQuiet();
});
