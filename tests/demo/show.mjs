// How the demonstration looks on a terminal.
import { until } from '../flow/lib/wait.mjs';

const hasColour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code) => (text) => (hasColour ? `\x1b[${code}m${text}\x1b[0m` : text);

export const style = { head: paint('1'), good: paint('32'), bad: paint('31'), dim: paint('2') };

export function say(text) {
	process.stdout.write(`${text}\n`);
}

// What was written down, as `gatehouse audit` prints it.
export async function showRecords(gatehouse) {
	say(style.head('What was written down (gatehouse audit)'));
	const out = await until('the last call is on record', async () => {
		const text = await gatehouse('audit');
		return /limits\/writes/.test(text) && text;
	});
	out.trimEnd().split('\n').forEach((line) => say(`  ${line}`));
	say('');
	return out;
}

export function showSnippets({ address, token }) {
	const url = `${address}/mcp/files`;
	const headers = { Authorization: `Bearer ${token}` };
	const indent = (value) => JSON.stringify(value, null, 2).replaceAll(/^/gm, '  ');
	say(style.head('Connect an agent of your own'));
	say(style.dim('  Claude Code:'));
	say(`  claude mcp add --transport http files ${url} --header "Authorization: Bearer ${token}"`);
	say(style.dim('  Claude Desktop, in claude_desktop_config.json (it starts programs, so mcp-remote goes between):'));
	say(indent({ mcpServers: { files: { command: 'npx', args: ['-y', 'mcp-remote', url, '--allow-http', '--header', `Authorization:${'${GATEHOUSE_TOKEN}'}`],
	                                    env: { GATEHOUSE_TOKEN: `Bearer ${token}` } } } }));
	say(style.dim('  Cursor, in .cursor/mcp.json:'));
	say(indent({ mcpServers: { files: { url, headers } } }));
	say('');
}
