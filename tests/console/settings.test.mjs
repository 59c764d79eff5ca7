// Settings: where each comes from, and those that may be changed here.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { PHONE, closeBrowser, openConsole, skip } from './harness.mjs';

after(closeBrowser);

test('a setting is changed, in force at once, and taken back', { skip }, async (t) => {
	const console = await openConsole(t);
	const page = await console.window();
	await console.signIn(page, { to: '/settings' });
	await page.getByRole('heading', { name: 'Timeouts', exact: true }).waitFor();
	await console.axe(page, 'settings');
	await page.getByLabel('Search settings').fill('server has answered a call');
	const row = page.locator('.setting', { hasText: 'timeouts' });
	await row.waitFor();
	assert.equal(await page.locator('.setting').count(), 1);
	await row.getByRole('button', { name: /Edit/ }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel('Value').fill('soon');
	await dialog.getByRole('button', { name: 'Save' }).click();
	await dialog.locator('.field-error').waitFor();
	await console.axe(page, 'a wrong setting');
	await dialog.getByLabel('Value').fill('2m');
	await dialog.getByRole('button', { name: 'Save' }).click();
	await row.getByText('Console').waitFor();
	const { settings } = await console.api.good('GET', '/settings');
	assert.equal(settings.find((s) => /^timeouts.call$/.test(s.key)).source, 'store');
	await row.getByRole('button', { name: /Edit/ }).click();
	await dialog.getByRole('button', { name: 'Back to the default' }).click();
	await row.getByText('Default', { exact: true }).waitFor();
	console.isQuiet();
});

test('what stands in the file is shown as such, and a viewer changes nothing', { skip }, async (t) => {
	const console = await openConsole(t);
	const page = await console.window({ size: PHONE, theme: 'dark' });
	await console.signIn(page, { name: 'vera', password: 'a long quiet river', roles: ['viewer'], to: '/' });
	await console.go(page, '/settings');
	await page.getByText(/Listen|admin/).first().waitFor();
	assert.equal(await page.getByRole('button', { name: /^Edit/ }).count(), 0);
	await console.axe(page, 'settings of a viewer');
	console.isQuiet();
});
