// What can be said of a password before it is sent. The server has the last word.

export const PASSWORD_LEAST = 12;

export function passwordProblem(fresh: string, again: string, name: string): { fresh?: string; again?: string } {
	if (fresh.length < PASSWORD_LEAST)
		return { fresh: `At least ${PASSWORD_LEAST} characters. A few words in a row are good and easy to type.` };
	if (name.length > 2 && fresh.toLowerCase().includes(name.toLowerCase()))
		return { fresh: 'It must not contain your name.' };
	if (fresh !== again)
		return { again: 'The two are not the same.' };
	return {};
}

// "ABCD EFGH": easier to type from one screen into another.
export const spaced = (secret: string): string => secret.replace(/(.{4})(?=.)/g, '$1 ');
