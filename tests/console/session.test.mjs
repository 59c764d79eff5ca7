// Setting up, signing in and out, and a session that ends in the middle of work.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ADMIN, PHONE, closeBrowser, openConsole, skip } from './harness.mjs';

after(closeBrowser);

test('the link of the first start makes an administrator, once', { skip }, async (t) => {
	const console = await openConsole(t);
	const page = await console.window();
	await page.goto(`${console.origin}/`);
	await page.getByText('This gate has no users yet').waitFor();
	await console.axe(page, 'the sign-in of an empty gate');
	const link = await console.setUpLink();
	await page.goto(link);
	await page.getByRole('heading', { name: 'Create the first administrator' }).waitFor();
	assert.equal(new URL(page.url()).hash, '', 'the link leaves the address at once');
	await page.getByLabel('Password', { exact: true }).fill('short');
	await page.getByRole('button', { name: 'Create and sign in' }).click();
	assert.equal(await page.getByText('The two passwords differ.').count(), 1);
	await console.axe(page, 'the set-up');
	await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
	await page.getByLabel('Password again').fill(ADMIN.password);
	await page.getByRole('button', { name: 'Create and sign in' }).click();
	await page.getByRole('heading', { name: 'Put your first server behind the gate' }).waitFor();
	const other = await console.window();
	await other.goto(link);
	await other.getByLabel('Password', { exact: true }).fill(ADMIN.password);
	await other.getByLabel('Password again').fill(ADMIN.password);
	await other.getByRole('button', { name: /sign in$/ }).click();
	await other.getByRole('alert').or(other.getByText('This link does not work any more')).or(other.locator('.note.tone-bad')).first().waitFor();
	console.isQuiet();
});

test('signing in leads to the page that was asked for, and out again', { skip }, async (t) => {
	const console = await openConsole(t);
	const page = await console.window();
	await console.person(ADMIN.name, ADMIN.password, ['admin']);
	await page.goto(`${console.origin}/servers?state=down`);
	await page.getByLabel('Name', { exact: true }).fill(ADMIN.name);
	await page.getByLabel('Password', { exact: true }).fill('wrong horse battery');
	await page.keyboard.press('Enter');
	await page.getByText(/wrong/).first().waitFor();
	await console.axe(page, 'a refused sign-in');
	await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { name: 'Servers', level: 1 }).waitFor();
	assert.equal(page.url(), `${console.origin}/servers?state=down`);
	await page.getByRole('button', { name: /Signed in as/ }).click();
	await page.getByRole('menuitem', { name: 'Sign out' }).click();
	await page.waitForURL(/\/signin/);
	await page.goto(`${console.origin}/signin?return=https://example.com/`);
	await page.getByLabel('Name', { exact: true }).fill(ADMIN.name);
	await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
	await page.keyboard.press('Enter');
	await page.locator('.frame').waitFor();
	assert.equal(new URL(page.url()).origin, console.origin, 'no other site is returned to');
	console.isQuiet();
});

test('a session that ends keeps what was typed, and the request goes on', { skip }, async (t) => {
	const console = await openConsole(t);
	const page = await console.window();
	await console.signIn(page, { to: '/servers/add' });
	await page.getByLabel('Command, address or configuration').fill('http://127.0.0.1:9/mcp');
	await page.getByLabel('Name', { exact: true }).fill('kept-name');
	const { users } = await console.api.good('GET', '/users?q=admin');
	await console.api.good('DELETE', `/users/${users[0].id}/sessions`);
	await page.getByRole('button', { name: 'Add without looking' }).click();
	const dialog = page.getByRole('dialog', { name: 'Sign in again' });
	await dialog.waitFor();
	await console.axe(page, 'the dialog above the page');
	await page.keyboard.press('Escape');
	assert.ok(await dialog.isVisible(), 'it stays: the request waits for it');
	await dialog.getByLabel('Password', { exact: true }).fill(ADMIN.password);
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { name: 'kept-name', level: 1 }).waitFor();
	assert.ok((await console.api.good('GET', '/servers/kept-name')).url);
	console.isQuiet();
});

test('the frame works by keyboard alone, on a phone and in the dark', { skip }, async (t) => {
	const console = await openConsole(t);
	const page = await console.window({ theme: 'dark' });
	await console.signIn(page, { to: '/servers' });
	await page.getByRole('heading', { name: 'Servers', level: 1 }).waitFor();
	await console.axe(page, 'the frame in the dark');
	await page.keyboard.press('Tab');
	await page.keyboard.press('g');
	await page.keyboard.press('t');
	await page.getByRole('heading', { name: 'Tools', level: 1 }).waitFor();
	await page.keyboard.press('Control+k');
	await page.getByRole('dialog').getByRole('combobox').fill('servers');
	await console.axe(page, 'the command palette');
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { name: 'Servers', level: 1 }).waitFor();
	await page.keyboard.press('?');
	await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
	await console.axe(page, 'the list of shortcuts');
	await page.keyboard.press('Escape');
	await page.getByRole('button', { name: /Signed in as/ }).click();
	await console.axe(page, 'the menu of a person');
	await page.getByRole('menuitemradio', { name: 'Light' }).click();
	assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light');
	await page.reload();
	assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light', 'it is kept');

	const phone = await console.window({ size: PHONE });
	await console.signIn(phone, { to: '/servers' });
	await phone.getByRole('button', { name: 'More', exact: true }).click();
	await phone.getByRole('dialog', { name: 'Gatehouse' }).getByRole('link', { name: 'Policies' }).click();
	await phone.getByRole('heading', { name: 'Policies', level: 1 }).waitFor();
	await console.axe(phone, 'a page on a phone');
	assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing reaches past the edge');
	console.isQuiet();
});
