// How the demonstration looks on a terminal.
import { until } from '../flow/lib/wait.mjs';

const hasColour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code) => (text) => (hasColour ? `\x1b[${code}m${text}\x1b[0m` : text);

export const style = { head: paint('1'), good: paint('32'), bad: paint('31'), dim: paint('2') };

// Whoever reads may leave early (`make run | head`): what was started is ended all the same.
process.stdout.on('error', () => {});

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

// What `gatehouse grant add` printed for the agents that people use.
export function showSnippets(text) {
	say(style.head('Connect an agent of your own (printed by gatehouse grant add)'));
	text.trimEnd().split('\n').forEach((line) => say(`  ${line}`));
	say('');
}
