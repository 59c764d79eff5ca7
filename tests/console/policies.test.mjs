// The way of somebody who writes policies: the builder and the JSON, trying, saving, versions, and who else saves.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ADMIN, FULL, PHONE, client, closeBrowser, openConsole, skip } from './harness.mjs';

after(closeBrowser);

const editor = (page) => page.getByRole('textbox', { name: 'The policy as JSON' });
const choice = (page, tool) => page.getByRole('radiogroup', { name: `What may be done with ${tool}`, exact: true });
const saveButton = (page) => page.getByRole('button', { name: 'Save…', exact: true });
// A dialog is open above the page when it is saved.
const saveNow = (page) => page.getByRole('button', { name: 'Save and put in force' }).click();
const textOf = async (c, name) => (await c.api.good('GET', `/policies/${name}`)).text;

async function replaceText(page, text) {
	await editor(page).click();
	await page.keyboard.press('Control+A');
	await page.keyboard.insertText(text);
}

async function openPolicy(c, page, name, server) {
	await c.go(page, `/policies/${name}?server=${server}`);
	await page.getByRole('heading', { name: /^Denied|^Allowed/ }).first().waitFor();
}

const ODD = `{
  "version": "1",
  "default": "deny",
  "tools": {
    "read_text_file": { "timeout_ms": 1000, "limits": [ {"counter":"c", "window":"minute", "max": 1.50} ] },
    "list_directory":   {}
  },
  "results": { "max_bytes": 100000,
    "redact": ["secrets"] }
}
`;

test('a choice in the builder changes one place of the text, and the text changes the builder', { skip }, async (t) => {
	const c = await openConsole(t, { ...FULL, policies: { ...FULL.policies, odd: ODD }, grants: { one: { files: 'odd' } } });
	const page = await c.window();
	await c.signIn(page);
	await openPolicy(c, page, 'odd', 'files');
	await page.getByText('no problems').waitFor();
	assert.equal(await saveButton(page).isDisabled(), true, 'nothing to save yet');
	await c.axe(page, 'the builder');
	await choice(page, 'move_file').getByText('Ask').click();
	await editor(page).getByText('require_approval').waitFor();
	await choice(page, 'list_directory').getByText('Hide').click();
	await page.getByRole('button', { name: 'Undo' }).click();
	assert.equal(await choice(page, 'list_directory').getByRole('radio', { name: 'Allow' }).isChecked(), true);
	await page.getByText('no problems').waitFor();
	await saveButton(page).click();
	await page.getByLabel('Note').fill('moving asks');
	await c.axe(page, 'the dialog of saving');
	await saveNow(page);
	await page.getByText('version 2', { exact: true }).waitFor();
	assert.equal(await textOf(c, 'odd'), ODD.replace('"list_directory":   {}', '"list_directory":   {},\n    "move_file": { "action": "require_approval" }'), 'all else is as it was written');
	await replaceText(page, ODD.replace('"default": "deny"', '"default": "allow"'));
	await page.getByRole('region', { name: 'Allowed' }).getByText('write_file', { exact: true }).waitFor();
	await page.getByRole('button', { name: 'Discard' }).click();
	await page.getByRole('region', { name: 'A person is asked' }).getByText('move_file', { exact: true }).waitFor();
	c.isQuiet();
});

test('mistakes stand at their line, nothing broken is saved, and completion knows the tools', { skip }, async (t) => {
	const c = await openConsole(t, FULL);
	const page = await c.window({ theme: 'dark' });
	await c.signIn(page);
	await openPolicy(c, page, 'read-files', 'files');
	await replaceText(page, '{ "version": "1",\n  "default": deny }');
	await page.getByText('The JSON does not parse yet').waitFor();
	await page.getByText('line 2, column 14', { exact: false }).waitFor();
	assert.equal(await saveButton(page).isDisabled(), true);
	assert.equal(await choice(page, 'read_file').count(), 0, 'the builder waits');
	await replaceText(page, '{ "version": "1",\n  "default": "deny",\n  "tools": { "read_text_file": { "require": [ { "conditions": [ { "path": "args.path", "op": "iss", "value": 1 } ] } ] } } }');
	await page.getByRole('button', { name: '1 mistake' }).click();
	await page.getByRole('tabpanel', { name: /Problems/ }).getByText(/'iss'/).waitFor();
	await page.locator('.cm-lintRange-error').first().waitFor();
	assert.equal(await saveButton(page).isDisabled(), true);
	await c.axe(page, 'the builder with mistakes, dark');
	await replaceText(page, '{ "version": "1", "default": "deny", "tools": { ');
	await page.keyboard.type('"list_d');
	await page.locator('.cm-completionLabel').getByText('list_directory', { exact: true }).click();
	await page.keyboard.insertText('{} } }');
	await page.getByRole('region', { name: 'Allowed' }).getByText('list_directory', { exact: true }).waitFor();
	c.isQuiet();
});

test('rules come from the arguments of the tool, and a call that is tried says which rule decides', { skip }, async (t) => {
	const c = await openConsole(t, FULL);
	const page = await c.window();
	await c.signIn(page);
	await openPolicy(c, page, 'read-files', 'files');
	await page.getByLabel(/^Search \d+ tools/).fill('media');
	assert.equal(await choice(page, 'write_file').count(), 0);
	await choice(page, 'read_media_file').getByText('Custom').click();
	const row = page.getByRole('listitem').filter({ has: choice(page, 'read_media_file') });
	await page.waitForResponse((r) => r.url().endsWith('/tools/files/read_media_file')).catch(() => undefined);
	await row.getByRole('button', { name: 'Group', exact: true }).click();
	assert.equal(await row.getByLabel('Argument or fact').inputValue(), 'args.path', 'the argument of the schema');
	assert.equal(await row.getByLabel('Operator').inputValue(), 'path_within', 'an operator that fits a path');
	const fits = await row.getByLabel('Operator').locator('option').allTextContents();
	assert.ok(fits.includes('starts with') && !fits.includes('<'), 'operators of a text');
	await row.getByLabel('Value', { exact: true }).fill('/srv/site');
	await page.keyboard.press('Enter');
	await row.getByRole('button', { name: 'Add a rule' }).click();
	await page.getByRole('menuitem', { name: /^Limits/ }).click();
	await row.getByRole('button', { name: 'Limit', exact: true }).click();
	await row.getByLabel('At most').fill('2.50');
	await row.getByText('2.50 calls a minute for each grant').waitFor();
	await page.getByText('no problems').waitFor();
	const trying = page.getByRole('region', { name: 'Test' });
	await trying.getByLabel('Tool').fill('read_media_file');
	await trying.getByLabel('path', { exact: true }).fill('/etc/passwd');
	await trying.getByText(/must be a path within/).waitFor();
	assert.match(await trying.locator('li.is-winner').innerText(), /the group does not hold: refuses/);
	await trying.getByLabel('path', { exact: true }).fill('/srv/site/a.png');
	await trying.getByText('The call passes.').waitFor();
	await c.axe(page, 'the rules of a tool');
	await page.keyboard.press('Control+s');
	await saveNow(page);
	await page.getByText('version 2', { exact: true }).waitFor();
	assert.match(await textOf(c, 'read-files'), /"max": 2\.50/);
	c.isQuiet();
});

test('what was typed outlives a reload and the end of the session', { skip }, async (t) => {
	const c = await openConsole(t, FULL);
	const page = await c.window();
	page.on('dialog', (d) => d.accept());
	await c.signIn(page);
	await openPolicy(c, page, 'read-files', 'files');
	await choice(page, 'get_file_info').getByText('Allow').click();
	await page.getByText('Not saved yet').waitFor();
	await page.reload();
	await page.getByText('Your unsaved changes are here').waitFor();
	await page.getByRole('region', { name: 'Allowed' }).getByText('get_file_info', { exact: true }).waitFor();
	await page.context().clearCookies();
	await page.getByText('no problems').or(page.getByText(/checking|not checked/)).first().waitFor();
	await choice(page, 'search_files').getByText('Allow').click();
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel('Password', { exact: true }).fill(ADMIN.password);
	await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
	await dialog.waitFor({ state: 'detached' });
	await page.getByText('no problems').waitFor();
	await saveButton(page).click();
	await saveNow(page);
	await page.getByText('version 2', { exact: true }).waitFor();
	assert.deepEqual(Object.keys(JSON.parse(await textOf(c, 'read-files')).tools).slice(-2), ['get_file_info', 'search_files']);
	c.isQuiet();
});

test('somebody else saved first: both changes are kept, and a place that both changed is chosen', { skip }, async (t) => {
	const c = await openConsole(t, FULL);
	const page = await c.window();
	await c.signIn(page);
	await openPolicy(c, page, 'read-files', 'files');
	await choice(page, 'get_file_info').getByText('Allow').click();
	await choice(page, 'move_file').getByText('Hide').click();
	const theirs = JSON.parse(await textOf(c, 'read-files'));
	theirs.description = 'theirs';
	theirs.tools.move_file = {};
	await c.api.good('PUT', '/policies/read-files', { document: theirs, note: 'theirs' }, { headers: { 'if-match': '*' } });
	await page.getByText(/^Version 2 was saved meanwhile/).waitFor();
	await page.getByText('no problems').waitFor();
	await saveButton(page).click();
	await saveNow(page);
	const dialog = page.getByRole('dialog', { name: 'Somebody else saved this policy' });
	await dialog.getByRole('group', { name: '/tools/move_file/action' }).waitFor();
	await c.axe(page, 'the dialog of a stale edit');
	await dialog.getByRole('radio', { name: /^Theirs/ }).check();
	await dialog.getByRole('button', { name: 'Use this text' }).click();
	await saveNow(page);
	await page.getByText('version 3', { exact: true }).waitFor();
	const now = JSON.parse(await textOf(c, 'read-files'));
	assert.equal(now.description, 'theirs');
	assert.deepEqual([now.tools.get_file_info, now.tools.move_file], [{}, {}]);
	await page.getByRole('tab', { name: /^Versions/ }).click();
	const versions = page.getByRole('table', { name: 'Versions' });
	await versions.getByText('theirs', { exact: true }).waitFor();
	await page.getByText('/tools/get_file_info', { exact: true }).waitFor();
	await c.axe(page, 'the versions');
	await versions.getByRole('row').filter({ has: page.getByRole('cell', { name: /^1$/ }) }).getByRole('button', { name: 'Restore' }).click();
	await page.getByRole('button', { name: 'Restore version 1' }).click();
	await page.getByText('version 4', { exact: true }).waitFor();
	assert.equal(JSON.parse(await textOf(c, 'read-files')).description, undefined);
	c.isQuiet();
});

test('a new policy begins with a recommendation, a paste or an import, and is put in force for a grant', { skip }, async (t) => {
	const c = await openConsole(t, FULL);
	const page = await c.window();
	page.on('dialog', (d) => d.accept());
	await c.signIn(page);
	await c.go(page, '/policies/new');
	await c.axe(page, 'the start of a new policy');
	await page.getByLabel('Server', { exact: true }).selectOption('files');
	await page.getByRole('button', { name: 'Make a recommendation' }).click();
	await page.getByLabel('Name', { exact: true }).fill('read-files');
	await page.getByText('no problems').waitFor();
	await page.getByRole('button', { name: 'Save policy…' }).click();
	await page.getByText('There is a policy of this name.').waitFor();
	await page.getByLabel('Name', { exact: true }).fill('recommended');
	await page.getByRole('button', { name: 'Save policy…' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
	await page.getByText('No grant uses this policy').waitFor();
	assert.equal(JSON.parse(await textOf(c, 'recommended')).version, '1');
	await page.getByRole('button', { name: 'Use for a grant' }).click();
	await page.getByRole('dialog').getByLabel('Grant and server').selectOption({ label: 'alice-laptop at files, now read-files' });
	await page.getByRole('dialog').getByRole('button', { name: 'Use it' }).click();
	await page.getByRole('table', { name: 'Grants that use this policy' }).getByText('alice-laptop').waitFor();
	await c.axe(page, 'where a policy is used');
	await c.go(page, '/policies/new');
	await page.getByText('Import from Intercept').click();
	await page.getByRole('textbox', { name: 'The YAML of Intercept' }).fill('version: "1"\ntools:\n  create_issue:\n    rules:\n      - name: few\n        rate_limit: 5/hour\n');
	await page.getByRole('button', { name: 'Import', exact: true }).click();
	await editor(page).getByText('create_issue').first().waitFor();
	await page.getByRole('button', { name: 'Begin anew' }).click();
	await page.getByText('Paste a policy').click();
	await page.getByRole('textbox', { name: 'The policy', exact: true }).fill('{"version": "1", "default": }');
	await page.getByRole('button', { name: 'Begin', exact: true }).click();
	await page.getByText(/Line 1, column 29/).waitFor();
	await page.getByRole('textbox', { name: 'The policy', exact: true }).fill(ODD);
	await page.getByRole('button', { name: 'Begin', exact: true }).click();
	await page.getByLabel('Name', { exact: true }).fill('pasted');
	await page.getByText('no problems').waitFor();
	await page.getByRole('button', { name: 'Save policy…' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
	await page.getByText('No grant uses this policy').waitFor();
	assert.equal(await textOf(c, 'pasted'), ODD);
	await c.go(page, '/policies');
	await page.getByRole('table', { name: 'Policies' }).getByText('recommended').waitFor();
	await c.axe(page, 'the list of policies');
	c.isQuiet();
});

test('recorded calls are replayed against what is not saved yet, and lead to their records', { skip }, async (t) => {
	const c = await openConsole(t, FULL);
	const agent = await client(c, 'alice-laptop', 'everything');
	for (let i = 0; i < 3; i++)
		await agent.callTool({ name: 'echo', arguments: { message: `call ${i}` } });
	await c.gate.recordsWhen((all) => all.filter((r) => r.tool === 'echo').length === 3);
	const page = await c.window();
	await c.signIn(page);
	await openPolicy(c, page, 'try-things', 'everything');
	await choice(page, 'echo').getByText('Deny').click();
	await page.getByText('no problems').waitFor();
	await page.getByRole('tab', { name: "Yesterday's calls" }).click();
	await page.getByRole('button', { name: 'Replay recorded calls' }).click();
	await page.getByText(/^3 of \d+ calls?/).waitFor();
	const table = page.getByRole('table', { name: 'Calls that would be decided differently' });
	assert.match(await table.innerText(), /echo[^]*Allowed[^]*Refused[^]*\/tools\/echo\/action/);
	const [id] = (await c.gate.records()).filter((r) => r.tool === 'echo').map((r) => r.id);
	assert.match(await table.getByRole('link', { name: 'One record' }).getAttribute('href'), new RegExp(`^/activity/[\\w-]{${id.length}}$`));
	await c.axe(page, 'the replay');
	c.isQuiet();
});

test('the keyboard alone writes a policy; a phone shows all of it; who may not change it looks at it', { skip }, async (t) => {
	const c = await openConsole(t, FULL);
	const page = await c.window();
	await c.signIn(page);
	await openPolicy(c, page, 'read-files', 'files');
	await page.getByLabel(/^Search \d+ tools/).focus();
	for (let i = 0; i < 40; i++) {
		await page.keyboard.press('Tab');
		if (await page.evaluate(() => document.activeElement?.closest('[role=radiogroup]')?.getAttribute('aria-label') === 'What may be done with write_file'))
			break;
	}
	await page.keyboard.press('ArrowLeft');
	await editor(page).getByText('write_file').waitFor();
	assert.equal(await choice(page, 'write_file').getByRole('radio', { name: 'Allow' }).isChecked(), true, 'from Ask to Allow');
	assert.equal(await page.evaluate(() => document.activeElement?.closest('[role=radiogroup]')?.getAttribute('aria-label')), 'What may be done with write_file', 'the focus stays');
	await page.getByText('no problems').waitFor();
	await page.keyboard.press('Control+s');
	await page.getByRole('dialog').getByLabel('Note').waitFor();
	await page.keyboard.type('by keys');
	await page.keyboard.press('Enter');
	await page.getByText('version 2', { exact: true }).waitFor();

	const phone = await c.window({ size: PHONE });
	await c.signIn(phone);
	await openPolicy(c, phone, 'read-files', 'files');
	const tooWide = () => phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
	assert.ok(await tooWide() <= 0, 'the builder fits a phone');
	await c.axe(phone, 'the builder on a phone');
	await phone.getByRole('tab', { name: 'JSON' }).click();
	await editor(phone).waitFor();
	assert.ok(await tooWide() <= 0, 'the JSON fits a phone');
	await phone.getByRole('tab', { name: 'Test' }).click();
	await phone.getByRole('region', { name: 'Test' }).getByLabel('Tool').waitFor();
	assert.ok(await tooWide() <= 0, 'trying a call fits a phone');

	const other = await c.window();
	await c.signIn(other, { name: 'vera', password: 'quiet lamp river 9', roles: ['viewer'] });
	await openPolicy(c, other, 'read-files', 'files');
	await other.getByText('You may look at this policy, not change it').waitFor();
	assert.equal(await saveButton(other).count(), 0);
	assert.equal(await other.getByRole('radio', { name: 'Hide' }).count(), 0);
	await c.axe(other, 'a policy to look at');
	c.isQuiet();
});
