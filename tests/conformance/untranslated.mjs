// What the suite finds where a client of one era meets a server that speaks only the other, and
// what no translation can mend: { version: { scenario: { checks, why } } }. It must fail just so:
// what passes after all is to be taken off, but for what has `way` (it fails on that one alone,
// and depends there on what the server says first).
const NO_TASKS = { checks: null, why: 'the fixture has no tasks in the older era' };

export const UNTRANSLATED = {
	'2025-11-25': {},
	'2026-07-28': {
		'server-stateless': {
			checks: ['sep-2575-server-rejects-undeclared-capability', 'sep-2575-missing-capability-http-400'],
			why: 'an older server that lacks a capability of its client says so in the result of its tool',
		},
		'input-required-result-basic-elicitation': {
			checks: ['sep-2322-elicitation-incomplete'], why: "an older server's request has no key, so the gate makes one",
		},
		'input-required-result-ignore-extra-params': {
			checks: ['sep-2322-ignore-unexpected-params'], why: 'answers without the state of their question belong to no call that waits',
		},
		'input-required-result-capability-check': {
			way: 'crossed-stdio', checks: ['sep-2322-respect-client-capabilities'],
			why: 'an older child is told once what its clients can, and asks for what this one cannot',
		},
		...Object.fromEntries(['lifecycle', 'capability-negotiation', 'wire-fields', 'request-state-removal', 'mrtr-input', 'request-headers',
		                       'dispatch-and-envelope', 'required-task-error', 'mrtr-composition'].map((name) => [`tasks-${name}`, NO_TASKS])),
	},
};
